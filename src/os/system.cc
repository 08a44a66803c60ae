#include "os/system.h"

#include "base/text.h"
#include "os/file.h"
#include "os/internal/cpu_quota.h"

#include <sched.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <utility>

namespace slipway::os {

namespace {

unsigned affinity_count() {
    for (std::size_t processors = 1024; processors <= 1024UL * 1024; processors *= 4) {
        cpu_set_t* set = CPU_ALLOC(processors);
        if (set == nullptr) break;
        const std::size_t size = CPU_ALLOC_SIZE(processors);
        const int result = ::sched_getaffinity(0, size, set);
        const int saved_errno = errno;
        const int count = result == 0 ? CPU_COUNT_S(size, set) : 0;
        CPU_FREE(set);
        if (result == 0) return static_cast<unsigned>(std::max(count, 1));
        if (saved_errno != EINVAL) break;
    }
    return 1;
}

}  // namespace

unsigned cpu_count() {
    // Asked once: the supervised body no longer sees the v1 cgroups that limit it, but inherits
    // this answer.
    static const unsigned kCount = [] {
        const auto groups = read_file("/proc/self/cgroup");
        const auto quota = groups ? internal::cpu_quota(*groups, "/sys/fs/cgroup") : std::nullopt;
        const unsigned usable = affinity_count();
        return std::max(1U, std::min(usable, quota.value_or(usable)));
    }();
    return kCount;
}

Result<std::string> boot_id() {
    SLIPWAY_ASSIGN(const std::string text, read_file("/proc/sys/kernel/random/boot_id", 4096));
    return std::string(trim(text));
}

bool is_root() {
    return ::geteuid() == 0;
}

UserIds calling_user() {
    UserIds ids{::getuid(), ::getgid()};
    if (ids.uid != 0) return ids;
    const auto uid = parse_uint(get_env("SUDO_UID").value_or(""));
    const auto gid = parse_uint(get_env("SUDO_GID").value_or(""));
    if (uid && gid && *uid <= 0xFFFFFFFFU && *gid <= 0xFFFFFFFFU) {
        ids = {static_cast<std::uint32_t>(*uid), static_cast<std::uint32_t>(*gid)};
    }
    return ids;
}

std::optional<std::string> get_env(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::string machine_architecture() {
    utsname names{};
    if (::uname(&names) != 0) return "unknown";
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kNames = {{
        {"x86_64", "amd64"},
        {"aarch64", "arm64"},
        {"i386", "386"},
        {"i486", "386"},
        {"i586", "386"},
        {"i686", "386"},
        {"armv6l", "arm"},
        {"armv7l", "arm"},
        {"armv8l", "arm"},
        {"loongarch64", "loong64"},
        {"mips64", "mips64le"},
        {"aarch64_be", "arm64be"},
    }};
    const std::string_view machine = names.machine;
    for (const auto& [kernel, oci] : kNames) {
        if (machine == kernel) return std::string(oci);
    }
    return std::string(machine);  // ppc64le, s390x, riscv64: the same words
}

std::optional<TerminalSize> terminal_size(int fd) {
    if (::isatty(fd) == 0) return std::nullopt;
    TerminalSize size;
    winsize known{};
    if (::ioctl(fd, TIOCGWINSZ, &known) == 0) {
        if (known.ws_col > 0) size.columns = known.ws_col;
        if (known.ws_row > 0) size.rows = known.ws_row;
    }
    return size;
}

std::optional<unsigned> terminal_width(int fd) {
    const auto size = terminal_size(fd);
    return size ? std::optional(size->columns) : std::nullopt;
}

std::int64_t now_unix_nanoseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace slipway::os
