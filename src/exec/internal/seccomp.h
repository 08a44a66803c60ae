// The system calls a sandboxed process may make: the set that Docker's and BuildKit's users are
// used to.
#pragma once

#include "base/json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::exec {

enum class SeccompOperator { kLess, kEqual, kGreater, kMaskedEqual };

struct SeccompCondition {
    unsigned argument = 0;  ///< 0 for the first
    SeccompOperator op = SeccompOperator::kEqual;
    std::uint64_t value = 0;   ///< kMaskedEqual: the mask
    std::uint64_t masked = 0;  ///< kMaskedEqual: what the masked bits must be
};

struct SeccompRule {
    std::vector<std::string_view> calls;  ///< by name; one that an architecture lacks is ignored
    std::optional<int> error;             ///< what they fail with; nothing: they are allowed
    std::optional<SeccompCondition> when;
};

struct SeccompProfile {
    int default_error = 0;  ///< for every call that no rule names
    std::vector<std::string_view>
        architectures;  ///< as libseccomp names them, the native one first
    std::vector<SeccompRule> rules;
};

/// For a process with `capabilities` ("CAP_CHOWN") on `architecture` (as OCI names it). Nothing
/// when the architecture is unknown to us.
std::optional<SeccompProfile> seccomp_profile(std::string_view architecture,
                                              const std::vector<std::string>& capabilities);

/// The "seccomp" object of an OCI runtime configuration.
Json to_json(const SeccompProfile& profile);

}  // namespace slipway::exec
