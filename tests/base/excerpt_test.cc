#include "base/excerpt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Excerpt, MarksTheLineAndShowsItsNeighbours) {
    EXPECT_EQ(render_excerpt("A\nB\nC\nD\n", 2, 2), "     1 | A\n  >> 2 | B\n     3 | C\n");
}

TEST(Excerpt, AlignsNumbers) {
    EXPECT_EQ(render_excerpt("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n", 9, 9),
              "      8 | 8\n  >>  9 | 9\n     10 | 10\n");
}

TEST(Excerpt, StopsAtBothEndsOfTheFile) {
    EXPECT_EQ(render_excerpt("only", 1, 1, 3), "  >> 1 | only\n");
    EXPECT_EQ(render_excerpt("A\nB", 2, 9), "     1 | A\n  >> 2 | B\n");
}

TEST(Excerpt, KeepsEmptyLinesWithoutTrailingBlanks) {
    EXPECT_EQ(render_excerpt("A\n\nC\n", 1, 3, 0), "  >> 1 | A\n  >> 2 |\n  >> 3 | C\n");
}

TEST(Excerpt, OfWhatIsNotThereIsEmpty) {
    EXPECT_EQ(render_excerpt("A\n", 2, 2), "");
    EXPECT_EQ(render_excerpt("A\n", 0, 0), "");
    EXPECT_EQ(render_excerpt("", 1, 1), "");
    EXPECT_EQ(render_excerpt("A\nB\n", 2, 1), "");
}

TEST(Excerpt, ShortensLongRanges) {
    std::string text;
    for (int i = 1; i <= 100; ++i) text += "line " + std::to_string(i) + "\n";
    const std::string shown = render_excerpt(text, 10, 89);
    EXPECT_THAT(shown, HasSubstr("     9 | line 9\n"));
    EXPECT_THAT(shown, HasSubstr("  >> 19 | line 19\n  >>    | (68 more lines)\n  >> 88 | line "
                                 "88\n  >> 89 | line 89\n"));
    EXPECT_THAT(shown, Not(HasSubstr("line 20\n")));
    EXPECT_THAT(shown, HasSubstr("     90 | line 90\n"));
}

TEST(Excerpt, IsSafeForTerminals) {
    EXPECT_EQ(render_excerpt("a\x1b[31mb\x07\r\n", 1, 1), "  >> 1 | ab\xef\xbf\xbd\n");
    const std::string shown = render_excerpt(std::string(100'000, 'x'), 1, 1);
    EXPECT_LT(shown.size(), 500U);
    EXPECT_THAT(shown, HasSubstr("x ...\n"));
}

}  // namespace
}  // namespace slipway
