#include "ui/internal/terminal_text.h"

#include "base/utf8.h"

#include <algorithm>
#include <array>

namespace slipway::ui::internal {

namespace {

struct Range {
    char32_t first;
    char32_t last;
};

// The blocks that matter in practice, not the whole of Unicode's tables: an error shifts one line's
// end by a column.
constexpr std::array<Range, 9> kZeroWidth = {{{0x0300, 0x036f},
                                              {0x0483, 0x0489},
                                              {0x0591, 0x05bd},
                                              {0x064b, 0x065f},
                                              {0x1ab0, 0x1aff},
                                              {0x200b, 0x200f},
                                              {0x20d0, 0x20ff},
                                              {0xfe00, 0xfe0f},
                                              {0xfe20, 0xfe2f}}};
constexpr std::array<Range, 14> kWide = {{{0x1100, 0x115f},
                                          {0x231a, 0x231b},
                                          {0x23e9, 0x23ec},
                                          {0x2705, 0x2705},
                                          {0x274c, 0x274c},
                                          {0x2e80, 0x303e},
                                          {0x3041, 0xa4cf},
                                          {0xac00, 0xd7a3},
                                          {0xf900, 0xfaff},
                                          {0xfe30, 0xfe6f},
                                          {0xff00, 0xff60},
                                          {0xffe0, 0xffe6},
                                          {0x1f300, 0x1faff},
                                          {0x20000, 0x3fffd}}};

template <std::size_t Size>
bool is_in(const std::array<Range, Size>& ranges, char32_t value) {
    return std::ranges::any_of(ranges,
                               [&](const Range& r) { return value >= r.first && value <= r.last; });
}

std::size_t width_of(char32_t value) {
    if (value < 0x300) return 1;
    if (is_in(kZeroWidth, value)) return 0;
    return is_in(kWide, value) ? 2 : 1;
}

}  // namespace

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const auto point = decode_utf8(text);
        width += point ? width_of(point->value) : 1;
        text.remove_prefix(point ? point->size : 1);
    }
    return width;
}

std::string clip(std::string_view text, std::size_t columns) {
    std::size_t used = 0;
    std::size_t end = 0;
    while (end < text.size()) {
        const auto point = decode_utf8(text.substr(end));
        used += point ? width_of(point->value) : 1;
        if (used > columns) break;
        end += point ? point->size : 1;
    }
    return std::string(text.substr(0, end));
}

std::string shown_log_line(std::string_view line) {
    while (line.ends_with('\r')) line.remove_suffix(1);
    const auto overwritten = line.rfind('\r');
    if (overwritten != std::string_view::npos) line.remove_prefix(overwritten + 1);
    std::string shown;
    for (const char c : printable(line)) {
        if (c != '\t') {
            shown += c;
            continue;
        }
        shown.append(8 - display_width(shown) % 8, ' ');
    }
    return shown;
}

std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : printable(text)) {
        const bool blank = c == ' ' || c == '\t' || c == '\n';
        if (!blank) {
            line += c;
        } else if (!line.empty() && line.back() != ' ') {
            line += ' ';
        }
    }
    if (line.ends_with(' ')) line.pop_back();
    return line;
}

}  // namespace slipway::ui::internal
