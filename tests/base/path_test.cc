#include "base/path.h"

#include "support/result_matchers.h"

namespace slipway {
namespace {

using ::testing::HasSubstr;

TEST(CleanPath, FollowsGo) {
    EXPECT_EQ(clean_path(""), ".");
    EXPECT_EQ(clean_path("/"), "/");
    EXPECT_EQ(clean_path("a//b/./c/"), "a/b/c");
    EXPECT_EQ(clean_path("a/../../b"), "../b");
    EXPECT_EQ(clean_path("/../a"), "/a");
}

TEST(JoinPath, TakesAbsolutePathsAsTheyAre) {
    EXPECT_EQ(join_path("/app", "x"), "/app/x");
    EXPECT_EQ(join_path("/app", "/x"), "/x");
    EXPECT_EQ(join_path("/app", "../x"), "/x");
}

TEST(PathParts, AreThoseOfTheShell) {
    EXPECT_EQ(base_name("/a/b/"), "b");
    EXPECT_EQ(base_name("/"), "/");
    EXPECT_EQ(dir_name("/a"), "/");
    EXPECT_EQ(dir_name("a"), ".");
    EXPECT_EQ(dir_name("/a/b"), "/a");
}

TEST(RelPath, CannotLeaveItsRoot) {
    EXPECT_THAT(RelPath::parse("../etc/passwd"),
                testing::FailsWith(ErrorCode::kInvalidInput, HasSubstr("leaves its root")));
    EXPECT_THAT(RelPath::parse("a/../../b"),
                testing::FailsWith(ErrorCode::kInvalidInput, HasSubstr("leaves its root")));
    EXPECT_EQ(RelPath::in_root("../../etc").text(), "etc");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const RelPath path, RelPath::parse("/a/b/../c"));
    EXPECT_EQ(path.text(), "a/c");
    EXPECT_EQ(path.parent().text(), "a");
    EXPECT_EQ(path.name(), "c");
    EXPECT_EQ(RelPath().at(), ".");
    EXPECT_EQ(RelPath().child("x").text(), "x");
}

TEST(IsBelow, ComparesWholeComponents) {
    EXPECT_TRUE(is_below("a/b", "a"));
    EXPECT_TRUE(is_below("a", "a"));
    EXPECT_FALSE(is_below("ab", "a"));
    EXPECT_TRUE(is_below("x", "."));
}

}  // namespace
}  // namespace slipway
