// Equal requests in flight are done once: pulling one blob for three images, hashing one folder for
// two steps.
#pragma once

#include "base/result.h"

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace slipway::async {

template <typename Key, typename Value>
class SingleFlight {
  public:
    using Work = std::function<Result<Value>(std::stop_token)>;

    /// The result of `work` for `key`: ours, or that of an equal request that is already in flight.
    /// Nothing is kept once it ends: a later request works again. The first caller works on its own
    /// thread and stays until the end, even when its own `stop` asks it to leave while others still
    /// wait. A caller whose `stop` asks leaves with kCancelled; when the last one left, the token
    /// given to `work` asks to stop. Who comes after that waits for the end of the stopped work and
    /// starts anew.
    Result<Value> run(const Key& key, std::stop_token stop, const Work& work) {
        std::unique_lock lock(mutex_);
        while (true) {
            if (stop.stop_requested()) return cancelled();
            const auto found = flights_.find(key);
            if (found == flights_.end()) break;
            const std::shared_ptr<Flight> flight = found->second;
            if (flight->waiting > 0) return join(lock, *flight, stop);
            flight->ended.wait(lock, stop, [&] { return flight->result.has_value(); });
        }
        const auto flight = std::make_shared<Flight>();
        flights_.emplace(key, flight);
        lock.unlock();

        std::optional<Result<Value>> result;
        bool left = false;
        {
            const std::stop_callback on_stop(stop, [&] {
                std::unique_lock inner(mutex_);
                left = true;
                leave(inner, *flight);
            });
            result.emplace(work(flight->source.get_token()));
        }
        lock.lock();
        flights_.erase(key);
        flight->result = std::move(result);
        flight->ended.notify_all();
        if (left) return cancelled();
        return *flight->result;
    }

  private:
    struct Flight {
        std::stop_source source;
        std::condition_variable_any ended;
        std::size_t waiting = 1;
        std::optional<Result<Value>> result;
    };

    static Error cancelled() {
        return {ErrorCode::kCancelled, "stopped while waiting for shared work"};
    }

    /// Unlocks: what the stop request calls may come back to us, for another key.
    static void leave(std::unique_lock<std::mutex>& lock, Flight& flight) {
        const bool last = --flight.waiting == 0;
        lock.unlock();
        if (last) flight.source.request_stop();
    }

    static Result<Value> join(std::unique_lock<std::mutex>& lock, Flight& flight,
                              const std::stop_token& stop) {
        ++flight.waiting;
        if (flight.ended.wait(lock, stop, [&] { return flight.result.has_value(); }))
            return *flight.result;
        leave(lock, flight);
        return cancelled();
    }

    std::mutex mutex_;
    std::map<Key, std::shared_ptr<Flight>> flights_;
};

}  // namespace slipway::async
