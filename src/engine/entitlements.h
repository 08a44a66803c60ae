// What a build may do beyond the ordinary, when the user allows it: --allow.
#pragma once

#include "base/result.h"
#include "exec/cdi.h"
#include "llb/ops.pb.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::engine {

struct Entitlements {
    bool network_host = false;
    bool security_insecure = false;
    bool all_devices = false;
    /// Device, or what the Dockerfile calls it -> "", or the device that is meant.
    std::map<std::string, std::string> devices = {};
};

/// "network.host", "security.insecure", "device", "device=NAME[,alias=NAME-IN-THE-DOCKERFILE]".
/// kUsage.
Result<void> add_entitlement(std::string_view text, Entitlements& entitlements);

/// kInvalidInput when the process asks for a network or security that is not allowed.
Result<void> check_allowed(const pb::ExecOp& op, const Entitlements& allowed);

/// The registered devices that the process gets. kInvalidInput for one that is not allowed,
/// kNotFound for one that is required and not there; `missing` gets the optional ones that are not.
Result<std::vector<std::string>> choose_devices(const pb::ExecOp& op, const Entitlements& allowed,
                                                const exec::CdiRegistry& registry,
                                                std::vector<std::string>* missing = nullptr);

}  // namespace slipway::engine
