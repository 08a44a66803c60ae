// UTF-8 text as characters. Dockerfiles are bytes: what is not UTF-8 passes through unchanged, byte
// by byte.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace slipway::dockerfile::internal {

struct Rune {
    char32_t value = 0;    ///< a byte that is not UTF-8 has the value kInvalidByte + the byte
    std::size_t size = 0;  ///< in bytes; 0 only at the end of the text
};

/// Above every Unicode character.
inline constexpr char32_t kInvalidByte = 0x110000;

/// The first character of `text`.
Rune first_rune(std::string_view text);
void append_rune(std::string& text, char32_t rune);
std::u32string to_runes(std::string_view text);
std::string to_utf8(std::u32string_view runes);

/// By Unicode's properties, as Go's package unicode tells them.
bool is_space(char32_t rune);
bool is_letter(char32_t rune);
bool is_digit(char32_t rune);

/// Without Unicode blanks and line ends.
std::string_view trim_left_space(std::string_view text);
std::string_view trim_space(std::string_view text);

}  // namespace slipway::dockerfile::internal
