// Secrets of a build, by id. They are read before anything runs and live in memory only.
#pragma once

#include "base/result.h"

#include <map>
#include <string>
#include <string_view>

namespace slipway::engine {

using Secrets = std::map<std::string, std::string, std::less<>>;

/// "id=token,src=FILE", "id=token,env=NAME", "id=token" (the variable of that name, else the file),
/// as buildx takes them. Adds to `secrets`, and has the debug log redact the value.
Result<void> add_secret(std::string_view spec, Secrets& secrets);

}  // namespace slipway::engine
