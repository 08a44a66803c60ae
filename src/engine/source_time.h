// When what a source holds was last changed, without building it.
#pragma once

#include "engine/build.h"
#include "engine/workspace.h"
#include "llb/builder.h"
#include "progress/event.h"

#include <cstdint>
#include <optional>
#include <stop_token>

namespace slipway::engine {

/// Unix seconds: of a git repository the commit's, of a file by http what the server says of it,
/// else that of the newest file in it, if it is an archive. Nothing for all other sources. Fetches;
/// errors as those of the step.
Result<std::optional<std::int64_t>> source_time(const llb::SourceSpec& source,
                                                const BuildOptions& options, Workspace& workspace,
                                                progress::Sink& sink, std::stop_token stop);

}  // namespace slipway::engine
