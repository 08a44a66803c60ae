// Look-up that cannot leave a directory. RelPath has no ".." and no absolute form, so the only ways
// out are symlinks (refused here in every position) and mounts (allowed: the caller made them).
#include "os/internal/syscalls.h"

#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <string_view>

namespace slipway::os::internal {

namespace {

std::atomic<bool> openat2_missing = false;

/// One component after the other, none of them a link.
int open_by_walk(int dir, const std::string& path, int flags, mode_t mode) {
    Fd held;
    int at = dir;
    std::string_view rest = path;
    while (true) {
        const std::size_t slash = rest.find('/');
        const std::string name(rest.substr(0, slash));
        const bool last = slash == std::string_view::npos;
        const int step_flags = last ? flags | O_NOFOLLOW : O_PATH | O_DIRECTORY | O_NOFOLLOW;
        const int next = retry_eintr(
            [&] { return ::openat(at, name.c_str(), step_flags | O_CLOEXEC, last ? mode : 0); });
        if (next < 0) {
            const int saved_errno = errno;
            struct stat info {};
            // O_DIRECTORY reports a symlink as "not a directory"; openat2 says ELOOP, and so do we.
            const bool is_link = saved_errno == ENOTDIR &&
                                 ::fstatat(at, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
                                 S_ISLNK(info.st_mode);
            held = Fd();
            errno = is_link ? ELOOP : saved_errno;
            return -1;
        }
        if (last) return next;
        held = Fd(next);
        at = held.get();
        rest.remove_prefix(slash + 1);
    }
}

}  // namespace

void testing_only_refuse_openat2(bool refuse) {
    openat2_missing = refuse;
}

int open_beneath(int dir, const std::string& path, int flags, mode_t mode) {
    if (openat2_missing.load(std::memory_order_relaxed) || path.size() >= PATH_MAX) {
        return open_by_walk(dir, path, flags, mode);
    }
    open_how how{};
    how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
    how.mode = mode;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    const long fd =
        retry_eintr([&] { return ::syscall(SYS_openat2, dir, path.c_str(), &how, sizeof how); });
    if (fd >= 0) return static_cast<int>(fd);
    if (errno == EAGAIN) return open_by_walk(dir, path, flags, mode);
    if (errno == ENOSYS) {
        openat2_missing = true;
        return open_by_walk(dir, path, flags, mode);
    }
    // A seccomp filter that does not know openat2 may say EPERM; a real EPERM comes again from the
    // walk.
    if (errno == EPERM) return open_by_walk(dir, path, flags, mode);
    return -1;
}

Result<Parent> Parent::open(const Fd& root, const RelPath& path, const char* what) {
    Parent parent;
    parent.borrowed_ = root.get();
    const std::string_view name = path.name();
    parent.name_ = path.is_root() ? std::string(".") : std::string(name);
    if (name.size() < path.text().size()) {
        const std::string dir = path.text().substr(0, path.text().size() - name.size() - 1);
        const int fd = open_beneath(root.get(), dir, O_PATH | O_DIRECTORY);
        const int saved_errno = errno;
        if (fd < 0) {
            return Error::from_errno(saved_errno, fmt::format("{} '{}'", what, path.text()));
        }
        parent.owned_ = Fd(fd);
    }
    return parent;
}

std::string Parent::proc_path() const {
    return fmt::format("/proc/self/fd/{}/{}", fd(), name_);
}

int change_mode(int dir, const char* name, mode_t mode) {
#ifdef SYS_fchmodat2
    constexpr long kFchmodat2 = SYS_fchmodat2;
#else
    constexpr long kFchmodat2 = 452;  // the same number on every architecture
#endif
    if (::syscall(kFchmodat2, dir, name, mode, AT_SYMLINK_NOFOLLOW) == 0) return 0;
    if (errno != ENOSYS && errno != EPERM) return -1;
    return ::fchmodat(dir, name, mode, AT_SYMLINK_NOFOLLOW);  // the C library's way round, by /proc
}

}  // namespace slipway::os::internal
