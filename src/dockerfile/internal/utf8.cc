#include "dockerfile/internal/utf8.h"

#include "dockerfile/internal/unicode_ranges.h"

#include <algorithm>
#include <iterator>

namespace slipway::dockerfile::internal {

namespace {

unsigned char byte_at(std::string_view text, std::size_t i) {
    return static_cast<unsigned char>(text[i]);
}

bool in_ranges(const RuneRange* begin, const RuneRange* end, char32_t rune) {
    const RuneRange* range = std::lower_bound(
        begin, end, rune, [](const RuneRange& r, char32_t c) { return r.last < c; });
    return range != end && range->first <= rune;
}

}  // namespace

Rune first_rune(std::string_view text) {
    if (text.empty()) return {};
    const unsigned char lead = byte_at(text, 0);
    if (lead < 0x80) return {lead, 1};
    const Rune invalid{kInvalidByte + lead, 1};
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return invalid;
    char32_t value = lead & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        const unsigned char c = byte_at(text, i);
        if ((c & 0xC0U) != 0x80) return invalid;
        value = (value << 6U) | (c & 0x3FU);
    }
    constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < kSmallest[size] || value > 0x10FFFF || surrogate) return invalid;
    return {value, size};
}

void append_rune(std::string& text, char32_t rune) {
    const auto put = [&text](char32_t byte) {
        text += static_cast<char>(static_cast<unsigned char>(byte));
    };
    if (rune >= kInvalidByte) {
        put(rune - kInvalidByte);
    } else if (rune < 0x80) {
        put(rune);
    } else if (rune < 0x800) {
        put(0xC0U | (rune >> 6U));
        put(0x80U | (rune & 0x3FU));
    } else if (rune < 0x10000) {
        put(0xE0U | (rune >> 12U));
        put(0x80U | ((rune >> 6U) & 0x3FU));
        put(0x80U | (rune & 0x3FU));
    } else {
        put(0xF0U | (rune >> 18U));
        put(0x80U | ((rune >> 12U) & 0x3FU));
        put(0x80U | ((rune >> 6U) & 0x3FU));
        put(0x80U | (rune & 0x3FU));
    }
}

std::u32string to_runes(std::string_view text) {
    std::u32string runes;
    runes.reserve(text.size());
    while (!text.empty()) {
        const Rune rune = first_rune(text);
        runes += rune.value;
        text.remove_prefix(rune.size);
    }
    return runes;
}

std::string to_utf8(std::u32string_view runes) {
    std::string text;
    text.reserve(runes.size());
    for (const char32_t rune : runes) append_rune(text, rune);
    return text;
}

bool is_space(char32_t rune) {
    switch (rune) {
        case '\t':
        case '\n':
        case '\v':
        case '\f':
        case '\r':
        case ' ':
        case 0x85:
        case 0xA0:
        case 0x1680:
        case 0x2028:
        case 0x2029:
        case 0x202F:
        case 0x205F:
        case 0x3000:
            return true;
        default:
            return rune >= 0x2000 && rune <= 0x200A;
    }
}

bool is_letter(char32_t rune) {
    if (rune < 0x80) return (rune >= 'a' && rune <= 'z') || (rune >= 'A' && rune <= 'Z');
    return in_ranges(std::begin(kLetters), std::end(kLetters), rune);
}

bool is_digit(char32_t rune) {
    if (rune < 0x80) return rune >= '0' && rune <= '9';
    return in_ranges(std::begin(kDigits), std::end(kDigits), rune);
}

std::string_view trim_left_space(std::string_view text) {
    for (Rune rune = first_rune(text); rune.size > 0 && is_space(rune.value);
         rune = first_rune(text)) {
        text.remove_prefix(rune.size);
    }
    return text;
}

std::string_view trim_space(std::string_view text) {
    text = trim_left_space(text);
    while (!text.empty()) {
        std::size_t start = text.size() - 1;
        while (start > 0 && text.size() - start < 4 && (byte_at(text, start) & 0xC0U) == 0x80)
            --start;
        const Rune rune = first_rune(text.substr(start));
        if (rune.size != text.size() - start || !is_space(rune.value)) break;
        text.remove_suffix(rune.size);
    }
    return text;
}

}  // namespace slipway::dockerfile::internal
