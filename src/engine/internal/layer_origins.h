// What the image's history says of a layer that no instruction accounts for.
#pragma once

#include "llb/graph.h"

#include <cstddef>
#include <string>
#include <vector>

namespace slipway::engine {

/// How each of the result's `count` layers came to be, lowest first, in BuildKit's words ("local
/// source for NAME", "[1/2] COPY f /g"); "" where the graph does not tell.
std::vector<std::string> layer_origins(const llb::Graph& graph, std::size_t count);

}  // namespace slipway::engine
