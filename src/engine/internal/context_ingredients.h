// What a context's files are, so that a later miss can name the one that changed.
#pragma once

#include "base/digest.h"
#include "solver/solver.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace slipway::engine {

/// Path and content of each, folder by folder.
using NamedFiles = std::vector<std::pair<std::string, Digest>>;

/// One ingredient for each file; of more than `most` files, one for each folder, as deep as their
/// number allows.
std::vector<solver::Ingredient> name_files(const std::string& label, const NamedFiles& files,
                                           std::size_t most);

}  // namespace slipway::engine
