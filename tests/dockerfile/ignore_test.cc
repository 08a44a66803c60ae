#include "dockerfile/ignore.h"

#include "base/pattern.h"
#include "support/result_matchers.h"

#include <gtest/gtest.h>

namespace slipway::dockerfile {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(IgnoreFile, DropsCommentsAndBlankLines) {
    EXPECT_THAT(parse_ignore_file("# first\n\n  \nbuild\n#last"), ElementsAre("build"));
    EXPECT_THAT(parse_ignore_file(""), IsEmpty());
}

TEST(IgnoreFile, TakesHashForACommentOnlyAtTheStartOfTheLine) {
    EXPECT_THAT(parse_ignore_file(" #file\na#b\n"), ElementsAre("#file", "a#b"));
}

TEST(IgnoreFile, DropsTheByteOrderMarkBeforeTheFirstLine) {
    EXPECT_THAT(parse_ignore_file("\xEF\xBB\xBF# comment\nx\n"), ElementsAre("x"));
    EXPECT_THAT(parse_ignore_file("a\n\xEF\xBB\xBF# no comment\n"),
                ElementsAre("a", "\xEF\xBB\xBF# no comment"));
}

TEST(IgnoreFile, TrimsBlanksAndLineEnds) {
    EXPECT_THAT(parse_ignore_file("  a/b \t\r\nc\r\n\xC2\xA0"
                                  "d"),
                ElementsAre("a/b", "c", "d"));
}

TEST(IgnoreFile, CleansPathsAndDropsTheLeadingSlash) {
    EXPECT_THAT(parse_ignore_file("/a//b/\n./c/../d\n/\n.\n../up\n//x"),
                ElementsAre("a/b", "d", "/", ".", "../up", "x"));
}

TEST(IgnoreFile, KeepsTheExclamationMarkInFront) {
    EXPECT_THAT(parse_ignore_file("!a\n!  /b/\n! \n!!c"), ElementsAre("!a", "!b", "!", "!!c"));
}

TEST(IgnoreFile, PatternsHaveTheirMeaningInAPatternList) {
    const auto patterns = parse_ignore_file("# all but one\n/build/\n!build/keep\n**/*.tmp\n");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const PatternList list, PatternList::parse(patterns));
    EXPECT_TRUE(list.matches("build"));
    EXPECT_TRUE(list.matches("build/other"));
    EXPECT_FALSE(list.matches("build/keep"));
    EXPECT_TRUE(list.matches("a/b/c.tmp"));
    EXPECT_FALSE(list.matches("a/b/c.txt"));
}

}  // namespace
}  // namespace slipway::dockerfile
