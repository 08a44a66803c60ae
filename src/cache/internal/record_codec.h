// The two lists of a record as blobs. Lengths are LEB128 numbers, everything else is bytes as they
// are:
//
//   outputs:      { length, bytes }*
//   ingredients:  { length shared with the label before, length of the rest, rest, value }*
//   value:        0, length, bytes  |  1, 32 bytes: "sha256:" and these in hexadecimal
//
// A COPY of a large context has one ingredient a file: sorted paths share most of their beginnings,
// and a digest as text would take twice its bytes.
#pragma once

#include "solver/solver.h"

#include <string>
#include <string_view>
#include <vector>

namespace slipway::cache {

std::string encode_outputs(const std::vector<solver::Output>& outputs);
/// kCorrupt when it is not that format, as the one below.
Result<std::vector<solver::Output>> decode_outputs(std::string_view data);

std::string encode_ingredients(const std::vector<solver::Ingredient>& ingredients);
Result<std::vector<solver::Ingredient>> decode_ingredients(std::string_view data);

}  // namespace slipway::cache
