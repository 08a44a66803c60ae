#include "snapshot/tree.h"

#include "snapshot/memory_tree.h"
#include "support/result_matchers.h"

namespace slipway::snapshot {
namespace {

using ::slipway::testing::FailsWith;
using ::slipway::testing::IsOkAndHolds;
using testing::dir;
using ::testing::ElementsAre;
using testing::file;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::opaque_dir;
using testing::symlink;
using testing::view_of;
using testing::whiteout;

std::vector<std::string> names(const View& view, std::string_view path) {
    std::vector<std::string> found;
    for (const auto& [name, located] : view.list(path)) found.push_back(name);
    return found;
}

std::vector<std::string> walked(const View& view, std::string_view path) {
    std::vector<std::string> found;
    view.walk(path, [&](const std::string& at, const Located&) {
        found.push_back(at);
        return true;
    });
    return found;
}

std::string resolved(const View& view, std::string_view path,
                     FollowLast follow = FollowLast::kYes) {
    const auto result = view.resolve(path, follow);
    return result ? result->text() : "error: " + result.error().to_string();
}

TEST(View, IsAnEmptyRootWithoutTrees) {
    const View empty;
    ASSERT_TRUE(empty.find("").has_value());
    EXPECT_TRUE(empty.find("")->entry->is_dir());
    EXPECT_FALSE(empty.find("a").has_value());
    EXPECT_THAT(empty.list(""), IsEmpty());
    EXPECT_EQ(resolved(empty, "a/../b"), "b");
}

TEST(View, UpperFilesHideLowerOnes) {
    const View view =
        view_of({{file("etc/a", "old"), file("etc/b", "low")}, {file("etc/a", "new")}});
    EXPECT_EQ(view.find("etc/a")->entry->content, Digest::of("new"));
    EXPECT_EQ(view.find("/etc/b")->entry->content, Digest::of("low"));
    EXPECT_THAT(names(view, "etc"), ElementsAre("a", "b"));
    EXPECT_EQ(view.find("etc/a")->tree, view.trees().front().get());
}

TEST(View, DirectoriesTakeTheirMetadataFromTheTopmost) {
    const View view = view_of({{dir("d", 0700), file("d/x")}, {dir("d", 0711)}});
    EXPECT_EQ(view.find("d")->entry->mode & 07777, 0711U);
    EXPECT_TRUE(view.find("d/x").has_value());
}

TEST(View, WhiteoutsHideFilesAndWholeDirectories) {
    const View view =
        view_of({{file("d/x"), file("d/y"), file("e/z")}, {whiteout("d/x"), whiteout("e")}});
    EXPECT_FALSE(view.find("d/x").has_value());
    EXPECT_FALSE(view.find("e").has_value());
    EXPECT_FALSE(view.find("e/z").has_value());
    EXPECT_THAT(walked(view, ""), ElementsAre("", "d", "d/y"));
}

TEST(View, OpaqueDirectoriesHideWhatIsBelow) {
    const View view =
        view_of({{file("d/old"), file("d/sub/old")}, {opaque_dir("d"), file("d/new")}});
    EXPECT_THAT(walked(view, "d"), ElementsAre("d", "d/new"));
    EXPECT_FALSE(view.find("d/sub").has_value());
}

TEST(View, LayersAboveAnOpaqueDirectoryStillCount) {
    const View view = view_of({{file("d/1")}, {opaque_dir("d"), file("d/2")}, {file("d/3")}});
    EXPECT_THAT(names(view, "d"), ElementsAre("2", "3"));
}

TEST(View, AChangeOfTypeEndsTheMerge) {
    // directory, then a file over it, then a directory over that: the lowest one must not shine
    // through
    const View view = view_of({{file("x/low")}, {file("x", "file")}, {file("x/high")}});
    EXPECT_THAT(walked(view, "x"), ElementsAre("x", "x/high"));
    const View hidden = view_of({{file("x/low")}, {file("x", "file")}});
    EXPECT_FALSE(hidden.find("x/low").has_value());
    EXPECT_TRUE(hidden.find("x")->entry->is_regular());
}

TEST(View, AWhiteoutBetweenEndsTheMergeToo) {
    const View view = view_of({{file("x/low")}, {whiteout("x")}, {file("x/high")}});
    EXPECT_THAT(names(view, "x"), ElementsAre("high"));
}

TEST(View, ADirectoryThatIsALinkAboveIsNotLookedInto) {
    const View view = view_of({{file("lib/a"), file("usr/lib/b")}, {symlink("lib", "usr/lib")}});
    EXPECT_FALSE(view.find("lib/a").has_value());
    EXPECT_FALSE(view.find("lib/b").has_value()) << "find follows no links";
    EXPECT_EQ(resolved(view, "lib/b"), "usr/lib/b");
}

TEST(View, WalkSkipsWhatIsAskedToBeSkipped) {
    const View view = view_of({{file("a/1"), file("b/1"), file("c")}});
    std::vector<std::string> seen;
    view.walk("", [&](const std::string& path, const Located&) {
        seen.push_back(path);
        return path != "b";
    });
    EXPECT_THAT(seen, ElementsAre("", "a", "a/1", "b", "c"));
}

TEST(View, NamesComeInByteOrder) {
    const View view =
        view_of({{file("d/b"), file("d/a/x"), file("d/a-b")}, {file("d/a.c"), file("d/B")}});
    EXPECT_THAT(names(view, "d"), ElementsAre("B", "a", "a-b", "a.c", "b"));
}

TEST(Resolve, HoldsLinksInsideTheRoot) {
    const View view = view_of({{symlink("abs", "/etc/target"), symlink("up", "../../../../etc"),
                                symlink("etc/rel", "target"), symlink("root", "/"),
                                symlink("chain", "up/rel"), file("etc/target")}});
    EXPECT_EQ(resolved(view, "abs"), "etc/target");
    EXPECT_EQ(resolved(view, "up/target"), "etc/target");
    EXPECT_EQ(resolved(view, "chain"), "etc/target");
    EXPECT_EQ(resolved(view, "root/../../abs"), "etc/target");
    EXPECT_EQ(resolved(view, "../../../abs"), "etc/target");
    EXPECT_EQ(resolved(view, "abs", FollowLast::kNo), "abs");
    EXPECT_EQ(resolved(view, "up/rel", FollowLast::kNo), "etc/rel");
    EXPECT_EQ(resolved(view, ""), "");
}

TEST(Resolve, GoesUpFromWhereTheLinkLed) {
    const View view = view_of({{symlink("l", "a/b"), dir("a/b"), file("a/x")}});
    EXPECT_EQ(resolved(view, "l/../x"), "a/x");
}

TEST(Resolve, NamesWhatDoesNotExist) {
    const View view = view_of({{symlink("dangling", "no/where"), dir("d")}});
    EXPECT_EQ(resolved(view, "dangling/x"), "no/where/x");
    EXPECT_EQ(resolved(view, "d/q/r"), "d/q/r");
}

TEST(Resolve, GivesUpOnLoops) {
    const View view = view_of({{symlink("a", "b"), symlink("b", "a"), symlink("self", "self/x")}});
    EXPECT_THAT(view.resolve("a", FollowLast::kYes),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("symbolic links")));
    EXPECT_THAT(view.resolve("self", FollowLast::kYes),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("symbolic links")));
    EXPECT_EQ(resolved(view, "a", FollowLast::kNo), "a");
}

TEST(Resolve, LooksThroughLayers) {
    const View view =
        view_of({{symlink("bin", "usr/bin"), file("usr/bin/sh")}, {whiteout("bin"), dir("other")}});
    EXPECT_EQ(resolved(view, "bin/sh"), "bin/sh") << "the link was removed above";
}

TEST(ReadSmallFile, IsEmptyHandedForMissingFiles) {
    const View view = view_of({{dir("etc")}});
    EXPECT_THAT(view.read_small_file("etc/passwd", 100), IsOkAndHolds(std::nullopt));
    EXPECT_THAT(view.read_small_file("etc", 100),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("not a regular file")));
}

}  // namespace
}  // namespace slipway::snapshot
