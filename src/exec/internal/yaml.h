// YAML as JSON values.
#pragma once

#include "base/json.h"
#include "base/result.h"

#include <string_view>

namespace slipway::exec {

/// The first document; every scalar is a string. kInvalidInput, also for what grows too large by
/// its aliases.
Result<Json> parse_yaml(std::string_view text);

}  // namespace slipway::exec
