// Contexts that are no directory, fetched, and the Dockerfile found in them.
#pragma once

#include "cli/build_context.h"
#include "engine/build.h"

#include <stop_token>

namespace slipway::cli {

/// Fills in what `input` still lacks: the context of an archive on standard input, the Dockerfile
/// in a context that lies elsewhere. No effect on a directory. `options` are those of the build.
/// kNotFound when the context has no such Dockerfile.
Result<void> load_remote_input(BuildInput& input, const engine::BuildOptions& options,
                               engine::Workspace& workspace, progress::Sink& sink,
                               std::stop_token stop);

}  // namespace slipway::cli
