// `slipway stack build`: all variants as one graph.
#pragma once

#include "cli/command.h"
#include "cli/stack_flags.h"

#include <stop_token>

namespace slipway::cli {

Result<void> build_stack(const StackFlags& flags, StackPlan& plan, engine::Workspace& workspace,
                         const std::stop_token& stop);

}  // namespace slipway::cli
