// Parts of a local directory as a snapshot, for steps that mount them.
#pragma once

#include "engine/internal/step_context.h"

namespace slipway::engine {

/// The selected file or directory of the context as a snapshot in which it has the same path. Made
/// once per content: later builds find it by its digest.
Result<snapshot::Snapshot> materialize(BuildContext& build, ContextSource& context,
                                       const std::string& path, std::stop_token stop);

}  // namespace slipway::engine
