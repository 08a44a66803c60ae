#include "stack/flags.h"

#include "small_stack.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::stack {
namespace {

using ::slipway::testing::FailsWith;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const char* const kFlags = R"(
[[flag]]
name = "dev-image"
value = true
means = ["--target", "local-dev", "--set", "dev_image=${VALUE}/${VALUE}"]
help = "builds on top of it"

[[flag]]
name = "fast"
means = ["--jobs=99"]
help = "in a hurry"

[[flag]]
name = "push-it"
error = "use skopeo"
help = "gone"
)";

Result<std::vector<std::string>> replace(const std::vector<std::string>& words) {
    const auto stack = parse(small_stack(kFlags), "", "/s");
    if (!stack) return stack.error();
    return replace_flags(*stack, words);
}

TEST(StackFlags, StandForOtherWords) {
    auto words = replace({"none", "--dev-image", "a", "--dev_image=b", "--fast", "--tag", "fast"});
    ASSERT_TRUE(words) << words.error().to_string();
    EXPECT_THAT(*words,
                ElementsAre("none", "--target", "local-dev", "--set", "dev_image=a/a", "--target",
                            "local-dev", "--set", "dev_image=b/b", "--jobs=99", "--tag", "fast"));
    words = replace({"--", "--fast"});
    ASSERT_TRUE(words);
    EXPECT_THAT(*words, ElementsAre("--", "--fast"));
}

TEST(StackFlags, AreRefused) {
    const auto gone = replace({"--push-it"});
    EXPECT_THAT(gone, FailsWith(ErrorCode::kUsage, HasSubstr("--push-it is not there")));
    EXPECT_EQ(gone.error().hint(), "use skopeo");
    EXPECT_THAT(replace({"--dev-image"}),
                FailsWith(ErrorCode::kUsage, "--dev-image needs a value"));
    EXPECT_THAT(replace({"--dev-image", "--fast"}),
                FailsWith(ErrorCode::kUsage, "--dev-image needs a value"));
    EXPECT_THAT(replace({"--fast=1"}), FailsWith(ErrorCode::kUsage, "--fast takes no value"));
}

}  // namespace
}  // namespace slipway::stack
