#include "os/lock.h"

#include "os/internal/syscalls.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace slipway::os {

namespace {

int flock_operation(LockMode mode) {
    return mode == LockMode::kShared ? LOCK_SH : LOCK_EX;
}

Result<Fd> open_lock_file(const std::string& path) {
    const int fd = internal::retry_eintr(
        [&] { return ::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644); });
    const int saved_errno = errno;
    if (fd < 0)
        return Error::from_errno(saved_errno, fmt::format("cannot open lock file '{}'", path));
    return Fd(fd);
}

/// True when it is ours now, false when somebody else holds it.
Result<bool> try_flock(const Fd& fd, LockMode mode, const std::string& path) {
    const int result =
        internal::retry_eintr([&] { return ::flock(fd.get(), flock_operation(mode) | LOCK_NB); });
    const int saved_errno = errno;
    if (result == 0) return true;
    if (saved_errno == EWOULDBLOCK) return false;
    return Error::from_errno(saved_errno, fmt::format("cannot lock '{}'", path));
}

}  // namespace

Result<FileLock> FileLock::acquire(const std::string& path, LockMode mode, std::stop_token stop) {
    SLIPWAY_ASSIGN(Fd fd, open_lock_file(path));
    if (!stop.stop_possible()) {
        const int result =
            internal::retry_eintr([&] { return ::flock(fd.get(), flock_operation(mode)); });
        const int saved_errno = errno;
        if (result != 0)
            return Error::from_errno(saved_errno, fmt::format("cannot lock '{}'", path));
        return FileLock(std::move(fd));
    }
    // The kernel cannot wait for a lock and for a stop request at once, so we ask again and again,
    // less and less often.
    std::mutex mutex;
    std::condition_variable_any stop_asked;
    auto pause = std::chrono::milliseconds(1);
    while (true) {
        SLIPWAY_ASSIGN(const bool held, try_flock(fd, mode, path));
        if (held) return FileLock(std::move(fd));
        std::unique_lock lock(mutex);
        stop_asked.wait_for(lock, stop, pause, [] { return false; });
        if (stop.stop_requested()) {
            return make_error(ErrorCode::kCancelled, "stopped while waiting for the lock '{}'",
                              path);
        }
        pause = std::min(pause * 2, std::chrono::milliseconds(50));
    }
}

Result<std::optional<FileLock>> FileLock::try_acquire(const std::string& path, LockMode mode) {
    SLIPWAY_ASSIGN(Fd fd, open_lock_file(path));
    SLIPWAY_ASSIGN(const bool held, try_flock(fd, mode, path));
    if (!held) return std::optional<FileLock>();
    return std::optional(FileLock(std::move(fd)));
}

}  // namespace slipway::os
