// The rules that need values, base images or ignore patterns: each case is a file and what is found
// in it, "Rule:line", in the order of the lines.
#include "lint_case.h"
#include "support/result_matchers.h"

namespace slipway::frontend {
namespace {

using slipway::testing::FailsWith;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FrontendRules : public CheckTest, public ::testing::WithParamInterface<LintCase> {};

TEST_P(FrontendRules, FindWhatIsThere) {
    expect_found(GetParam());
}

const std::vector<LintCase> kCases = {
    {"CleanFile",
     "ARG BASE=busybox\nFROM ${BASE}\nARG V=1\nENV W=$V\nWORKDIR /a/$W\nCMD [\"sh\"]\n"},

    {"UndefinedArgInFrom", "ARG BASE=busybox\nFROM $BASE$TAG\n", {"UndefinedArgInFrom:2"}},
    {"ArgOfFromWithADefault", "FROM ${BASE:-busybox}\n", {"UndefinedArgInFrom:1"}},
    {"PlatformArgsOfFromAreKnown", "FROM --platform=$BUILDPLATFORM busybox\n"},
    {"DeclaredButEmptyArgOfFrom", "ARG TAG\nFROM busybox$TAG\n"},
    {"UndefinedArgInPlatform",
     "FROM --platform=${P:-linux/amd64} busybox\n",
     {"UndefinedArgInFrom:1"}},
    {"UndefinedArgSkippedByAComment", "\n# check=skip=UndefinedArgInFrom\nFROM busybox$TAG\n"},

    {"DefaultsThatNameNoImage",
     "ARG TAG\nFROM busybox:${TAG}\n",
     {"InvalidDefaultArgInFrom:2"},
     {{"TAG", "latest"}}},
    {"DefaultsThatAreEmpty",
     "ARG BASE\nFROM $BASE\n",
     {"InvalidDefaultArgInFrom:2"},
     {{"BASE", "busybox"}}},
    {"DefaultsThatNameAnImage", "ARG TAG=latest\nFROM busybox:${TAG}\n", {}, {{"TAG", "latest"}}},
    {"DefaultsOfDefaults", "ARG A=busy\nARG B=${A}box\nFROM $B\n"},
    {"DefaultsInTheSubstitution", "ARG TAG\nFROM busybox:${TAG:-latest}\n"},

    {"RedundantTargetPlatform",
     "FROM --platform=$TARGETPLATFORM busybox\n",
     {"RedundantTargetPlatform:1"}},
    {"RedundantTargetPlatformInBraces",
     "FROM --platform=${TARGETPLATFORM} busybox\n",
     {"RedundantTargetPlatform:1"}},
    {"BuildPlatformIsNotRedundant", "FROM --platform=$BUILDPLATFORM busybox\n"},
    {"ConstantPlatform",
     "FROM --platform=linux/amd64 busybox\n",
     {"FromPlatformFlagConstDisallowed:1"}},
    {"ConstantPlatformOfAStageNamedAfterIt",
     "FROM --platform=linux/amd64 busybox AS build-amd64\n"},
    {"ConstantPlatformThatIsAnArgsDefault", "ARG P=linux/amd64\nFROM --platform=$P busybox\n"},

    {"UndefinedVar", "FROM busybox\nENV A=$B\n", {"UndefinedVar:2"}},
    {"UndefinedVarsOfOneLine",
     "FROM busybox\nENV A=$B C=$B\n",
     {"UndefinedVar:2", "UndefinedVar:2"}},
    {"VarOfTheSameLine", "FROM busybox\nENV A=1 B=$A\n", {"UndefinedVar:2"}},
    {"VarOfTheBaseImage", "FROM debian:bookworm\nLABEL lang=$LANG path=$PATH\n"},
    {"VarOfTheBaseStage", "FROM busybox AS a\nENV X=1\nFROM a\nLABEL x=$X\n"},
    {"VarOfAnotherStage",
     "FROM busybox AS a\nENV X=1\nFROM busybox\nLABEL x=$X\n",
     {"UndefinedVar:4"}},
    {"DeclaredArgWithoutAValue", "FROM busybox\nARG X\nLABEL x=$X\n"},
    {"GlobalArgThatTheStageDoesNotDeclare",
     "ARG X=1\nFROM busybox\nLABEL x=$X\n",
     {"UndefinedVar:3"}},
    {"VarWithADefault", "FROM busybox\nLABEL x=${X:-1}\n", {"UndefinedVar:2"}},
    {"VarInRunTextIsTheShells", "FROM busybox\nRUN echo $X\n"},
    {"VarInAMount", "FROM busybox\nRUN --mount=type=cache,target=$X/c y\n", {"UndefinedVar:2"}},
    {"VarInCopy",
     "FROM busybox\nCOPY $A ${B}c /d/\nCOPY --chown=$U a /\n",
     {"UndefinedVar:2", "UndefinedVar:2", "UndefinedVar:3"}},
    {"VarInAHeredoc", "FROM busybox\nCOPY <<E /a\nuse $X\nE\n", {"UndefinedVar:2"}},
    {"VarInAQuotedHeredoc", "FROM busybox\nCOPY <<'E' /a\nuse $X\nE\n"},
    {"VarInTheDefaultOfAnArg", "FROM busybox\nARG A=$B\n", {"UndefinedVar:2"}},
    {"VarInTheDefaultOfAnArgThatIsGiven", "FROM busybox\nARG A=$B\n", {}, {{"A", "1"}}},
    {"EscapedVar", "FROM busybox\nENV A=\\$B\n"},
    {"VarInExposeIsNotLookedAt", "FROM busybox\nEXPOSE 80$X\n"},

    {"RelativeWorkdir", "FROM busybox\nWORKDIR a\nWORKDIR b\n", {"WorkdirRelativePath:2"}},
    {"RelativeWorkdirBelowAnAbsoluteOne", "FROM busybox\nWORKDIR /a\nWORKDIR b\n"},
    {"RelativeWorkdirBelowThatOfABaseStage", "FROM busybox AS a\nWORKDIR /a\nFROM a\nWORKDIR b\n"},
    {"WorkdirThatIsAbsoluteByItsValue", "FROM busybox\nENV D=/d\nWORKDIR $D/x\n"},

    {"ShellForm",
     "FROM busybox\nENTRYPOINT app\nCMD app --help\n",
     {"JSONArgsRecommended:2", "JSONArgsRecommended:3"}},
    {"ShellFormWithAShellOfChoice", "FROM busybox\nSHELL [\"/bin/bash\", \"-c\"]\nCMD app\n"},
    {"JsonForm", "FROM busybox\nENTRYPOINT [\"app\"]\nCMD []\n"},

    {"SeveralCmds",
     "FROM busybox\nCMD [\"a\"]\nCMD [\"b\"]\nCMD [\"c\"]\n",
     {"MultipleInstructionsDisallowed:2", "MultipleInstructionsDisallowed:3"}},
    {"SeveralEntrypointsAndHealthchecks",
     "FROM busybox\nENTRYPOINT [\"a\"]\nHEALTHCHECK NONE\nENTRYPOINT [\"b\"]\n"
     "HEALTHCHECK CMD [\"c\"]\n",
     {"MultipleInstructionsDisallowed:2", "MultipleInstructionsDisallowed:3"}},
    {"OneCmdAStage", "FROM busybox AS a\nCMD [\"a\"]\nFROM a\nCMD [\"b\"]\n"},

    {"LegacyForm",
     "FROM busybox\nENV A b c\nLABEL d e\nENV F=g\n",
     {"LegacyKeyValueFormat:2", "LegacyKeyValueFormat:3"}},

    {"Secrets",
     "FROM busybox\nARG API_KEY\nARG apikey\nENV HF_TOKEN=x A_password_B=y\nARG AWS_SECRET=1\n",
     {"SecretsUsedInArgOrEnv:2", "SecretsUsedInArgOrEnv:3", "SecretsUsedInArgOrEnv:4",
      "SecretsUsedInArgOrEnv:4", "SecretsUsedInArgOrEnv:5"}},
    {"NoSecrets",
     "FROM busybox\nARG TOKENIZER\nARG PUBLIC_KEY\nENV PASSWORD_FILE=/run/x KEYBOARD=us\n"
     "ARG AUTHOR\nARG TOKEN_VERSION\n"},
    {"GlobalSecretsAreNotLookedAt", "ARG TOKEN\nFROM busybox\n"},

    {"ExposeProtocolInCapitals", "FROM busybox\nEXPOSE 80/TCP 81/udp\n", {"ExposeProtoCasing:2"}},
    {"ExposeHostPort", "FROM busybox\nEXPOSE 8080:80\n", {"ExposeInvalidFormat:2"}},
    {"ExposeAddress", "FROM busybox\nEXPOSE 127.0.0.1:80:80\n", {"ExposeInvalidFormat:2"}},
    {"ExposeAddressWithoutAHostPort",
     "FROM busybox\nEXPOSE 127.0.0.1::80\n",
     {"ExposeInvalidFormat:2"}},
    {"ExposeRange", "FROM busybox\nARG P=80-90\nEXPOSE $P 1/tcp\n"},

    {"IgnoredCopy",
     "FROM busybox\nCOPY .git /g\nADD ./logs/ /l\nCOPY src /s\n",
     {"CopyIgnoredFile:2", "CopyIgnoredFile:3"},
     {},
     {".git", "logs"}},
    {"IgnoredCopyBelowAnIgnoredDirectory",
     "FROM busybox\nCOPY .git/HEAD /h\n",
     {"CopyIgnoredFile:2"},
     {},
     {".git"}},
    {"IgnoredCopyFromAStage",
     "FROM busybox AS a\nFROM busybox\nCOPY --from=a .git /g\n",
     {},
     {},
     {".git"}},
    {"IgnoreFileWithExceptions", "FROM busybox\nCOPY a /a\n", {}, {}, {"*", "!b"}},
    {"AllIsIgnored", "FROM busybox\nCOPY . /a\n", {"CopyIgnoredFile:2"}, {}, {"**"}},
    {"MuchIsIgnored", "FROM busybox\nCOPY . /a\n", {}, {}, {"*.md", "docs"}},

    {"StagesThatNobodyNeedsAreLookedAtWithoutATarget",
     "FROM busybox AS a\nENV B c\nFROM busybox AS d\n",
     {"LegacyKeyValueFormat:2"}},
    {"StagesThatNobodyNeedsAreLeftOutWithATarget",
     "FROM busybox AS a\nENV B c\nFROM busybox AS d\n",
     {},
     {},
     {},
     "d"},

    {"BuildArgInPlaceOfTheDirective",
     "# check=skip=LegacyKeyValueFormat\nFROM busybox AS A\nENV B c\n",
     {"LegacyKeyValueFormat:3"},
     {{"BUILDKIT_DOCKERFILE_CHECK", "skip=StageNameCasing"}}},
    {"TheDirectiveEndsAtABlank",
     "# check=skip=StageNameCasing, LegacyKeyValueFormat\nFROM busybox AS A\nENV B c\n",
     {"LegacyKeyValueFormat:3"}},
    {"InstructionWithACommentThatSkips",
     "FROM busybox\n# check=skip=LegacyKeyValueFormat\nENV B c\nENV D e\n",
     {"LegacyKeyValueFormat:4"}},
};

INSTANTIATE_TEST_SUITE_P(Lint, FrontendRules, ::testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param.name); });

