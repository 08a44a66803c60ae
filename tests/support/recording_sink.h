// A progress sink that remembers. Tests that use it link slipway::progress.
#pragma once

#include "progress/event.h"

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::testing {

class RecordingSink final : public progress::Sink {
  public:
    void emit(const progress::Event& event) override {
        const std::lock_guard lock(mutex_);
        events_.push_back(event);
    }

    [[nodiscard]] std::vector<progress::Event> events() const {
        const std::lock_guard lock(mutex_);
        return events_;
    }

    /// All events of one kind, in order: sink.all<progress::StepDone>()
    template <typename Kind>
    [[nodiscard]] std::vector<Kind> all() const {
        const std::lock_guard lock(mutex_);
        std::vector<Kind> found;
        for (const auto& event : events_) {
            if (const auto* match = std::get_if<Kind>(&event)) found.push_back(*match);
        }
        return found;
    }

    /// The reasons of the steps that ended, in the order of their ends.
    [[nodiscard]] std::vector<progress::Reason> reasons() const {
        std::vector<progress::Reason> found;
        for (const auto& done : all<progress::StepDone>()) found.push_back(done.reason);
        return found;
    }

    /// How the step called `name` ended.
    [[nodiscard]] std::optional<progress::StepDone> done(std::string_view name) const {
        for (const auto& queued : all<progress::StepQueued>()) {
            if (queued.name != name) continue;
            for (const auto& done : all<progress::StepDone>()) {
                if (done.step == queued.step) return done;
            }
        }
        return std::nullopt;
    }

    /// Everything the step wrote, both streams.
    [[nodiscard]] std::string log_of(const Digest& step) const {
        std::string text;
        for (const auto& log : all<progress::StepLog>()) {
            if (log.step == step) text += log.text;
        }
        return text;
    }

    void clear() {
        const std::lock_guard lock(mutex_);
        events_.clear();
    }

  private:
    mutable std::mutex mutex_;
    std::vector<progress::Event> events_;
};

}  // namespace slipway::testing
