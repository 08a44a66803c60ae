// The system calls a sandboxed process may make: the set that Docker's and BuildKit's users are
// used to.
#pragma once

#include "base/json.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::exec {

/// The "seccomp" object of an OCI runtime configuration, for a process with `capabilities`
/// ("CAP_CHOWN") on `architecture` (as OCI names it). Nothing when the architecture is unknown to
/// us.
std::optional<Json> seccomp_profile(std::string_view architecture,
                                    const std::vector<std::string>& capabilities);

}  // namespace slipway::exec
