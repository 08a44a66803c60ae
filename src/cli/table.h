// Tables for people, on stdout.
#pragma once

#include <string>
#include <vector>

namespace slipway::cli {

using Rows = std::vector<std::vector<std::string>>;

/// Columns as wide as their widest cell, two blanks apart.
void print_table(const Rows& rows);

}  // namespace slipway::cli
