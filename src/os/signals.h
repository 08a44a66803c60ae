// Turns SIGINT and SIGTERM into a stop request.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>

namespace slipway::os {

/// One per process, made before other threads (it blocks the signals in the calling thread; one
/// joined thread takes them). The first signal asks to stop; the second ends the process at once
/// with 128 + signal.
class SignalStop {
  public:
    SignalStop();
    SignalStop(const SignalStop&) = delete;
    SignalStop& operator=(const SignalStop&) = delete;
    ~SignalStop();
    [[nodiscard]] std::stop_token token() const;
    /// Which one asked, if any.
    [[nodiscard]] std::optional<int> received() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::os
