#include "base/excerpt.h"

#include "base/text.h"
#include "base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace slipway {

namespace {

constexpr int kLongestRange = 12;  ///< lines of the range itself
constexpr int kShownAtEnd = 2;
constexpr std::size_t kLongestLine = 400;

std::string shown_line(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() <= kLongestLine) return printable(line);
    line = line.substr(0, kLongestLine);
    line.remove_suffix(incomplete_utf8_tail(line));
    return printable(line) + " ...";
}

}  // namespace

std::string render_excerpt(std::string_view text, int first_line, int last_line, int context) {
    std::vector<std::string_view> lines = split(text, '\n');
    if (lines.back().empty()) lines.pop_back();  // what follows the last line end is no line
    const int count = static_cast<int>(lines.size());
    if (first_line < 1 || first_line > count || last_line < first_line) return {};
    last_line = std::min(last_line, count);
    const int from = first_line - std::min(context, first_line - 1);
    const int to = last_line + std::min(context, count - last_line);
    const std::size_t width = std::to_string(to).size();

    std::string shown;
    const int left_out = last_line - first_line + 1 - kLongestRange;
    const int gap = first_line + kLongestRange - kShownAtEnd;
    for (int number = from; number <= to; ++number) {
        if (left_out > 0 && number == gap) {
            shown += fmt::format("  >> {:>{}} | ({} more lines)\n", "", width, left_out);
            number += left_out;
        }
        const bool marked = number >= first_line && number <= last_line;
        const std::string line = shown_line(lines[static_cast<std::size_t>(number - 1)]);
        shown += fmt::format("  {} {:>{}} |{}{}\n", marked ? ">>" : "  ", number, width,
                             line.empty() ? "" : " ", line);
    }
    return shown;
}

}  // namespace slipway
