#include "cli/table.h"

#include <algorithm>
#include <cstdio>

namespace slipway::cli {

std::string format_table(const Rows& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string text;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            text += row[i];
            if (i + 1 < row.size()) text.append(widths[i] - row[i].size() + 2, ' ');
        }
        text += '\n';
    }
    return text;
}

void print_table(const Rows& rows) {
    const std::string text = format_table(rows);
    std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace slipway::cli
