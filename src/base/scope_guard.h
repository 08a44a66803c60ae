// For what has no owner type: runs `action` at the end of the scope. The action may not throw.
#pragma once

#include <utility>

namespace slipway {

template <typename Action>
class [[nodiscard]] ScopeGuard {
  public:
    explicit ScopeGuard(Action action) : action_(std::move(action)) {}
    ScopeGuard(const ScopeGuard&) = delete;
    ScopeGuard& operator=(const ScopeGuard&) = delete;
    ~ScopeGuard() {
        if (armed_) action_();
    }
    /// The action is not wanted any more.
    void release() { armed_ = false; }

  private:
    Action action_;
    bool armed_ = true;
};

}  // namespace slipway
