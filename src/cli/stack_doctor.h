// `slipway stack doctor`: is the description right, for everything that can be chosen?
#pragma once

#include "base/result.h"
#include "stack/stack.h"

#include <string>
#include <vector>

namespace slipway::cli {

struct Diagnosis {
    std::size_t images = 0;             ///< combinations that were looked at
    std::vector<std::string> problems;  ///< each with what it is about; told once
};

/// Resolves every engine, target, platform and flavour with default parameters, and lowers each as
/// a build would: pins, stages, lint rules. What the stack's rules refuse is no image. Needs no
/// network: of base images nothing is known.
Result<Diagnosis> examine(const stack::Stack& stack);

}  // namespace slipway::cli
