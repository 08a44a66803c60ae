#include "base/pattern.h"

#include "support/result_matchers.h"

namespace slipway {
namespace {

using ::testing::HasSubstr;

struct WildcardCase {
    std::string pattern;
    std::string name;
    bool matches;
};

TEST(MatchWildcard, FollowsFilepathMatch) {
    const std::vector<WildcardCase> cases = {{"abc", "abc", true},
                                             {"*", "abc", true},
                                             {"*c", "abc", true},
                                             {"a*", "ab/c", false},
                                             {"a*/b", "abc/b", true},
                                             {"a*/b", "a/c/b", false},
                                             {"a?c", "abc", true},
                                             {"a?c", "a/c", false},
                                             {"ab[c]", "abc", true},
                                             {"ab[b-d]", "abc", true},
                                             {"ab[e-g]", "abc", false},
                                             {"ab[^c]", "abc", false},
                                             {"ab[^e-g]", "abc", true},
                                             {"a\\*b", "a*b", true},
                                             {"a\\*b", "axb", false},
                                             {"[\\]a]", "]", true},
                                             {"a*b*c*d*e*", "axbxcxdxexxx", true},
                                             {"", "", true},
                                             {"*", "", true},
                                             {"[a-z]*.so", "libx.so", true}};
    for (const auto& c : cases) {
        EXPECT_THAT(match_wildcard(c.pattern, c.name), testing::IsOkAndHolds(c.matches))
            << c.pattern << " on " << c.name;
    }
}

TEST(MatchWildcard, RefusesMalformedPatterns) {
    for (const std::string pattern : {"[", "[a", "[]a]", "[-]", "a[", "[x-]", "\\"}) {
        EXPECT_THAT(match_wildcard(pattern, "zzz"),
                    testing::FailsWith(ErrorCode::kInvalidInput, HasSubstr("pattern")))
            << pattern;
    }
}

bool matches(std::vector<std::string> patterns, std::string_view path) {
    auto list = PatternList::parse(patterns);
    EXPECT_THAT(list, testing::IsOk());
    return list->matches(path);
}

TEST(PatternList, LastMatchDecides) {
    EXPECT_TRUE(matches({"*.md"}, "README.md"));
    EXPECT_FALSE(matches({"*.md"}, "docs/README.md"));
    EXPECT_TRUE(matches({"**/*.md"}, "docs/a/README.md"));
    EXPECT_TRUE(matches({"**/*.md"}, "README.md"));
    EXPECT_FALSE(matches({"*.md", "!README.md"}, "README.md"));
    EXPECT_TRUE(matches({"*.md", "!README*.md", "README-secret.md"}, "README-secret.md"));
    EXPECT_FALSE(matches({"!README.md"}, "README.md"));
}

TEST(PatternList, ADirectoryMatchesAllBelowIt) {
    EXPECT_TRUE(matches({"node_modules"}, "node_modules/a/b.js"));
    EXPECT_TRUE(matches({"a/**"}, "a/b/c"));
    EXPECT_TRUE(matches({"**/build"}, "x/build/y/z"));
    EXPECT_FALSE(matches({"dir", "!dir/keep"}, "dir/keep"));
    EXPECT_FALSE(matches({"dir", "!dir/keep"}, "dir/keep/below"));
    EXPECT_TRUE(matches({"dir", "!dir/keep"}, "dir/other"));
    EXPECT_TRUE(matches({"**"}, "anything/at/all"));
    EXPECT_TRUE(matches({"a/**/b"}, "a/b"));
    EXPECT_TRUE(matches({"a/**/b"}, "a/x/y/b"));
}

TEST(PatternList, KnowsWhereItMayStillMatch) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const auto list, PatternList::parse(std::vector<std::string>{"dir", "!dir/sub/keep"}));
    EXPECT_TRUE(list.may_except_below("dir"));
    EXPECT_TRUE(list.may_except_below("dir/sub"));
    EXPECT_FALSE(list.may_except_below("dir/other"));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const auto includes, PatternList::parse(std::vector<std::string>{"src/*/a.c", "lib/**"}));
    EXPECT_TRUE(includes.may_match_below("src"));
    EXPECT_TRUE(includes.may_match_below("src/x"));
    EXPECT_FALSE(includes.may_match_below("doc"));
}

TEST(PatternList, DoubleStarsTakeWholeDirectories) {
    EXPECT_TRUE(matches({"a**b"}, "ab"));
    EXPECT_TRUE(matches({"a**b"}, "ax/y/b"));
    EXPECT_FALSE(matches({"a**b"}, "axb"));
    EXPECT_TRUE(matches({"a**"}, "axb"));
    EXPECT_FALSE(matches({"a/**"}, "a"));
    EXPECT_TRUE(matches({"***/a"}, "x/y/a"));
    EXPECT_TRUE(matches({"x*y**/z"}, "xyyz"));
}

TEST(PatternList, DoubleStarsBeforePlainTextTakeAnyEnd) {
    EXPECT_TRUE(matches({"**foo"}, "a/xfoo"));
    EXPECT_FALSE(matches({"**f?o"}, "a/xfoo"));
    EXPECT_TRUE(matches({"**f?o"}, "a/foo"));
    EXPECT_TRUE(matches({"**/foo"}, "foo"));
    EXPECT_FALSE(matches({"**/foo"}, "xfoo"));
}

TEST(PatternList, CharactersMayHaveSeveralBytes) {
    EXPECT_TRUE(matches({"gr?n"}, "gr\xC3\xBCn"));
    EXPECT_TRUE(matches({"gr[\xC3\xA4-\xC3\xBC]n"}, "gr\xC3\xBCn"));
    EXPECT_FALSE(matches({"gr[^\xC3\xBC]n"}, "gr\xC3\xBCn"));
    EXPECT_TRUE(matches({"gr?n"}, "gr\xFCn"));
}

TEST(PatternList, ManyStarsStayCheap) {
    std::string pattern;
    for (int i = 0; i < 2000; ++i) pattern += "*a";
    const std::string path(4000, 'a');
    EXPECT_FALSE(matches({pattern + "*b?"}, path));
    std::string directories;
    for (int i = 0; i < 1000; ++i) directories += "**/a?/";
    EXPECT_FALSE(matches({directories + "*b"}, path));
}

TEST(PatternList, AClassCanReachIntoADirectory) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto list,
                                 PatternList::parse(std::vector<std::string>{"!a[^x]b", "![a/]c"}));
    EXPECT_TRUE(list.may_except_below("a"));
    EXPECT_TRUE(list.may_except_below("z"));
}

TEST(PatternList, RefusesMalformedPatterns) {
    EXPECT_THAT(PatternList::parse(std::vector<std::string>{"a[", "b"}),
                testing::FailsWith(ErrorCode::kInvalidInput, HasSubstr("malformed")));
}

}  // namespace
}  // namespace slipway
