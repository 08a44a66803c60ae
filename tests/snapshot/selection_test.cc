#include "snapshot/memory_tree.h"
#include "snapshot/tree.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>

namespace slipway::snapshot {
namespace {

using ::slipway::testing::FailsWith;
using ::slipway::testing::IsOk;
using ::slipway::testing::IsOkAndHolds;
using testing::dir;
using ::testing::ElementsAre;
using testing::file;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MemoryTree;
using ::testing::Pair;
using testing::symlink;
using testing::view_of;
using testing::whiteout;

class SelectionTest : public ::testing::Test {
  protected:
    Digest digest(const View& view, const Selection& selection) {
        auto result = digest_selections(view, {selection}, pool_);
        EXPECT_THAT(result, IsOk());
        return result.value_or(Digest());
    }
    async::ThreadPool pool_{2};
};

Selection wild(std::string path) {
    return {.path = std::move(path), .allow_wildcard = true};
}

TEST_F(SelectionTest, PlainPathsArePassedOnUnchecked) {
    EXPECT_THAT(expand_selection(View(), {.path = "/no//such/../x*"}),
                IsOkAndHolds(ElementsAre("no/x*")));
    EXPECT_THAT(expand_selection(View(), wild("/no/such")), IsOkAndHolds(ElementsAre("no/such")));
}

TEST_F(SelectionTest, WildcardsMatchOneLevelEach) {
    const View view = view_of({{file("src/a.c"), file("src/b.c"), file("src/b.h"),
                                file("src/sub/c.c"), dir("src/d.c"), file("src/d.c/e.c")}});
    EXPECT_THAT(expand_selection(view, wild("src/*.c")),
                IsOkAndHolds(ElementsAre("src/a.c", "src/b.c", "src/d.c")));
    EXPECT_THAT(expand_selection(view, wild("s?c/*/*.c")),
                IsOkAndHolds(ElementsAre("src/d.c/e.c", "src/sub/c.c")));
    EXPECT_THAT(expand_selection(view, wild("*/sub/c.c")),
                IsOkAndHolds(ElementsAre("src/sub/c.c")));
    EXPECT_THAT(expand_selection(view, wild("src/[ab].[ch]")),
                IsOkAndHolds(ElementsAre("src/a.c", "src/b.c", "src/b.h")));
}

TEST_F(SelectionTest, BackslashesEscapeInPatternsOnly) {
    const View view = view_of({{file("a*b"), file("axb"), file("c\\d")}});
    EXPECT_THAT(expand_selection(view, wild("?\\*b")), IsOkAndHolds(ElementsAre("a*b")));
    EXPECT_THAT(expand_selection(view, wild("c\\d")), IsOkAndHolds(ElementsAre("c\\d")));
}

TEST_F(SelectionTest, NoMatchIsAnErrorUnlessAllowed) {
    const View view = view_of({{file("a")}});
    Selection selection = wild("b*");
    EXPECT_THAT(expand_selection(view, selection),
                FailsWith(ErrorCode::kNotFound, HasSubstr("\"/b*\": not found")));
    selection.allow_empty_wildcard = true;
    EXPECT_THAT(expand_selection(view, selection), IsOkAndHolds(IsEmpty()));
}

TEST_F(SelectionTest, TheLiteralPartOfAWildcardMayBeALink) {
    const View view = view_of({{symlink("current", "v1"), file("v1/x.so"), file("v1/y.so")}});
    EXPECT_THAT(expand_selection(view, wild("current/*.so")),
                IsOkAndHolds(ElementsAre("v1/x.so", "v1/y.so")));
    EXPECT_THAT(expand_selection(view, wild("c*/x.so")),
                FailsWith(ErrorCode::kNotFound, HasSubstr("not found")));
}

TEST_F(SelectionTest, MissingPathsAreNamed) {
    EXPECT_THAT(digest_selections(view_of({{file("a")}}), {{.path = "x/y"}}, pool_),
                FailsWith(ErrorCode::kNotFound, HasSubstr("\"/x/y\": not found")));
}

TEST_F(SelectionTest, EqualContentHasEqualDigestsWhateverItsNameTimeAndLayers) {
    Entry later = file("b/x", "1");
    later.mtime = {99, 9};
    const View one = view_of({{file("a/x", "1"), file("a/y", "2")}});
    const View two = view_of(
        {{file("b/x", "old"), file("b/y", "2"), file("b/z", "3")}, {later, whiteout("b/z")}});
    EXPECT_EQ(digest(one, {.path = "a"}), digest(two, {.path = "b"}));
    EXPECT_EQ(digest(one, {.path = "a/x"}), digest(two, {.path = "b/x"}));
}

TEST_F(SelectionTest, AnyDifferenceShows) {
    const View plain = view_of({{dir("d"), file("d/x", "1")}});
    const auto differs = [&](std::vector<Entry> entries) {
        return digest(view_of({std::move(entries)}), {.path = "d"}) != digest(plain, {.path = "d"});
    };
    EXPECT_TRUE(differs({dir("d"), file("d/x", "2")}));
    EXPECT_TRUE(differs({dir("d"), file("d/x", "1", 0600)}));
    EXPECT_TRUE(differs({dir("d"), file("d/y", "1")}));
    EXPECT_TRUE(differs({dir("d", 0700), file("d/x", "1")}));
    EXPECT_TRUE(differs({dir("d"), file("d/x", "1"), dir("d/e")}));
    EXPECT_TRUE(differs({dir("d"), symlink("d/x", "1")}));
}

TEST_F(SelectionTest, ReadsOnlyWhatItTakes) {
    Entry unknown = file("in/a", "secret data");
    unknown.content = Digest();
    Entry outside = file("out/b", "x");
    outside.content = Digest();
    auto tree = std::make_shared<MemoryTree>(std::vector{unknown, outside});
    tree->late_contents["in/a"] = "secret data";
    const View late({tree});
    EXPECT_EQ(digest(late, {.path = "in"}),
              digest(view_of({{file("in/a", "secret data")}}), {.path = "in"}));
    EXPECT_EQ(tree->reads, 1);
}

TEST_F(SelectionTest, ReportsTheDigestOfEachFile) {
    std::vector<std::pair<std::string, Digest>> paths;
    ASSERT_THAT(
        digest_selections(view_of({{file("a/x", "1"), symlink("a/l", "x"), file("b", "2")}}),
                          {{.path = "a"}, {.path = "/b"}}, pool_, &paths),
        IsOk());
    EXPECT_THAT(paths, ElementsAre(Pair("a/x", Digest::of("1")), Pair("b", Digest::of("2"))));
}

TEST_F(SelectionTest, NamedLinksAreFollowedWhenAskedAndInnerOnesNever) {
    const View view = view_of({{symlink("l", "real"), file("real", "1"), symlink("d/l", "/real")}});
    const View changed =
        view_of({{symlink("l", "real"), file("real", "2"), symlink("d/l", "/real")}});
    EXPECT_NE(digest(view, {.path = "l", .follow_symlinks = true}),
              digest(changed, {.path = "l", .follow_symlinks = true}));
    EXPECT_EQ(digest(view, {.path = "l", .follow_symlinks = false}),
              digest(changed, {.path = "l", .follow_symlinks = false}));
    EXPECT_EQ(digest(view, {.path = "d"}), digest(changed, {.path = "d"}));
}

TEST_F(SelectionTest, ARenameWithinAWildcardShows) {
    EXPECT_NE(digest(view_of({{file("foo1", "x")}}), wild("foo*")),
              digest(view_of({{file("foo2", "x")}}), wild("foo*")));
}

TEST_F(SelectionTest, ExcludedFilesDoNotCount) {
    Selection selection{.path = "d", .exclude_patterns = {"*.log", "tmp", "!tmp/keep"}};
    const Digest plain = digest(view_of({{file("d/a", "1"), file("d/tmp/keep", "k")}}), selection);
    EXPECT_EQ(digest(view_of({{file("d/a", "1"), file("d/x.log"), file("d/tmp/keep", "k"),
                               file("d/tmp/other/y")}}),
                     selection),
              plain);
    EXPECT_NE(digest(view_of({{file("d/a", "1"), file("d/tmp/keep", "other")}}), selection), plain);
    EXPECT_NE(digest(view_of({{file("d/a", "1"), file("d/sub/x.log"), file("d/tmp/keep", "k")}}),
                     selection),
              plain)
        << "the pattern holds for the top only";
}

TEST_F(SelectionTest, IncludePatternsBringTheirParentsAndNothingElse) {
    Selection selection{.path = "d", .include_patterns = {"a/*/c"}};
    const Digest plain = digest(view_of({{file("d/a/b/c", "1")}}), selection);
    EXPECT_EQ(
        digest(view_of({{file("d/a/b/c", "1"), file("d/a/b/x"), dir("d/a/empty"), file("d/e/f")}}),
               selection),
        plain);
    EXPECT_NE(digest(view_of({{dir("d/a/b", 0700), file("d/a/b/c", "1")}}), selection), plain)
        << "a parent's mode counts";
}

}  // namespace
}  // namespace slipway::snapshot
