// Trying again what the outside world broke: the one place that decides when, how often and after
// how long.
#pragma once

#include "base/result.h"

#include <chrono>
#include <optional>
#include <stop_token>

namespace slipway::registry {

/// What an attempt tells besides its error.
struct AttemptInfo {
    bool again = false;       ///< trying again may help
    bool progressed = false;  ///< it brought enough that the count of retries starts afresh
    std::optional<std::chrono::milliseconds> asked_wait;  ///< the server's Retry-After
    bool refused = false;                                 ///< nobody listens there
};

struct RetryPolicy {
    unsigned retries = 4;
    std::chrono::milliseconds first_delay{250};  ///< doubled each time
    std::chrono::milliseconds longest_delay{20'000};
    /// A server that asks for more than this is not waited for.
    std::chrono::milliseconds longest_asked{120'000};
};

/// Time and chance, so that tests need neither.
class Patience {
  public:
    virtual ~Patience() = default;
    /// In [0, 1).
    virtual double random() = 0;
    /// kCancelled when asked to stop before the time is over.
    virtual Result<void> wait(std::chrono::milliseconds time, std::stop_token stop) = 0;
};

/// Any thread.
class RealPatience final : public Patience {
  public:
    double random() override;
    Result<void> wait(std::chrono::milliseconds time, std::stop_token stop) override;
};

/// How long to wait after `failures` failed attempts (from 1); nothing when it is time to give up.
/// Half of the delay is left to chance, so that many clients do not come back at once.
std::optional<std::chrono::milliseconds> next_delay(const RetryPolicy& policy, unsigned failures,
                                                    const AttemptInfo& info, double random);

/// Calls attempt(AttemptInfo&) until it succeeds, says that trying again does not help, or the
/// retries are spent; the last error is returned.
template <typename T, typename Attempt>
Result<T> retry(const RetryPolicy& policy, Patience& patience, const std::stop_token& stop,
                Attempt attempt) {
    for (unsigned failures = 1;; ++failures) {
        AttemptInfo info;
        Result<T> result = attempt(info);
        if (result || !info.again) return result;
        if (info.progressed) failures = 1;
        const auto delay = next_delay(policy, failures, info, patience.random());
        if (!delay) return result;
        SLIPWAY_TRY(patience.wait(*delay, stop));
    }
}

}  // namespace slipway::registry