using Check = CheckTest;

TEST_F(Check, NamesTheVariableThatMayBeMeant) {
    const Checked checked = check_it("FROM busybox\nENV VERSION=1\nLABEL v=$VERSOIN\n");
    ASSERT_EQ(checked.findings.size(), 1U);
    EXPECT_THAT(checked.findings[0].message, HasSubstr("'$VERSOIN' (did you mean $VERSION?)"));
}

TEST_F(Check, ReportsTheBaseImageOfAnotherPlatform) {
    request.platform.architecture = "arm64";
    const Checked checked = check_it("FROM amd64only\n");
    EXPECT_THAT(names_of(checked.findings), ElementsAre("InvalidBaseImagePlatform:1"));
}

TEST_F(Check, KeepsWhatWasFoundBeforeAnError) {
    const Checked checked = check_it("FROM busybox AS A\nCOPY --from=7 /a /a\n");
    EXPECT_THAT(names_of(checked.findings), ElementsAre("StageNameCasing:1"));
    ASSERT_TRUE(checked.error);
    EXPECT_THAT(checked.error->to_string(), HasSubstr("no stage with this number"));
}

TEST_F(Check, IsAnErrorWhenTheFileAsksForIt) {
    const Checked checked = check_it("# check=error=true\nFROM busybox AS A\n");
    EXPECT_EQ(checked.findings.size(), 1U);
    ASSERT_TRUE(checked.error);
    EXPECT_THAT(checked.error->to_string(), HasSubstr("StageNameCasing"));
    EXPECT_FALSE(check_it("# check=error=true\nFROM busybox AS a\n").error);
}

TEST_F(Check, RefusesOptionsThatItDoesNotKnow) {
    EXPECT_THAT(lower_it("# check=skpi=A\nFROM busybox\n"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("invalid check option 'skpi=A'")));
}

TEST_F(Check, ABuildFindsTheSame) {
    lower_ok("FROM busybox AS A\nENV B c\n");
    EXPECT_THAT(names_of(lowered.findings),
                ElementsAre("StageNameCasing:1", "LegacyKeyValueFormat:2"));
    EXPECT_FALSE(lowered.lint_error);
    lower_ok("# check=error=true\nFROM busybox AS A\n");
    ASSERT_TRUE(lowered.lint_error);
    EXPECT_THAT(lowered.lint_error->to_string(), HasSubstr("StageNameCasing"));
}

TEST_F(Check, TakesTriggersOfTheBaseForTheStagesOwn) {
    const Checked checked = check_it("FROM busybox AS a\nONBUILD ENV X $Y\nFROM a\n");
    EXPECT_THAT(names_of(checked.findings),
                ElementsAre("UndefinedVar:3", "LegacyKeyValueFormat:3"));
}

}  // namespace
}  // namespace slipway::frontend
