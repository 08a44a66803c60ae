#include "frontend/internal/go_text.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace slipway::frontend {
namespace {

struct Rune {
    char32_t value = 0;
    std::size_t size = 1;  ///< bytes
    bool valid = false;
};

/// The code point at the start of `text`, which is not empty.
Rune decode(std::string_view text) {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return {first, 1, true};
    std::size_t size = 0;
    char32_t smallest = 0;
    if (first >= 0xC2 && first < 0xE0) {
        size = 2;
        smallest = 0x80;
    } else if (first >= 0xE0 && first < 0xF0) {
        size = 3;
        smallest = 0x800;
    } else if (first >= 0xF0 && first < 0xF5) {
        size = 4;
        smallest = 0x10000;
    }
    if (size == 0 || text.size() < size) return {first, 1, false};
    char32_t value = first & (0xFFU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) return {first, 1, false};
        value = value << 6U | (byte(i) & 0x3FU);
    }
    const bool surrogate = value >= 0xD800 && value < 0xE000;
    if (value < smallest || value > 0x10FFFF || surrogate) return {first, 1, false};
    return {value, size, true};
}

/// Controls, formatting characters, blanks other than ' ', private use and non-characters. (Code
/// points that Unicode has not given out yet count as printable here; Go's tables depend on its
/// version.)
bool is_printable(char32_t rune) {
    static constexpr std::array<std::pair<char32_t, char32_t>, 20> kHidden = {{
        {0x00, 0x1F},       {0x7F, 0xA0},       {0xAD, 0xAD},       {0x061C, 0x061C},
        {0x1680, 0x1680},   {0x180E, 0x180E},   {0x2000, 0x200F},   {0x2028, 0x202F},
        {0x205F, 0x206F},   {0x3000, 0x3000},   {0xE000, 0xF8FF},   {0xFDD0, 0xFDEF},
        {0xFEFF, 0xFEFF},   {0xFFF9, 0xFFFB},   {0xFFFE, 0xFFFF},   {0x110BD, 0x110BD},
        {0x1D173, 0x1D17A}, {0xE0000, 0xE00FF}, {0xF0000, 0xFFFFF}, {0x100000, 0x10FFFF},
    }};
    return std::ranges::none_of(
        kHidden, [rune](const auto& range) { return rune >= range.first && rune <= range.second; });
}

void append_quoted(std::string& text, char32_t rune, std::string_view bytes) {
    static constexpr std::string_view kEscaped = "\a\b\f\n\r\t\v\"\\";
    static constexpr std::string_view kLetters = "abfnrtv\"\\";
    const std::size_t place =
        rune < 0x80 ? kEscaped.find(static_cast<char>(rune)) : std::string_view::npos;
    if (place != std::string_view::npos) {
        text += '\\';
        text += kLetters[place];
    } else if (is_printable(rune)) {
        text += bytes;
    } else if (rune < ' ' || rune == 0x7F) {
        text += fmt::format("\\x{:02x}", static_cast<std::uint32_t>(rune));
    } else if (rune < 0x10000) {
        text += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(rune));
    } else {
        text += fmt::format("\\U{:08x}", static_cast<std::uint32_t>(rune));
    }
}

std::string go_quoted(std::string_view value) {
    std::string text = "\"";
    while (!value.empty()) {
        const Rune rune = decode(value);
        if (rune.valid) {
            append_quoted(text, rune.value, value.substr(0, rune.size));
        } else {
            text += fmt::format("\\x{:02x}", static_cast<std::uint32_t>(rune.value));
        }
        value.remove_prefix(rune.size);
    }
    return text + '"';
}

/// "1.5" of 1500 thousandths.
std::string with_fraction(std::uint64_t value, std::uint64_t unit) {
    std::string text = std::to_string(value / unit);
    std::string fraction = std::to_string(value % unit + unit).substr(1);
    while (fraction.ends_with('0')) fraction.pop_back();
    return fraction.empty() ? text : text + "." + fraction;
}

}  // namespace

std::string go_list(const std::vector<std::string>& values) {
    return "[" + join(values, " ") + "]";
}

std::string go_quoted_list(const std::vector<std::string>& values) {
    std::vector<std::string> quoted;
    std::ranges::transform(values, std::back_inserter(quoted), go_quoted);
    return go_list(quoted);
}

std::string go_duration(std::int64_t nanoseconds) {
    constexpr std::uint64_t kMicro = 1000;
    constexpr std::uint64_t kMilli = 1000 * kMicro;
    constexpr std::uint64_t kSecond = 1000 * kMilli;
    if (nanoseconds == 0) return "0s";
    const std::string sign = nanoseconds < 0 ? "-" : "";
    const std::uint64_t bits = static_cast<std::uint64_t>(nanoseconds);
    const std::uint64_t rest = nanoseconds < 0 ? 0 - bits : bits;
    if (rest < kMicro) return fmt::format("{}{}ns", sign, rest);
    if (rest < kMilli) return fmt::format("{}{}µs", sign, with_fraction(rest, kMicro));
    if (rest < kSecond) return fmt::format("{}{}ms", sign, with_fraction(rest, kMilli));
    const std::uint64_t minutes = rest / kSecond / 60;
    const std::string seconds = with_fraction(rest % (60 * kSecond), kSecond);
    if (minutes == 0) return fmt::format("{}{}s", sign, seconds);
    if (minutes < 60) return fmt::format("{}{}m{}s", sign, minutes, seconds);
    return fmt::format("{}{}h{}m{}s", sign, minutes / 60, minutes % 60, seconds);
}

}  // namespace slipway::frontend
