#include "exec/internal/capabilities.h"

#include "base/text.h"
#include "os/file.h"

#include <array>

namespace slipway::exec {
namespace {

/// By number (linux/capability.h).
constexpr std::array<std::string_view, 41> kNames = {"CHOWN",
                                                     "DAC_OVERRIDE",
                                                     "DAC_READ_SEARCH",
                                                     "FOWNER",
                                                     "FSETID",
                                                     "KILL",
                                                     "SETGID",
                                                     "SETUID",
                                                     "SETPCAP",
                                                     "LINUX_IMMUTABLE",
                                                     "NET_BIND_SERVICE",
                                                     "NET_BROADCAST",
                                                     "NET_ADMIN",
                                                     "NET_RAW",
                                                     "IPC_LOCK",
                                                     "IPC_OWNER",
                                                     "SYS_MODULE",
                                                     "SYS_RAWIO",
                                                     "SYS_CHROOT",
                                                     "SYS_PTRACE",
                                                     "SYS_PACCT",
                                                     "SYS_ADMIN",
                                                     "SYS_BOOT",
                                                     "SYS_NICE",
                                                     "SYS_RESOURCE",
                                                     "SYS_TIME",
                                                     "SYS_TTY_CONFIG",
                                                     "MKNOD",
                                                     "LEASE",
                                                     "AUDIT_WRITE",
                                                     "AUDIT_CONTROL",
                                                     "SETFCAP",
                                                     "MAC_OVERRIDE",
                                                     "MAC_ADMIN",
                                                     "SYSLOG",
                                                     "WAKE_ALARM",
                                                     "BLOCK_SUSPEND",
                                                     "AUDIT_READ",
                                                     "PERFMON",
                                                     "BPF",
                                                     "CHECKPOINT_RESTORE"};

constexpr std::array<std::string_view, 14> kDefault = {
    "CHOWN",   "DAC_OVERRIDE", "FSETID",           "FOWNER",
    "MKNOD",   "NET_RAW",      "SETGID",           "SETUID",
    "SETFCAP", "SETPCAP",      "NET_BIND_SERVICE", "SYS_CHROOT",
    "KILL",    "AUDIT_WRITE"};

constexpr CapabilityMask bit_of(std::string_view name) {
    for (std::size_t number = 0; number < kNames.size(); ++number) {
        if (kNames[number] == name) return CapabilityMask{1} << number;
    }
    return 0;
}

constexpr CapabilityMask default_mask() {
    CapabilityMask mask = 0;
    for (const std::string_view name : kDefault) mask |= bit_of(name);
    return mask;
}
static_assert(default_mask() == 0xa80425fb);

}  // namespace

CapabilityMask default_capabilities() {
    return default_mask();
}

Result<CapabilityMask> parse_bounding_set(std::string_view status) {
    for (const std::string_view line : split(status, '\n')) {
        constexpr std::string_view kKey = "CapBnd:";
        if (!line.starts_with(kKey)) continue;
        if (const auto mask = parse_uint(trim(line.substr(kKey.size())), 16)) return *mask;
    }
    return make_error(ErrorCode::kInternal, "no bounding set in /proc/self/status");
}

Result<CapabilityMask> load_own_capabilities() {
    SLIPWAY_ASSIGN(const std::string status, os::read_file("/proc/self/status"));
    return parse_bounding_set(status);
}

std::vector<std::string> capability_names(CapabilityMask mask) {
    std::vector<std::string> names;
    for (std::size_t number = 0; number < kNames.size(); ++number) {
        if ((mask >> number) & 1U) names.push_back("CAP_" + std::string(kNames[number]));
    }
    return names;
}

}  // namespace slipway::exec
