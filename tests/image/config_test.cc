#include "image/config.h"

#include "support/result_matchers.h"

#include <gmock/gmock.h>

namespace slipway::image {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using slipway::testing::IsOkAndHolds;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Optional;

constexpr std::string_view kFull = R"({
  "architecture": "amd64", "os": "linux", "created": "2024-05-01T10:00:00.123456789Z",
  "author": "somebody", "docker_version": "20.10", "os.version": "10",
  "config": {
    "Hostname": "", "Tty": false, "User": "1000:0", "WorkingDir": "/app", "StopSignal": "SIGINT",
    "ExposedPorts": {"8080/tcp": {}, "53/udp": {}}, "Volumes": {"/data": {}},
    "Env": ["PATH=/bin", "EMPTY=", "A=b=c"], "Entrypoint": ["/entry"], "Cmd": ["a", "b"],
    "Labels": {"k": "v"}, "Shell": ["/bin/bash", "-c"], "OnBuild": ["RUN true"],
    "ArgsEscaped": true, "Image": "sha256:abc",
    "Healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 30000000000, "Retries": 3}
  },
  "rootfs": {"type": "layers", "diff_ids": [
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]},
  "history": [{"created": "2024-05-01T10:00:00Z", "created_by": "ADD file", "comment": "c"},
              {"created_by": "CMD", "empty_layer": true, "author": "me"}]
})";

TEST(ImageConfig, ReadsEveryField) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto config, ImageConfig::parse(kFull));
    EXPECT_EQ(config.platform.to_string(), "linux/amd64");
    EXPECT_THAT(config.created, Optional(Eq("2024-05-01T10:00:00.123456789Z")));
    EXPECT_EQ(config.author, "somebody");
    EXPECT_EQ(config.user, "1000:0");
    EXPECT_EQ(config.working_dir, "/app");
    EXPECT_EQ(config.stop_signal, "SIGINT");
    EXPECT_THAT(config.exposed_ports, ElementsAre("53/udp", "8080/tcp"));
    EXPECT_THAT(config.volumes, ElementsAre("/data"));
    EXPECT_THAT(config.entrypoint, ElementsAre("/entry"));
    EXPECT_THAT(config.cmd, ElementsAre("a", "b"));
    EXPECT_THAT(config.shell, ElementsAre("/bin/bash", "-c"));
    EXPECT_THAT(config.on_build, ElementsAre("RUN true"));
    EXPECT_TRUE(config.args_escaped);
    ASSERT_TRUE(config.healthcheck);
    EXPECT_THAT(config.healthcheck->test, ElementsAre("CMD-SHELL", "true"));
    EXPECT_EQ(config.healthcheck->interval_ns, 30'000'000'000);
    EXPECT_EQ(config.healthcheck->retries, 3);
    EXPECT_EQ(config.diff_ids.size(), 1U);
    ASSERT_EQ(config.history.size(), 2U);
    EXPECT_FALSE(config.history[0].empty_layer);
    EXPECT_TRUE(config.history[1].empty_layer);
    EXPECT_EQ(config.history[1].created, std::nullopt);
}

TEST(ImageConfig, KeepsKeysItDoesNotKnow) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto config, ImageConfig::parse(kFull));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Json before, parse_json(kFull));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Json after, parse_json(config.dump()));
    EXPECT_EQ(after, before);
}

TEST(ImageConfig, DumpOfParseIsStable) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto config, ImageConfig::parse(kFull));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto again, ImageConfig::parse(config.dump()));
    EXPECT_EQ(again.dump(), config.dump());
}

TEST(ImageConfig, LeavesEmptyFieldsOut) {
    auto config = ImageConfig::for_scratch({.architecture = "arm", .variant = "v7"});
    EXPECT_EQ(config.dump(),
              R"({"architecture":"arm","config":{"Env":["PATH=/usr/local/sbin:/usr/local/bin:)"
              R"(/usr/sbin:/usr/bin:/sbin:/bin"],"WorkingDir":"/"},"os":"linux",)"
              R"("rootfs":{"diff_ids":[],"type":"layers"},"variant":"v7"})");
}

TEST(ImageConfig, TakesNullForAbsent) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const auto config,
        ImageConfig::parse(R"({"architecture":"amd64","created":null,"config":{"Env":null,
            "Entrypoint":null,"Labels":null,"Volumes":null,"Healthcheck":null,"ArgsEscaped":null},
            "history":null,"rootfs":{"type":"layers","diff_ids":null}})"));
    EXPECT_TRUE(config.env.empty());
    EXPECT_EQ(config.healthcheck, std::nullopt);
    EXPECT_EQ(config.created, std::nullopt);
    EXPECT_THAT(ImageConfig::parse(R"({"architecture":"amd64","config":null})"), IsOk());
}

