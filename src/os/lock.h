// Locks between processes by flock: the kernel drops them with the process.
#pragma once

#include "base/result.h"
#include "os/fd.h"

#include <optional>
#include <stop_token>
#include <string>

namespace slipway::os {

enum class LockMode { kShared, kExclusive };

class FileLock {
  public:
    /// Waits; kCancelled when asked to stop. The file is created when missing, and never removed.
    static Result<FileLock> acquire(const std::string& path, LockMode mode,
                                    std::stop_token stop = {});
    /// Nothing when somebody else holds it.
    static Result<std::optional<FileLock>> try_acquire(const std::string& path, LockMode mode);

  private:
    explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

}  // namespace slipway::os
