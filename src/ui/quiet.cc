// Nothing but the logs of steps that failed.
#include "os/system.h"
#include "ui/internal/build_state.h"
#include "ui/internal/output.h"
#include "ui/internal/renderers.h"

#include <mutex>
#include <variant>

namespace slipway::ui::internal {

namespace {

class QuietRenderer final : public Renderer {
  public:
    explicit QuietRenderer(int fd, LogText text)
        : out_(fd), log_text_(text), state_(std::chrono::steady_clock::now()) {}
    ~QuietRenderer() override { finish(); }

    void emit(const progress::Event& event) override {
        const std::lock_guard lock(mutex_);
        std::visit(Overloaded{[&](const progress::StepQueued& each) { state_.queued(each); },
                              [&](const progress::StepLog& each) {
                                  state_.step(each.step).log.append(each.text);
                              },
                              [&](const progress::StepDone& each) { state_.done(each); },
                              [](const auto&) {}},
                   event);
    }

    void finish() override {
        const std::lock_guard lock(mutex_);
        if (finished_) return;
        finished_ = true;
        static_cast<void>(write_failed_logs(state_, out_, log_text_));
    }

  private:
    std::mutex mutex_;
    Output out_;
    const LogText log_text_;
    BuildState state_;
    bool finished_ = false;
};

}  // namespace

std::unique_ptr<Renderer> make_quiet(int fd) {
    const LogText text = os::terminal_size(fd) ? LogText::kPrintable : LogText::kAsItCame;
    return std::make_unique<QuietRenderer>(fd, text);
}

}  // namespace slipway::ui::internal