TEST(ImageConfig, KeepsAHealthcheckThatOnlyTurnsOff) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const auto config, ImageConfig::parse(R"({"config":{"Healthcheck":{"Test":["NONE"]}}})"));
    EXPECT_THAT(config.dump(), HasSubstr(R"("Healthcheck":{"Test":["NONE"]})"));
}

TEST(ImageConfig, NamesTheKeyOfAWrongType) {
    const std::pair<const char*, const char*> cases[] = {
        {R"([])", "not a JSON object"},
        {R"({)", "not valid JSON"},
        {R"({"config":[]})", "'config'"},
        {R"({"config":{"Env":"A=b"}})", "'Env'"},
        {R"({"config":{"Cmd":[1]}})", "'Cmd'"},
        {R"({"config":{"Labels":{"a":1}}})", "'Labels'"},
        {R"({"config":{"ExposedPorts":[]}})", "'ExposedPorts'"},
        {R"({"config":{"ArgsEscaped":"yes"}})", "'ArgsEscaped'"},
        {R"({"config":{"Healthcheck":[]}})", "Healthcheck"},
        {R"({"config":{"Healthcheck":{"Interval":"30s"}}})", "'Interval'"},
        {R"({"history":{}})", "'history'"},
        {R"({"history":[1]})", "history"},
        {R"({"os":1})", "'os'"},
        {R"({"rootfs":{"diff_ids":["sha256:zz"]}})", "diff_ids"}};
    for (const auto& [text, why] : cases) {
        EXPECT_THAT(ImageConfig::parse(text), FailsWith(ErrorCode::kInvalidInput, HasSubstr(why)))
            << text;
    }
    EXPECT_THAT(ImageConfig::parse(R"({"rootfs":{"type":"layers+base"}})"),
                FailsWith(ErrorCode::kUnsupported, HasSubstr("layers+base")));
}

TEST(ImageConfig, SetsEnvironmentInPlace) {
    ImageConfig config;
    config.env = {"A=1", "AB=2", "C=3"};
    config.set_env("A", "x=y");
    config.set_env("D", "");
    EXPECT_THAT(config.env, ElementsAre("A=x=y", "AB=2", "C=3", "D="));
    EXPECT_THAT(config.find_env("A"), Optional(Eq("x=y")));
    EXPECT_THAT(config.find_env("D"), Optional(Eq("")));
    EXPECT_EQ(config.find_env("B"), std::nullopt);
}

TEST(ChainIds, FollowTheImageSpec) {
    const Digest a = Digest::of(std::string_view("a"));
    const Digest b = Digest::of(std::string_view("b"));
    EXPECT_THAT(chain_ids({a, b}), ElementsAre(a, Digest::of(a.to_string() + " " + b.to_string())));
    EXPECT_TRUE(chain_ids({}).empty());
}

TEST(Rfc3339, WritesUtc) {
    EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00Z");
    EXPECT_EQ(rfc3339(1795449600), "2026-11-23T16:00:00Z");
    EXPECT_EQ(rfc3339(-1), "1969-12-31T23:59:59Z");
}

TEST(Rfc3339, ReadsOffsetsAndFractions) {
    EXPECT_THAT(parse_rfc3339("2026-11-23T16:00:00Z"), IsOkAndHolds(Instant{1795449600, 0}));
    EXPECT_THAT(parse_rfc3339("2026-11-23T17:30:00.5+01:30"),
                IsOkAndHolds(Instant{1795449600, 500'000'000}));
    EXPECT_THAT(parse_rfc3339("2026-11-23T15:59:59.0000000019-00:00"),
                IsOkAndHolds(Instant{1795449599, 1}));
    EXPECT_THAT(parse_rfc3339("0001-01-01T00:00:00Z"), IsOkAndHolds(Instant{-62135596800, 0}));
    for (const auto* text : {"", "2026-11-23", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
                             "2026-11-23T24:00:00Z", "2026-11-23T16:00:00", "2026-11-23T16:00:00.Z",
                             "2026-11-23T16:00:00Zx", "2026-11-23T16:00:00+1:00"}) {
        EXPECT_THAT(parse_rfc3339(text), FailsWith(ErrorCode::kInvalidInput, HasSubstr("RFC 3339")))
            << text;
    }
}

}  // namespace
}  // namespace slipway::image
