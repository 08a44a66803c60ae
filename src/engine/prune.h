// What may be removed from the store, and removing it.
#pragma once

#include "engine/workspace.h"

#include <cstdint>
#include <stop_token>

namespace slipway::engine {

struct PruneOptions {
    bool all = false;  ///< also what the images in the store were built from, and cache mounts
    bool dry_run = false;
};

struct Pruned {
    std::uint64_t records = 0;
    std::uint64_t layers = 0;
    std::uint64_t blobs = 0;
    std::uint64_t mirrors = 0;  ///< of git repositories
    std::uint64_t bytes = 0;    ///< of all that, of cache mounts and of indexes
};

/// Keeps every named image, with its layers and blobs. Removes build records (all of them with
/// `all`, else those whose layers no image uses), then layers and blobs that neither a record nor
/// an image names, what is known of layers that went (chains, downloads), every mirror of a git
/// repository and apt's lists. The workspace is opened kExclusive, so no build runs.
Result<Pruned> prune(Workspace& workspace, const PruneOptions& options, std::stop_token stop);

}  // namespace slipway::engine
