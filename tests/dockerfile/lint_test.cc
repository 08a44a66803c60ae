// The rules that need the file alone: each case is a file and what is found in it, "Rule:line".
#include "dockerfile/lint/linter.h"
#include "support/result_matchers.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace slipway::dockerfile::lint {
namespace {

using slipway::testing::FailsWith;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> found_in(const std::string& text) {
    const auto file = parse_dockerfile(text, "Dockerfile");
    if (!file) return {"error: " + file.error().to_string()};
    auto options = parse_options(file->check.value_or(""));
    if (!options) return {"error: " + options.error().to_string()};
    Linter linter(*std::move(options));
    check_file(*file, linter);
    std::vector<std::string> found;
    for (const Finding& finding : linter.findings())
        found.push_back(fmt::format("{}:{}", info(finding.rule).name, finding.lines.first));
    return found;
}

struct Case {
    const char* name;
    const char* dockerfile;
    std::vector<std::string> found = {};
};
void PrintTo(const Case& one, std::ostream* out) {
    *out << one.name;
}

class FileRules : public ::testing::TestWithParam<Case> {};

TEST_P(FileRules, FindWhatIsThere) {
    EXPECT_EQ(found_in(GetParam().dockerfile), GetParam().found) << GetParam().dockerfile;
}

const std::vector<Case> kCases = {
    {"CleanFile", "FROM debian AS build\nRUN make\nFROM scratch\nCOPY --from=build /a /a\n"},
    {"StageNameWithCapital", "FROM debian AS Build\n", {"StageNameCasing:1"}},
    {"StageNameInCapitals",
     "FROM debian\nRUN x\nFROM debian AS WHEEL_BUILDER\n",
     {"StageNameCasing:3"}},
    {"AsInOtherCaseThanFrom", "FROM debian as build\n", {"FromAsCasing:1"}},
    {"AsInOtherCaseThanLowerFrom", "from debian AS build\n", {"FromAsCasing:1"}},
    {"AsWithPlatform", "FROM --platform=$BUILDPLATFORM debian As build\n", {"FromAsCasing:1"}},
    {"AsBelowAContinuation", "FROM debian \\\n  as build\n", {"FromAsCasing:1"}},
    {"AsAndFromInLowerCase", "from debian as build\n"},
    {"FromInMixedCaseIsAnotherRules",
     "From debian as build\nRUN x\n",
     {"ConsistentInstructionCasing:1"}},
    {"EmptyContinuation", "FROM debian\nRUN a && \\\n\n  b\n", {"NoEmptyContinuation:3"}},
    {"CommentInAContinuationIsFine", "FROM debian\nRUN a && \\\n # why\n  b\n"},
    {"EmptyLineInAHeredocIsFine", "FROM debian\nRUN <<E\na\n\nb\nE\n"},
    {"OneKeywordInLowerCase", "FROM debian\nRUN a\nrun b\n", {"ConsistentInstructionCasing:3"}},
    {"MostKeywordsInLowerCase", "from debian\nrun a\nENV a=b\n", {"ConsistentInstructionCasing:3"}},
    {"MixedKeyword", "FROM debian\nRun a\n", {"ConsistentInstructionCasing:2"}},
    {"MixedKeywordsAreNoMajority",
     "from debian\nRun a\nRun b\n",
     {"ConsistentInstructionCasing:2", "ConsistentInstructionCasing:3"}},
    {"GlobalArgsDoNotCountForTheCase", "arg A=1\narg B=2\nFROM debian\n"},
    {"DuplicateStageName",
     "FROM debian AS a\nFROM debian AS b\nFROM debian AS a\n",
     {"DuplicateStageName:3"}},
    {"DuplicateStageNameInOtherCase",
     "FROM debian AS a\nFROM debian AS A\n",
     {"StageNameCasing:2", "DuplicateStageName:2"}},
    {"ReservedNames",
     "FROM debian AS scratch\nFROM debian AS context\n",
     {"ReservedStageName:1", "ReservedStageName:2"}},
    {"Maintainer", "FROM debian\nMAINTAINER me\n", {"MaintainerDeprecated:2"}},
    {"LabelInPlaceOfMaintainer", "FROM debian\nLABEL org.opencontainers.image.authors=me\n"},
    {"DescriptionsAreNotLookedAtByDefault", "# hello\nARG A\n# bye\nFROM debian AS b\n"},
    {"Descriptions",
     "# check=experimental=InvalidDefinitionDescription\n\n# A is the first letter\nARG A\n"
     "# the second letter\nARG B\n\n# not of C\n#\nARG C\n# base is what all is on\n"
     "FROM debian AS base\n# made from base\nFROM debian AS build\n# no name, no description\n"
     "FROM debian\n",
     {"InvalidDefinitionDescription:6", "InvalidDefinitionDescription:14"}},
    {"DescriptionsAmongAllExperiments",
     "# check=experimental=all;skip=all\n# hello\nARG A\nFROM debian AS B\n",
     {"InvalidDefinitionDescription:3"}},
    {"SkippedRule",
     "# check=skip=StageNameCasing\nFROM debian AS Build\nMAINTAINER me\n",
     {"MaintainerDeprecated:3"}},
    {"SkippedRules",
     "# check=skip=StageNameCasing,MaintainerDeprecated\nFROM debian AS Build\nMAINTAINER me\n"},
    {"AllSkipped", "# check=skip=all\nFROM debian AS Build\nMAINTAINER me\n"},
    {"UnknownRulesMayBeSkipped",
     "# check=skip=NoSuchRule\nFROM debian AS Build\n",
     {"StageNameCasing:2"}},
    {"SkippedForOneInstruction",
     "FROM debian\n# check=skip=MaintainerDeprecated\nMAINTAINER a\nMAINTAINER b\n",
     {"MaintainerDeprecated:4"}},
    {"SkippedAmongOtherComments",
     "# the builder\n# check=skip=StageNameCasing because of history\nFROM debian AS Build\n"},
    {"NamesAreNotSkippedByAComment",
     "FROM debian AS a\n# check=skip=DuplicateStageName\nFROM debian AS a\n",
     {"DuplicateStageName:3"}},
    {"AnUnreadableSkipIsNone",
     "FROM debian\n# check=skip\nMAINTAINER a\n# check=nonsense=1\nMAINTAINER b\n",
     {"MaintainerDeprecated:3", "MaintainerDeprecated:5"}},
    {"JsonWithSingleQuotes", "FROM debian\nCMD ['a', 'b']\n", {"MalformedJSONForm:2"}},
    {"TestCommandIsNoJson", "FROM debian\nRUN [ -f /a ] && b\n"},
    {"FlagWithoutEffect", "FROM debian\nARG --x=y A\n", {"IgnoredFlag:2"}},
};

INSTANTIATE_TEST_SUITE_P(Lint, FileRules, ::testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(LintOptions, AreReadAsTheReferenceDoes) {
    const auto options = parse_options(" skip=A, B ; error = TRUE;experimental=all").value();
    EXPECT_THAT(options.skip, ElementsAre("A", "B"));
    EXPECT_TRUE(options.error);
    EXPECT_TRUE(options.experimental_all);
    EXPECT_FALSE(options.skip_all);
    EXPECT_TRUE(parse_options("").has_value());
    EXPECT_TRUE(parse_options("skip=all").value().skip_all);
}

TEST(LintOptions, RefuseWhatTheyDoNotKnow) {
    EXPECT_THAT(parse_options("skip"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("invalid check option 'skip'")));
    EXPECT_THAT(parse_options("skipp=A"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("invalid check option 'skipp=A'")));
    EXPECT_THAT(
        parse_options("error=maybe"),
        FailsWith(ErrorCode::kInvalidInput, HasSubstr("'maybe' is neither true nor false")));
}

TEST(LintVerdict, IsAnErrorWhenTheFileAsksForIt) {
    Linter lenient({});
    lenient.report(Rule::kStageNameCasing, {1, 1}, "x");
    EXPECT_TRUE(lenient.verdict());

    Options strict;
    strict.error = true;
    Linter linter(strict);
    EXPECT_TRUE(linter.verdict());
    linter.report(Rule::kMalformedJSONForm, {1, 1}, "a note");
    EXPECT_TRUE(linter.verdict());
    linter.report(Rule::kStageNameCasing, {1, 1}, "x");
    linter.report(Rule::kMaintainerDeprecated, {2, 2}, "x");
    linter.report(Rule::kStageNameCasing, {3, 3}, "x");
    EXPECT_THAT(linter.verdict(),
                FailsWith(ErrorCode::kInvalidInput,
                          HasSubstr("rules: StageNameCasing, MaintainerDeprecated")));
}

TEST(LintRules, HaveTheReferencesNamesAndPages) {
    EXPECT_EQ(all_rules().size(), 31U);
    EXPECT_EQ(url(Rule::kJSONArgsRecommended),
              "https://docs.docker.com/go/dockerfile/rule/json-args-recommended/");
    EXPECT_EQ(url(Rule::kFromPlatformFlagConstDisallowed),
              "https://docs.docker.com/go/dockerfile/rule/from-platform-flag-const-disallowed/");
    EXPECT_EQ(url(Rule::kInvalidBaseImagePlatform), "");
    EXPECT_EQ(url(Rule::kIgnoredFlag), "docs/rules/IgnoredFlag.md");
}

}  // namespace
}  // namespace slipway::dockerfile::lint
