// Words of a command line that a stack has others for.
#pragma once

#include "base/result.h"
#include "stack/stack.h"

#include <string>
#include <vector>

namespace slipway::stack {

/// Each [[flag]] of the stack among `words` ("--NAME", "--NAME=VALUE", "--NAME VALUE") replaced by
/// what it means; what comes in is not looked at again, nor what stands behind "--". kUsage: one
/// that is refused, that lacks its value, or that has one it does not take.
Result<std::vector<std::string>> replace_flags(const Stack& stack,
                                               const std::vector<std::string>& words);

}  // namespace slipway::stack
