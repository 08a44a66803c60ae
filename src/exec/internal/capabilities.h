// Linux capabilities by the names that OCI runtime configurations use.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::exec {

using CapabilityMask = std::uint64_t;

/// What a RUN step gets: Docker's default set.
CapabilityMask default_capabilities();
/// The bounding set of this process.
Result<CapabilityMask> load_own_capabilities();
/// In the text of /proc/<pid>/status.
Result<CapabilityMask> parse_bounding_set(std::string_view status);
/// "CAP_CHOWN", in the order of their numbers; numbers without a name are left out.
std::vector<std::string> capability_names(CapabilityMask mask);

}  // namespace slipway::exec
