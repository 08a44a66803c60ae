// The OCI runtime configuration (config.json) of one step.
#pragma once

#include "base/json.h"
#include "exec/internal/identity.h"
#include "exec/internal/seccomp.h"
#include "exec/sandbox.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace slipway::exec {

/// For a step that sets no PATH.
inline constexpr const char* kDefaultPath =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A mount after the standard set, as the runtime is told.
struct ConfigMount {
    std::string destination;
    std::string type;  ///< "bind" or "tmpfs"
    std::string source;
    std::vector<std::string> options;
    bool device = false;  ///< a device that is to be used: never nodev
};

/// A node that the runtime makes, with a rule that allows it.
struct ConfigDevice {
    std::string path;
    char type = 'c';
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::string permissions = "rwm";
    std::optional<std::uint32_t> mode = {};
    std::optional<std::uint32_t> uid = {};
    std::optional<std::uint32_t> gid = {};
};

/// Who sees to it that a process with CAP_MKNOD cannot open the host's devices.
enum class DeviceGuard {
    kCgroup,  ///< the runtime's device rules
    kMounts,  ///< there is no cgroup: every mount of the container is nodev, the root too
};

/// Everything that was found out about a step before it is described to the runtime.
struct ConfigInput {
    const SandboxSpec& spec;
    Identity identity;
    std::string cwd;                        ///< absolute
    std::vector<std::string> capabilities;  ///< "CAP_CHOWN"
    std::optional<SeccompProfile> seccomp;
    std::string seccomp_program;  ///< the same, compiled (base64), for crun; "": none
    DeviceGuard device_guard = DeviceGuard::kCgroup;
    std::vector<ConfigMount> mounts;  ///< in the order in which they are mounted
    std::vector<ConfigDevice> devices = {};
    bool cgroup_namespace = false;
    bool terminal = false;
};

Json make_config(const ConfigInput& input);

}  // namespace slipway::exec
