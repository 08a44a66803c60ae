// What each instruction makes of its statement.
#pragma once

#include "base/result.h"
#include "dockerfile/ast.h"
#include "dockerfile/internal/statements.h"

#include <vector>

namespace slipway::dockerfile::internal {

/// Errors are without a place. Warnings get the statement's lines.
Result<Instruction> read_instruction(Statement statement, char escape,
                                     std::vector<ParseWarning>& warnings);

}  // namespace slipway::dockerfile::internal
