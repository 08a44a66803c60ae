// `slipway stack lock`: what the sources of components are, written down.
#pragma once

#include "cli/command.h"
#include "cli/stack_flags.h"

#include <stop_token>

namespace slipway::cli {

/// Asks for every component that the variants' images take files of, in their versions, that FOLDER/stack.lock does not know
/// yet; with `update`, for all of them. Nothing is written unless all answer.
Result<void> lock_stack(StackPlan& plan, bool update, engine::Workspace& workspace,
                        const std::stop_token& stop);

}  // namespace slipway::cli
