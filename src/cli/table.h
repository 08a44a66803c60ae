// Tables for people.
#pragma once

#include <string>
#include <vector>

namespace slipway::cli {

using Rows = std::vector<std::vector<std::string>>;

/// Columns as wide as their widest cell, two blanks apart; a line end behind each row.
std::string format_table(const Rows& rows);
/// The same, on stdout.
void print_table(const Rows& rows);

}  // namespace slipway::cli
