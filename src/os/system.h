// Facts about this machine and this process.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>

namespace slipway::os {

/// Usable processors: sched_getaffinity and the cgroup's cpu quota (v1 and v2), at least 1.
unsigned cpu_count();
/// Changes with every boot of the kernel.
Result<std::string> boot_id();
bool is_root();
/// Who started this; through sudo: who called that.
struct UserIds {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};
UserIds calling_user();
std::optional<std::string> get_env(const char* name);
/// "linux/amd64" parts of this machine in OCI words: amd64, arm64 (variant v8 omitted), ...
std::string machine_architecture();
struct TerminalSize {
    unsigned columns = 80;
    unsigned rows = 24;
};
/// Size of the terminal behind `fd`, nothing when it is none.
std::optional<TerminalSize> terminal_size(int fd);
std::optional<unsigned> terminal_width(int fd);
/// Seconds and nanoseconds of the real-time clock.
std::int64_t now_unix_nanoseconds();

}  // namespace slipway::os
