// Lines that only ever grow, for logs and pipes; shaped like those that users of BuildKit know:
//
//   #3 [runtime 2/7] RUN make
//   #3 0.412 a line that the step wrote, 0.412 s after its start
//   #3 DONE 1.2s (context file 'src/main.c' changed)
#include "ui/internal/build_state.h"
#include "ui/internal/findings.h"
#include "ui/internal/output.h"
#include "ui/internal/renderers.h"
#include "ui/internal/terminal_text.h"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace slipway::ui::internal {

namespace {

using Clock = std::chrono::steady_clock;

class PlainRenderer final : public Renderer {
  public:
    explicit PlainRenderer(int fd) : out_(fd), state_(Clock::now()) {}
    ~PlainRenderer() override { finish(); }

    void emit(const progress::Event& event) override {
        const std::lock_guard lock(mutex_);
        std::visit([&](const auto& each) { take(each); }, event);
        out_.show(text_);
        text_.clear();
    }

    void finish() override {
        const std::lock_guard lock(mutex_);
        if (finished_) return;
        finished_ = true;
        static_cast<void>(write_failed_logs(state_, out_, LogText::kAsItCame));
        out_.show(summarize_findings(findings_));
    }

  private:
    void take(const progress::BuildStarted&) {}
    void take(const progress::StepQueued& event) { state_.queued(event); }
    void take(const progress::StepStarted& event) {
        state_.started(event, Clock::now());
        introduce(state_.step(event.step));
    }
    void take(const progress::StepLog& event) {
        Step& step = state_.step(event.step);
        introduce(step);
        step.log.append(event.text);
        step.lines[event.stream == 2 ? 1 : 0].append(
            event.text, [&](std::string_view line) { log_line(step, line); });
    }
    void take(const progress::StepProgress& event) {
        Step& step = state_.step(event.step);
        introduce(step);
        const std::string what = one_line(event.what);
        const Transfer now{.current = event.current, .total = event.total};
        const bool complete = now.total > 0 && now.current >= now.total;
        auto& last = last_shown_[{step.number, what}];
        // Once a second, and the end once.
        if (last.complete || (!complete && Clock::now() - last.time < std::chrono::seconds(1)))
            return;
        last = {.time = Clock::now(), .complete = complete};
        text_ += fmt::format("#{} {} {}\n", step.number, what, describe(now));
    }
    void take(const progress::StepDone& event) {
        Step& step = state_.step(event.step);
        if (step.done) return;
        introduce(step);
        for (LineBuffer& lines : step.lines) {
            if (!lines.pending().empty()) log_line(step, lines.pending());
            lines.clear();
        }
        text_ += fmt::format("#{} {}\n", step.number, outcome(event));
        state_.done(event);
        last_shown_.erase(last_shown_.lower_bound({step.number, ""}),
                          last_shown_.lower_bound({step.number + 1, ""}));
    }
    void take(const progress::Warning& event) {
        if (is_finding(event)) {
            findings_.push_back(event);
            return;
        }
        text_ += "WARNING: " + one_line(event.text);
        if (event.where)
            text_ += fmt::format(" ({}:{})", one_line(event.where->file), event.where->first_line);
        text_ += '\n';
    }
    void take(const progress::BuildDone&) {}

    /// The step's name, once, before anything else about it.
    void introduce(const Step& step) {
        if (!introduced_.insert(step.number).second) return;
        if (introduced_.size() > 1) text_ += '\n';
        text_ += fmt::format("#{} {}\n", step.number, step.name);
    }

    void log_line(const Step& step, std::string_view line) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        const auto since = step.started ? Clock::now() - *step.started : Clock::duration();
        text_ += fmt::format("#{} {:.3f} {}\n", step.number,
                             std::chrono::duration<double>(since).count(), line);
    }

    struct Shown {
        TimePoint time;
        bool complete = false;
    };

    std::mutex mutex_;
    Output out_;
    BuildState state_;
    std::string text_;  ///< of the event in hand
    std::set<std::size_t> introduced_;
    std::map<std::pair<std::size_t, std::string>, Shown> last_shown_;
    std::vector<progress::Warning> findings_;
    bool finished_ = false;
};

}  // namespace

std::unique_ptr<Renderer> make_plain(int fd) {
    return std::make_unique<PlainRenderer>(fd);
}

}  // namespace slipway::ui::internal
