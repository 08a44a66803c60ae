#include "base/utf8.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway {
namespace {

constexpr const char* kReplaced = "\xef\xbf\xbd";

TEST(DecodeUtf8, ReadsEachLength) {
    EXPECT_EQ(decode_utf8("ab")->value, U'a');
    EXPECT_EQ(decode_utf8("\xc3\xa4x")->value, U'\u00e4');
    EXPECT_EQ(decode_utf8("\xe2\x82\xac")->value, U'\u20ac');
    EXPECT_EQ(decode_utf8("\xf0\x9f\x9a\xa2")->value, U'\U0001f6a2');
    EXPECT_EQ(decode_utf8("\xf0\x9f\x9a\xa2")->size, 4U);
}

TEST(DecodeUtf8, RefusesWhatIsNotWellFormed) {
    for (const char* text :
         {"", "\x80", "\xc0\xaf", "\xc3", "\xc3(", "\xe0\x80\xaf", "\xed\xa0\x80",
          "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
        EXPECT_FALSE(decode_utf8(text).has_value()) << text;
    }
}

TEST(IncompleteTail, IsWhatMayStillBecomeACharacter) {
    EXPECT_EQ(incomplete_utf8_tail(""), 0U);
    EXPECT_EQ(incomplete_utf8_tail("abc"), 0U);
    EXPECT_EQ(incomplete_utf8_tail("abc\xc3"), 1U);
    EXPECT_EQ(incomplete_utf8_tail("\xe2\x82"), 2U);
    EXPECT_EQ(incomplete_utf8_tail("x\xf0\x9f\x9a"), 3U);
    EXPECT_EQ(incomplete_utf8_tail("x\xf0\x9f\x9a\xa2"), 0U);
    EXPECT_EQ(incomplete_utf8_tail("\x80\x80\x80\x80"), 0U);  // will never become one
    EXPECT_EQ(incomplete_utf8_tail("\xff"), 0U);
}

TEST(IsUtf8, TellsTextFromBytes) {
    EXPECT_TRUE(is_utf8("aü€😀"));
    for (const char* wrong :
         {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
        EXPECT_FALSE(is_utf8(wrong)) << wrong;
    }
}

TEST(Printable, KeepsText) {
    EXPECT_EQ(printable("tab\there\nline \xc3\xa4 \xf0\x9f\x9a\xa2"),
              "tab\there\nline \xc3\xa4 \xf0\x9f\x9a\xa2");
    EXPECT_EQ(printable("dos\r\nline"), "dos\nline");
}

TEST(Printable, DropsEscapeSequences) {
    EXPECT_EQ(printable("\x1b[1;31mred\x1b[0m"), "red");
    EXPECT_EQ(printable("\x1b[2J\x1b[H\x1b[?25lx"), "x");
    EXPECT_EQ(printable("\x1b]0;title\x07x\x1b]8;;http://a\x1b\\y"), "xy");
    EXPECT_EQ(printable("\x1b(Bx\x1b"
                        "cy\x1b=z"),
              "xyz");
    EXPECT_EQ(printable("a\x1b"), "a");
    EXPECT_EQ(printable("a\x1b[31"), "a");
    EXPECT_EQ(printable("a\x1b[3\nb"), "a\nb");
    EXPECT_EQ(printable("a\x1b]0;never ended\nb"), "a\nb");
    EXPECT_EQ(printable("\x1b\x1b[31mx"), "x");
}

TEST(Printable, ReplacesControlCharactersAndBrokenText) {
    EXPECT_EQ(printable(std::string_view("a\0b", 3)), std::string("a") + kReplaced + "b");
    EXPECT_EQ(printable("a\x07"), std::string("a") + kReplaced);
    EXPECT_EQ(printable("a\rb"), std::string("a") + kReplaced + "b");
    EXPECT_EQ(printable("a\x7f"), std::string("a") + kReplaced);
    EXPECT_EQ(printable("\xc2\x9b"
                        "31m"),
              std::string(kReplaced) + "31m");  // the one-character form of ESC [
    EXPECT_EQ(printable("\xff"
                        "a"),
              std::string(kReplaced) + "a");
}

}  // namespace
}  // namespace slipway
