#include "stack/compose.h"

#include "base/json.h"
#include "os/file.h"
#include "os/temp.h"
#include "small_stack.h"
#include "stack/bake.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::stack {
namespace {

using ::slipway::testing::FailsWith;
using ::testing::HasSubstr;

class StackCompose : public ::testing::Test {
  protected:
    void SetUp() override {
        auto made = os::TempDir::create("/tmp");
        ASSERT_TRUE(made);
        folder_.emplace(*std::move(made));
        write("base.dockerfile", "FROM scratch AS base\nCOPY --from=src_ucx / /ucx\n");
        write("app.dockerfile",
              "FROM base AS none_runtime\nARG PACKAGES\nFROM base AS vllm_runtime\n");
        auto loaded = parse(small_stack(), kSmallLock, folder_->path());
        ASSERT_TRUE(loaded);
        stack_ = *std::move(loaded);
    }

    void write(const std::string& name, const std::string& text) {
        ASSERT_TRUE(os::write_file(folder_->path() + "/" + name, text));
    }

    std::vector<Variant> variants(std::map<std::string, std::string> values = {}) {
        auto made = resolve(stack_, {.engines = {"all"},
                                     .targets = {},
                                     .platforms = {"linux/amd64"},
                                     .flavour = {},
                                     .values = std::move(values)});
        EXPECT_TRUE(made);
        return *std::move(made);
    }

    Result<void> require(Variant variant, const Sources& sources = {}) {
        std::vector<Variant> one = {std::move(variant)};
        SLIPWAY_TRY(pin(stack_, sources, one));
        SLIPWAY_ASSIGN(const auto file, compose(stack_, sources, one));
        return require_pins(stack_, sources, file, one.front(), {});
    }

    std::optional<os::TempDir> folder_;
    Stack stack_;
};

TEST_F(StackCompose, IsOneFileWithSourceStagesInFront) {
    const auto file = compose(stack_, {}, variants());
    ASSERT_TRUE(file) << file.error().to_string();
    std::vector<std::string> names;
    for (const auto& stage : file->stages) names.push_back(stage.name);
    EXPECT_THAT(names, ::testing::ElementsAre("src_ucx", "fetched_tool", "src_tool", "base",
                                              "none_runtime", "vllm_runtime"));
    EXPECT_THAT(file->text, HasSubstr("FROM scratch AS src_ucx\nARG UCX_REF\nARG SRC_UCX_CHECKSUM\n"
                                      "ADD --checksum=${SRC_UCX_CHECKSUM} "
                                      "https://example.com/ucx.git#${UCX_REF} /\n"));
    EXPECT_THAT(file->text, HasSubstr("ARG CUDA_VERSION=\"none\"\n"));
    EXPECT_EQ(file->name_of(file->stages[3].from.lines.file), folder_->path() + "/base.dockerfile");
    const auto again = dockerfile::parse_dockerfile(to_text(*file), "Dockerfile");
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ(again->stages.size(), file->stages.size());
}

TEST_F(StackCompose, AUrlTakesThePlaceOfASource) {
    const auto git = compose(stack_, {{"ucx", {"https://example.com/mine.git#main"}}}, variants());
    ASSERT_TRUE(git);
    EXPECT_THAT(git->text, HasSubstr("AS src_ucx\nADD https://example.com/mine.git#main /\n"));
    const auto tar = compose(stack_, {{"ucx", {"https://example.com/ucx.tar.gz"}}}, variants());
    ASSERT_TRUE(tar);
    EXPECT_THAT(tar->text, HasSubstr("ADD --unpack=true https://example.com/ucx.tar.gz /\n"));
    const auto package =
        compose(stack_, {{"ucx", {"https://example.com/ucx.tar.xz", "sha256:00"}}}, variants());
    ASSERT_TRUE(package);
    EXPECT_THAT(package->text,
                HasSubstr("ADD --unpack=true --checksum=sha256:00 https://example.com/ucx.tar.xz"));
    EXPECT_THAT(compose(stack_, {{"ucxx", {}}}, variants()),
                FailsWith(ErrorCode::kUsage, HasSubstr("no component 'ucxx'")));
}

TEST_F(StackCompose, PinsWhatIsNeeded) {
    auto plain = variants();
    ASSERT_TRUE(pin(stack_, {}, plain));
    EXPECT_EQ(plain[0].args.at("SRC_UCX_CHECKSUM").size(), 40U);
    EXPECT_THAT(plain[0].args.at("SRC_TOOL_CHECKSUM"), HasSubstr("sha256:"));

    EXPECT_TRUE(require(plain[0])) << "nothing is missing";
    auto newer = variants({{"ucx_ref", "v2"}});
    EXPECT_THAT(require(newer[0]),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("ucx 'v2' is not locked")));
    EXPECT_TRUE(require(newer[0], {{"ucx", {}}}));
    write("base.dockerfile", "FROM scratch AS base\n");
    EXPECT_TRUE(require(newer[0])) << "it is not needed";
}

TEST_F(StackCompose, ErrorsNameTheStageFile) {
    write("app.dockerfile", "FROM base AS x\nCOPPY a b\n");
    const auto failed = compose(stack_, {}, variants());
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().where(), (SourceRange{folder_->path() + "/app.dockerfile", 2, 2}));
}

TEST_F(StackCompose, ABakeFileHasATargetForEach) {
    const auto all = variants();
    const std::vector<BakeTarget> targets = {{all.data(), {"a:1"}}, {&all[1], {"b:1"}}};
    const Json file = Json::parse(bake_file(targets, "/out", {{"stack", "/s"}}));
    EXPECT_EQ(file["group"]["default"]["targets"], (Json{"none-runtime", "vllm-runtime"}));
    const Json& vllm = file["target"]["vllm-runtime"];
    EXPECT_EQ(vllm["target"], "vllm_runtime");
    EXPECT_EQ(vllm["context"], "/out");
    EXPECT_EQ(vllm["args"]["PACKAGES"], "g++ make");
    EXPECT_EQ(vllm["contexts"]["stack"], "/s");
    EXPECT_EQ(vllm["tags"], Json{"b:1"});
}

}  // namespace
}  // namespace slipway::stack
