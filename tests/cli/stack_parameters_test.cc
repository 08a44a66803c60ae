#include "cli/stack_parameters.h"

#include "stack/small_stack.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::cli {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class StackParameters : public ::testing::Test {
  protected:
    void SetUp() override {
        auto stack = stack::parse(stack::small_stack(), "", "/s");
        ASSERT_TRUE(stack);
        stack_ = *std::move(stack);
    }
    Result<void> read(const std::vector<std::string>& words) {
        selection_ = {};
        return read_parameters(words, stack_, selection_);
    }
    Result<void> take(const std::vector<std::string>& build_args) {
        BuildFlags flags;
        flags.build_args = build_args;
        auto plan = plan_build(flags);
        if (!plan) return plan.error();
        plan_ = *std::move(plan);
        return take_build_args(flags, stack_, selection_, plan_);
    }

    stack::Stack stack_;
    stack::Selection selection_;
    BuildPlan plan_;
};

TEST_F(StackParameters, AreFlags) {
    ASSERT_THAT(read({"vllm", "--cuda-version", "13.0", "--kvbm", "none", "--jobs=3"}), IsOk());
    EXPECT_THAT(selection_.engines, ElementsAre("vllm", "none"));
    EXPECT_THAT(selection_.values, UnorderedElementsAre(Pair("cuda", "13.0"), Pair("kvbm", "true"),
                                                        Pair("jobs", "3")));
}

TEST_F(StackParameters, TellWhatIsMissingOrTooMuch) {
    EXPECT_THAT(read({"--cuda"}), FailsWith(ErrorCode::kUsage, "--cuda needs a value"));
    EXPECT_THAT(read({"--cuda", "--kvbm"}), FailsWith(ErrorCode::kUsage, "--cuda needs a value"));
    const auto stray = read({"--kvbm", "false"});
    EXPECT_THAT(stray, FailsWith(ErrorCode::kUsage, HasSubstr("'false' behind --kvbm")));
    EXPECT_THAT(stray.error().hint().value_or(""), HasSubstr("--kvbm=false"));
    const auto unknown = read({"--cudda=1"});
    EXPECT_THAT(unknown, FailsWith(ErrorCode::kUsage, "unknown flag '--cudda'"));
    EXPECT_EQ(unknown.error().hint(), "did you mean '--cuda'?");
}

TEST_F(StackParameters, ABuildArgumentSetsItsParameter) {
    ASSERT_THAT(take({"CUDA_VERSION=12.9", "OTHER=1"}), IsOk());
    EXPECT_THAT(selection_.values, UnorderedElementsAre(Pair("cuda", "12.9")));
    EXPECT_EQ(plan_.request.build_args.count("CUDA_VERSION"), 0U);
    EXPECT_EQ(plan_.request.build_args.count("OTHER"), 1U);
    selection_.values = {{"cuda_version", "13.0"}};
    ASSERT_THAT(take({"CUDA_VERSION=12.9"}), IsOk());
    EXPECT_THAT(selection_.values, UnorderedElementsAre(Pair("cuda_version", "13.0")))
        << "its own flag stands above";
}

TEST_F(StackParameters, SecretsAreNoBuildArguments) {
    for (const char* name : {"GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "PASSWORD"}) {
        const auto refused = take({std::string(name) + "=x"});
        EXPECT_THAT(refused, FailsWith(ErrorCode::kUsage, HasSubstr(name)));
        EXPECT_THAT(refused.error().hint().value_or(""), HasSubstr("--secret id="));
    }
}

TEST_F(StackParameters, ABuildArgumentIsDeclaredSomewhere) {
    const auto file = dockerfile::parse_dockerfile("FROM scratch\nARG MODE\n", "f");
    ASSERT_TRUE(file);
    BuildFlags flags;
    flags.build_args = {"MODE=1", "CUDA_VERSION=12.9", "HTTP_PROXY=x", "BUILDKIT_X=1", "MODE"};
    EXPECT_THAT(check_build_args(flags, stack_, *file), IsOk());
    flags.build_args = {"CUDA_VERSIN=12.9"};
    const auto refused = check_build_args(flags, stack_, *file);
    EXPECT_THAT(refused, FailsWith(ErrorCode::kUsage, HasSubstr("CUDA_VERSIN")));
    EXPECT_EQ(refused.error().hint(), "did you mean 'CUDA_VERSION'?");
}

}  // namespace
}  // namespace slipway::cli
