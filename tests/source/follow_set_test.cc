#include "source/internal/follow_set.h"

#include "os/temp.h"
#include "support/result_matchers.h"

namespace slipway::source {
namespace {

using slipway::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

RelPath rel(std::string_view path) {
    return RelPath::in_root(path);
}

class FollowSetTest : public ::testing::Test {
  protected:
    FollowSetTest()
        : temp_(*os::TempDir::create(::testing::TempDir(), "follow")),
          root_(*os::Dir::open(temp_.path())) {}

    void dir(const std::string& path) { ASSERT_THAT(root_.make_dirs(rel(path), 0755), IsOk()); }
    void file(const std::string& path) {
        dir(rel(path).parent().text());
        ASSERT_THAT(root_.create_file(rel(path), 0644), IsOk());
    }
    void link(const std::string& path, const std::string& target) {
        dir(rel(path).parent().text());
        ASSERT_THAT(root_.make_symlink(target, rel(path)), IsOk());
    }

    /// Which of `paths` belong.
    std::vector<std::string> selected(const std::vector<std::string>& follow,
                                      const std::vector<std::string>& paths) {
        const auto set = FollowSet::resolve(root_, follow);
        EXPECT_THAT(set, IsOk());
        std::vector<std::string> found;
        for (const auto& path : paths) {
            auto position = set->root();
            for (const auto part : path_components(path)) position = set->enter(position, part);
            if (position.inside()) found.push_back(path);
        }
        return found;
    }

    os::TempDir temp_;
    os::Dir root_;
};

TEST_F(FollowSetTest, NoPathsMeanEverything) {
    EXPECT_THAT(selected({}, {"a", "a/b"}), ElementsAre("a", "a/b"));
}

TEST_F(FollowSetTest, TheRootMeansEverything) {
    EXPECT_THAT(selected({"a", "/"}, {"b"}), ElementsAre("b"));
    EXPECT_THAT(selected({"a", "."}, {"b"}), ElementsAre("b"));
    EXPECT_THAT(selected({"a", "x/../.."}, {"b"}), ElementsAre("b"));
}

TEST_F(FollowSetTest, APathTakesAllBelowItAndNothingBeside) {
    EXPECT_THAT(selected({"a/b"}, {"a", "a/b", "a/b/c/d", "a/bc", "a/c", "b"}),
                ElementsAre("a/b", "a/b/c/d"));
    EXPECT_THAT(selected({"/a/./b/"}, {"a/b/c", "b"}), ElementsAre("a/b/c"));
}

TEST_F(FollowSetTest, WildcardsStayInTheirComponent) {
    EXPECT_THAT(selected({"a*/[xy].c"}, {"a/x.c", "ab/y.c", "ab/z.c", "a/q/x.c", "b/x.c"}),
                ElementsAre("a/x.c", "ab/y.c"));
    EXPECT_THAT(selected({"*"}, {"a", "a/b"}), ElementsAre("a", "a/b"));
}

TEST_F(FollowSetTest, TwoStarsAreAnyNumberOfNames) {
    EXPECT_THAT(selected({"**/x"}, {"x", "a/x", "a/b/x", "a/b/x/y", "a/b"}),
                ElementsAre("x", "a/x", "a/b/x", "a/b/x/y"));
    EXPECT_THAT(selected({"a/**/b/**/c"}, {"a/b/c", "a/q/b/r/s/c", "a/c", "b/c"}),
                ElementsAre("a/b/c", "a/q/b/r/s/c"));
    EXPECT_THAT(selected({"a/**"}, {"a/b", "a/b/c", "b"}), ElementsAre("a/b", "a/b/c"));
    EXPECT_THAT(selected({"a/x**z/q"}, {"a/b", "a/b/c", "b"}), ElementsAre("a/b", "a/b/c"));
}

TEST_F(FollowSetTest, EscapesAndMalformedPatternsMeanThemselves) {
    EXPECT_THAT(selected({"a\\*"}, {"a*", "ab"}), ElementsAre("a*"));
    EXPECT_THAT(selected({"a["}, {"a[", "a"}), ElementsAre("a["));
}

TEST_F(FollowSetTest, ALinkAtTheEndBringsWhatItLeadsTo) {
    file("real/file");
    link("link", "real/file");
    EXPECT_THAT(selected({"link"}, {"link", "real", "real/file", "real/other"}),
                ElementsAre("link", "real/file"));
}

TEST_F(FollowSetTest, ALinkOnTheWayBringsItsTargetWithTheRest) {
    file("real/sub/file");
    link("dir/link", "../real");
    EXPECT_THAT(selected({"dir/link/sub"}, {"dir/link", "dir", "real/sub/file", "real/x"}),
                ElementsAre("dir/link", "real/sub/file"));
}

TEST_F(FollowSetTest, AbsoluteAndClimbingLinksStayInTheRoot) {
    file("etc/passwd");
    link("absolute", "/etc/passwd");
    link("climbing", "../../../../etc");
    EXPECT_THAT(selected({"absolute"}, {"etc/passwd", "etc/x"}), ElementsAre("etc/passwd"));
    EXPECT_THAT(selected({"climbing/x"}, {"etc/passwd", "etc/x", "climbing"}),
                ElementsAre("etc/x", "climbing"));
}

TEST_F(FollowSetTest, LinksThatAWildcardFindsAreFollowed) {
    file("real/a/x");
    file("real/b/y");
    link("links/a", "/real/a");
    link("links/b", "/real/b");
    EXPECT_THAT(selected({"links/*"}, {"links/a", "real/a/x", "real/b/y"}),
                ElementsAre("links/a", "real/a/x", "real/b/y"));
    EXPECT_THAT(selected({"l*/a"}, {"links/a", "real/a/x", "real/b/y"}),
                ElementsAre("links/a", "real/a/x"));
    EXPECT_THAT(selected({"links/*/x"}, {"real/a/x", "real/b/y", "real/b/x"}),
                ElementsAre("real/a/x", "real/b/x"));
}

TEST_F(FollowSetTest, NamesWithWildcardCharactersAreNoPatterns) {
    file("re*l/file");
    link("link", "re*l");
    EXPECT_THAT(selected({"link"}, {"re*l/file", "real/file"}), ElementsAre("re*l/file"));
}

TEST_F(FollowSetTest, LoopsOfLinksEnd) {
    link("self", "self");
    link("grow", "grow/x");
    link("a", "b");
    link("b", "a");
    EXPECT_THAT(selected({"self", "grow", "a/x"}, {"self", "grow", "a", "b", "c"}),
                ElementsAre("self", "grow", "a", "b"));
}

TEST_F(FollowSetTest, ManyLinksToTheSamePlacesEnd) {
    dir("d");
    for (int i = 0; i < 30; ++i)
        link(fmt::format("d/l{}", i), "/d");  // each level leads to all thirty again
    EXPECT_THAT(selected({"d/*/*/*/*/x"}, {"d/l0", "d/x", "e"}), ElementsAre("d/l0", "d/x"));
}

TEST_F(FollowSetTest, WhatDoesNotExistIsFine) {
    file("file");
    EXPECT_THAT(selected({"missing/x", "file/below", "no*/x"}, {"file", "other"}), IsEmpty());
}

}  // namespace
}  // namespace slipway::source
