// What --call prints: the shapes of docker buildx, so that what reads those reads ours.
#include "cli/build_call.h"

#include "base/json.h"
#include "base/text.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::cli {
namespace {

using dockerfile::lint::Rule;
using slipway::testing::FailsWith;
using ::testing::HasSubstr;

TEST(CallFlag, TakesAMethodAndOptions) {
    EXPECT_EQ(Call::parse("build")->method, Call::Method::kBuild);
    EXPECT_EQ(Call::parse("check")->method, Call::Method::kCheck);
    EXPECT_EQ(Call::parse("lint")->method, Call::Method::kCheck);
    const auto call = Call::parse("targets,format=json,ignorestatus=true");
    ASSERT_TRUE(call);
    EXPECT_EQ(call->method, Call::Method::kTargets);
    EXPECT_EQ(call->format, Call::Format::kJson);
    EXPECT_TRUE(call->ignore_status);
}

TEST(CallFlag, RefusesWhatItDoesNotKnow) {
    const auto misspelt = Call::parse("chekc");
    EXPECT_THAT(misspelt, FailsWith(ErrorCode::kUsage, HasSubstr("the methods are build, check")));
    EXPECT_EQ(misspelt.error().hint(), "did you mean 'check'?");
    EXPECT_THAT(Call::parse("check,format=xml"),
                FailsWith(ErrorCode::kUsage, HasSubstr("format is")));
    EXPECT_THAT(Call::parse("check,targets"),
                FailsWith(ErrorCode::kUsage, HasSubstr("unexpected 'targets'")));
    EXPECT_THAT(Call::parse("check,x=y"),
                FailsWith(ErrorCode::kUsage, HasSubstr("unexpected 'x=y'")));
}

dockerfile::Dockerfile parse(const char* text) {
    return dockerfile::parse_dockerfile(text, "Dockerfile").value();
}

constexpr const char* kStages =
    "# base has what all need\nFROM debian AS base\n"
    "# builder\nFROM --platform=$BUILDPLATFORM base AS build\nRUN make\nFROM base\n";

TEST(Targets, AreATable) {
    EXPECT_EQ(print_targets(parse(kStages), Call::Format::kText),
              "TARGET    DESCRIPTION\nbase      has what all need\nbuild     \n(default) \n");
    EXPECT_EQ(print_targets(parse("FROM a AS app\n"), Call::Format::kText),
              "TARGET        DESCRIPTION\napp (default) \n");
}

TEST(Targets, AreJson) {
    const Json json = parse_json(print_targets(parse(kStages), Call::Format::kJson)).value();
    EXPECT_EQ(json.at("sources"), Json::array({base64_encode(kStages)}));
    EXPECT_EQ(json.at("targets"), parse_json(R"([
        {"name": "base", "description": "has what all need", "base": "debian",
         "location": {"ranges": [{"start": {"line": 2}, "end": {"line": 2}}]}},
        {"name": "build", "base": "base", "platform": "$BUILDPLATFORM",
         "location": {"ranges": [{"start": {"line": 4}, "end": {"line": 4}}]}},
        {"default": true, "base": "base",
         "location": {"ranges": [{"start": {"line": 6}, "end": {"line": 6}}]}}])")
                                      .value());
}

frontend::Outline some_outline() {
    return {.name = "app",
            .description = "the server",
            .args = {{"BASE", "debian", "where it begins", {1, 1}}, {"X", "", "", {3, 3}}},
            .secrets = {{"token", true, {4, 5}}, {"key", false, {6, 6}}},
            .agents = {{"default", false, {7, 7}}}};
}

TEST(Outlines, AreTables) {
    const auto file = parse("FROM debian AS app\n");
    EXPECT_EQ(print_outline(some_outline(), file, Call::Format::kText),
              "TARGET:      app\n"
              "DESCRIPTION: the server\n"
              "\n"
              "BUILD ARG   VALUE    DESCRIPTION\n"
              "BASE        debian   where it begins\n"
              "X                    \n"
              "\n"
              "SECRET   REQUIRED\n"
              "token    true\n"
              "key      \n"
              "\n"
              "SSH       REQUIRED\n"
              "default   \n"
              "\n");
    EXPECT_EQ(print_outline({}, file, Call::Format::kText), "");
}

