// The AST as JSON, for golden files. What is empty or a default is left out.
#pragma once

#include "base/json.h"
#include "dockerfile/ast.h"

namespace slipway::dockerfile::testing {

Json dump(const Dockerfile& file);
Json dump(const Instruction& instruction);

}  // namespace slipway::dockerfile::testing
