// What a step's output is, and how it stands in cache records.
#pragma once

#include "base/digest.h"
#include "base/result.h"
#include "snapshot/layer_store.h"
#include "solver/solver.h"

#include <string>

namespace slipway::engine {

/// "layers:<id>,<id>" (lowest first; "layers:" is scratch).
solver::Output to_output(const snapshot::Snapshot& snapshot);
/// kInternal when the text is something else.
Result<snapshot::Snapshot> to_snapshot(const solver::Output& output);
/// The output of a local context is never stored or read as a snapshot.
inline constexpr const char* kContextOutput = "context";

/// A key over its ingredients and the keys of the inputs, and nothing else: so the ingredients, and
/// those the solver adds for the inputs, always explain a difference.
solver::Key make_key(std::vector<solver::Ingredient> ingredients,
                     std::span<const Digest> inputs = {});
/// A digest in place of a value that may be long or private.
std::string hidden(std::string_view value);

}  // namespace slipway::engine
