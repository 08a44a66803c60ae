#include "registry/retry.h"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <random>

namespace slipway::registry {

double RealPatience::random() {
    thread_local std::minstd_rand engine{std::random_device{}()};
    return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

Result<void> RealPatience::wait(std::chrono::milliseconds time, std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    changed.wait_for(lock, stop, time, [] { return false; });
    if (stop.stop_requested()) return Error(ErrorCode::kCancelled, "cancelled");
    return {};
}

std::optional<std::chrono::milliseconds> next_delay(const RetryPolicy& policy, unsigned failures,
                                                    const AttemptInfo& info, double random) {
    if (failures > policy.retries) return std::nullopt;
    auto full = policy.first_delay;
    for (unsigned i = 1; i < failures && full < policy.longest_delay; ++i) full *= 2;
    full = std::min(full, policy.longest_delay);
    const auto half = static_cast<double>(full.count()) / 2;
    const std::chrono::milliseconds own(static_cast<std::int64_t>(half + half * random));
    if (!info.asked_wait) return own;
    if (*info.asked_wait > policy.longest_asked) return std::nullopt;
    return std::max(own, *info.asked_wait);
}

}  // namespace slipway::registry