TEST(Outlines, AreJson) {
    const auto file = parse("FROM debian AS app\n");
    const Json json = parse_json(print_outline(some_outline(), file, Call::Format::kJson)).value();
    EXPECT_EQ(json.at("name"), "app");
    EXPECT_EQ(json.at("description"), "the server");
    EXPECT_EQ(json.at("args"), parse_json(R"([
        {"name": "BASE", "description": "where it begins", "value": "debian",
         "location": {"ranges": [{"start": {"line": 1}, "end": {"line": 1}}]}},
        {"name": "X", "location": {"ranges": [{"start": {"line": 3}, "end": {"line": 3}}]}}])")
                                   .value());
    EXPECT_EQ(json.at("secrets").at(0), parse_json(R"({"name": "token", "required": true,
         "location": {"ranges": [{"start": {"line": 4}, "end": {"line": 4}},
                                 {"start": {"line": 5}, "end": {"line": 5}}]}})")
                                            .value());
    EXPECT_EQ(json.at("ssh").size(), 1U);
    EXPECT_EQ(json.at("sources"), Json::array({base64_encode(file.text)}));
}

TEST(CheckReport, NamesRuleAndLines) {
    const auto file = parse("FROM debian\nRUN a\nRUN b\nMAINTAINER me\nRUN c\nRUN d\nRUN e\n");
    const frontend::Checked checked{
        .findings = {{Rule::kMaintainerDeprecated, "use a label", {4, 4}},
                     {Rule::kMalformedJSONForm, "no JSON", {1, 2}}},
        .error = {}};
    EXPECT_EQ(print_check(checked, file, Call::Format::kText),
              "Check complete, 1 warning has been found!\n"
              "\n"
              "NOTE: MalformedJSONForm - docs/rules/MalformedJSONForm.md\n"
              "no JSON\n"
              "Dockerfile:1\n"
              "--------------------\n"
              "   1 | >>> FROM debian\n"
              "   2 | >>> RUN a\n"
              "   3 |     RUN b\n"
              "--------------------\n"
              "\n"
              "WARNING: MaintainerDeprecated - "
              "https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/\n"
              "use a label\n"
              "Dockerfile:4\n"
              "--------------------\n"
              "   2 |     RUN a\n"
              "   3 |     RUN b\n"
              "   4 | >>> MAINTAINER me\n"
              "   5 |     RUN c\n"
              "   6 |     RUN d\n"
              "--------------------\n");
    EXPECT_EQ(check_status(checked), 1);
}

TEST(CheckReport, SaysWhenThereIsNothing) {
    EXPECT_EQ(print_check({}, parse("FROM debian\n"), Call::Format::kText),
              "Check complete, no warnings found.\n");
    const frontend::Checked notes{.findings = {{Rule::kIgnoredFlag, "x", {1, 1}}}, .error = {}};
    EXPECT_THAT(print_check(notes, parse("FROM debian\n"), Call::Format::kText),
                ::testing::StartsWith("Check complete, no warnings found.\n\nNOTE: IgnoredFlag"));
    EXPECT_EQ(check_status(notes), 0);
}

TEST(CheckReport, IsJson) {
    const auto file = parse("FROM debian AS A\n");
    frontend::Checked checked{.findings = {{Rule::kStageNameCasing, "x", {1, 1}}}, .error = {}};
    Json json = parse_json(print_check(checked, file, Call::Format::kJson)).value();
    const Json& warning = json.at("warnings").at(0);
    EXPECT_EQ(warning.at("ruleName"), "StageNameCasing");
    EXPECT_EQ(warning.at("detail"), "x");
    EXPECT_EQ(warning.at("url"), "https://docs.docker.com/go/dockerfile/rule/stage-name-casing/");
    EXPECT_EQ(warning.at("level"), "warning");
    EXPECT_EQ(warning.at("location").at("ranges").at(0).at("start").at("line"), 1);
    EXPECT_EQ(json.at("sources").at(0).at("filename"), "Dockerfile");
    EXPECT_EQ(json.at("sources").at(0).at("data"), base64_encode(file.text));
    EXPECT_FALSE(json.contains("buildError"));

    checked.error = Error(ErrorCode::kInvalidInput, "broken").at({"Dockerfile", 1, 1});
    json = parse_json(print_check(checked, file, Call::Format::kJson)).value();
    EXPECT_EQ(json.at("buildError").at("message"), "broken");
    EXPECT_EQ(json.at("buildError").at("location").at("ranges").at(0).at("end").at("line"), 1);
}

}  // namespace
}  // namespace slipway::cli
