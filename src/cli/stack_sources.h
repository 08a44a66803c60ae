// Where the components of a stack come from, when not from where the stack says.
#pragma once

#include "cli/stack_flags.h"
#include "engine/workspace.h"

#include <stop_token>

namespace slipway::cli {

/// What the flavour and --source say. kUsage, kNotFound: names, folders.
Result<void> add_sources(const StackFlags& flags, StackPlan& plan);

/// Does an image take files of a source package whose archive is not known yet?
Result<bool> has_source_packages(const StackPlan& plan);

/// Asks apt for those archives, and composes the Dockerfile with them.
Result<void> find_source_packages(StackPlan& plan, engine::Workspace& workspace,
                                  const std::stop_token& stop);

}  // namespace slipway::cli
