#include "base/utf8.h"

#include <algorithm>

namespace slipway {

namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD
constexpr char kEscape = '\x1b';

/// Length that the first byte of a code point announces; 0 when it cannot be a first byte.
std::size_t announced_size(unsigned char first) {
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return 2;
    if (first >= 0xe0 && first <= 0xef) return 3;
    if (first >= 0xf0 && first <= 0xf4) return 4;
    return 0;
}

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

/// Size of the escape sequence (ECMA-48) at the start of `text`, which starts with ESC; what is cut
/// off counts whole.
std::size_t escape_size(std::string_view text) {
    const auto end_at = [&](std::size_t at) { return std::min(at + 1, text.size()); };
    if (text.size() < 2) return text.size();
    const char kind = text[1];
    if (kind == '[') {  // CSI: parameters, then one final byte
        std::size_t at = 2;
        while (at < text.size() && text[at] >= 0x20 && text[at] <= 0x3f) ++at;
        // A byte that cannot end it belongs to what follows.
        return at < text.size() && (text[at] < 0x40 || text[at] > 0x7e) ? at : end_at(at);
    }
    if (kind == ']' || kind == 'P' || kind == 'X' || kind == '^' ||
        kind == '_') {  // strings, up to BEL or ESC backslash
        for (std::size_t at = 2; at < text.size(); ++at) {
            if (text[at] == '\n') return at;  // never swallow the next line
            if (text[at] == '\a') return at + 1;
            if (text[at] == kEscape) return text.substr(at).starts_with("\x1b\\") ? at + 2 : at;
        }
        return text.size();
    }
    std::size_t at = 1;
    while (at < text.size() && text[at] >= 0x20 && text[at] <= 0x2f) ++at;  // as in "ESC ( B"
    return at < text.size() && (text[at] < 0x30 || text[at] > 0x7e) ? at : end_at(at);
}

}  // namespace

std::optional<CodePoint> decode_utf8(std::string_view text) {
    if (text.empty()) return std::nullopt;
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t size = announced_size(first);
    if (size == 0 || text.size() < size) return std::nullopt;
    if (size == 1) return CodePoint{.value = first, .size = 1};
    char32_t value = first & (0xffU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if (!is_continuation(text[i])) return std::nullopt;
        value = (value << 6) | (static_cast<unsigned char>(text[i]) & 0x3fU);
    }
    const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
    const bool surrogate = value >= 0xd800 && value <= 0xdfff;
    if (overlong || surrogate || value > 0x10ffff) return std::nullopt;
    return CodePoint{.value = value, .size = size};
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto point = decode_utf8(text);
        if (!point) return false;
        text.remove_prefix(point->size);
    }
    return true;
}

std::size_t incomplete_utf8_tail(std::string_view text) {
    for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
        const char c = text[text.size() - back];
        if (is_continuation(c)) continue;
        return announced_size(static_cast<unsigned char>(c)) > back ? back : 0;
    }
    return 0;
}

std::string printable(std::string_view text) {
    std::string shown;
    shown.reserve(text.size());
    while (!text.empty()) {
        if (text[0] == kEscape) {
            text.remove_prefix(escape_size(text));
            continue;
        }
        const auto point = decode_utf8(text);
        const std::size_t size = point ? point->size : 1;
        const bool plain =
            point && ((point->value >= 0x20 && point->value < 0x7f) || point->value >= 0xa0 ||
                      point->value == '\t' || point->value == '\n');
        const bool line_end = text.starts_with("\r\n");
        if (plain) {
            shown += text.substr(0, size);
        } else if (!line_end) {
            shown += kReplacement;
        }
        text.remove_prefix(size);
    }
    return shown;
}

}  // namespace slipway
