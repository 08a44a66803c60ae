// Text measured in terminal columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace slipway::ui::internal {

/// Columns that printable text takes: 0 for combining marks, 2 for East Asian wide characters and
/// emoji, else 1.
std::size_t display_width(std::string_view text);
/// The longest beginning of printable text that fits into `columns`.
std::string clip(std::string_view text, std::size_t columns);
/// One line of a program's output as a terminal would show it at the end: what stands after its
/// last carriage return, tabs as blanks, without escape sequences.
std::string shown_log_line(std::string_view line);
/// A name in one line: line ends, tabs and runs of blanks become one blank.
std::string one_line(std::string_view text);

}  // namespace slipway::ui::internal
