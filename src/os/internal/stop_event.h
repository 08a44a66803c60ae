// A stop request as something that poll() can wait for.
#pragma once

#include "os/fd.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <stop_token>

namespace slipway::os::internal {

class StopEvent {
  public:
    /// Without descriptors at all when nobody can ask.
    static Result<StopEvent> create(const std::stop_token& stop) {
        StopEvent event;
        if (!stop.stop_possible()) return event;
        const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        const int saved_errno = errno;
        if (fd < 0) return Error::from_errno(saved_errno, "eventfd");
        event.event_ = Fd(fd);
        event.notify_ = std::make_unique<Notify>(stop, Signal{fd});
        return event;
    }

    /// Readable once a stop was asked; -1 (which poll ignores) when that cannot happen.
    [[nodiscard]] int fd() const { return event_.get(); }

  private:
    struct Signal {
        int fd;
        void operator()() const noexcept {
            const std::uint64_t one = 1;
            static_cast<void>(!::write(fd, &one, sizeof one));
        }
    };
    using Notify = std::stop_callback<Signal>;

    Fd event_;
    std::unique_ptr<Notify> notify_;  ///< goes before the descriptor it writes to
};

}  // namespace slipway::os::internal
