// Stream sockets of this machine, by path.
#pragma once

#include "base/result.h"
#include "os/dir.h"
#include "os/fd.h"

#include <cstdint>
#include <stop_token>
#include <string>

namespace slipway::os {

/// A socket in a directory that is listened at. The name stays when it ends.
class UnixListener {
  public:
    /// `name` is new; the path to `dir` may be longer than a socket's address can be.
    static Result<UnixListener> create(const Dir& dir, const std::string& name, std::uint32_t mode,
                                       std::uint32_t uid, std::uint32_t gid);
    /// The next connection. kCancelled when asked to stop.
    [[nodiscard]] Result<Fd> accept(const std::stop_token& stop) const;

  private:
    explicit UnixListener(Fd socket) : socket_(std::move(socket)) {}
    Fd socket_;
};

Result<Fd> connect_unix(const std::string& host_path);
/// Waits until there is something to read, or the other side is gone. kCancelled when asked to
/// stop.
Result<void> wait_readable(const Fd& fd, const std::stop_token& stop);

}  // namespace slipway::os
