#include "ui/internal/terminal_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::ui::internal {
namespace {

TEST(DisplayWidth, CountsColumns) {
    EXPECT_EQ(display_width(""), 0U);
    EXPECT_EQ(display_width("abc"), 3U);
    EXPECT_EQ(display_width("\xc3\xa4"), 1U);          // a umlaut
    EXPECT_EQ(display_width("a\xcc\x88"), 1U);         // a, combining diaeresis
    EXPECT_EQ(display_width("\xe6\xbc\xa2"), 2U);      // a Chinese character
    EXPECT_EQ(display_width("\xf0\x9f\x9a\xa2"), 2U);  // a ship
}

TEST(Clip, NeverCutsACharacter) {
    EXPECT_EQ(clip("abc", 5), "abc");
    EXPECT_EQ(clip("abc", 2), "ab");
    EXPECT_EQ(clip("a\xe6\xbc\xa2", 2), "a");
    EXPECT_EQ(clip("\xc3\xa4\xc3\xa4", 1), "\xc3\xa4");
    EXPECT_EQ(clip("a\xcc\x88"
                   "b",
                   1),
              "a\xcc\x88");
    EXPECT_EQ(clip("abc", 0), "");
}

TEST(ShownLogLine, IsWhatATerminalWouldEndUpWith) {
    EXPECT_EQ(shown_log_line("10%\r50%\r100%"), "100%");
    EXPECT_EQ(shown_log_line("dos\r"), "dos");
    EXPECT_EQ(shown_log_line("a\tb"), "a       b");
    EXPECT_EQ(shown_log_line("\x1b[32mok\x1b[0m\x1b[K"), "ok");
}

TEST(OneLine, JoinsWhatNamesSpread) {
    EXPECT_EQ(one_line(" RUN a &&\n\t  b\n"), "RUN a && b");
    EXPECT_EQ(one_line("\x1b[2Jx"), "x");
}

}  // namespace
}  // namespace slipway::ui::internal
