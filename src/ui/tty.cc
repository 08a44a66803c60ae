// A live display: what has ended scrolls up and stays; below it a headline, the running steps and
// the ends of their logs are redrawn about ten times a second.
//
// A frame is one write: hide the cursor, go up over the last frame, overwrite each row to its end,
// clear what is left, show the cursor. So nothing flickers, and whatever ends the process, the
// cursor is there and the terminal is usable.
#include "os/system.h"
#include "ui/internal/build_state.h"
#include "ui/internal/findings.h"
#include "ui/internal/output.h"
#include "ui/internal/renderers.h"
#include "ui/internal/screen.h"
#include "ui/internal/terminal_text.h"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace slipway::ui::internal {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kFrameTime = std::chrono::milliseconds(100);
constexpr std::size_t kLongestTailLine = 2000;

class TtyRenderer final : public Renderer {
  public:
    explicit TtyRenderer(int fd)
        : fd_(fd),
          colors_(os::get_env("NO_COLOR").value_or("").empty() ? Colors::kOn : Colors::kOff),
          out_(fd),
          state_(Clock::now()),
          ticker_([this](const std::stop_token& stop) { tick(stop); }) {}
    ~TtyRenderer() override { finish(); }

    void emit(const progress::Event& event) override {
        const std::lock_guard lock(mutex_);
        std::visit([&](const auto& each) { take(each); }, event);
        changed_ = true;
    }

    void finish() override {
        if (!ticker_.joinable()) return;
        ticker_.request_stop();
        ticker_.join();
        const std::lock_guard lock(mutex_);
        size_ = os::terminal_size(fd_).value_or(size_);
        std::vector<ScreenLine> last = std::move(ended_);
        last.push_back(closing_line());
        draw(last, {});
        static_cast<void>(write_failed_logs(state_, out_, LogText::kPrintable));
        out_.show(summarize_findings(findings_));
    }

  private:
    void take(const progress::BuildStarted& event) { state_.set_total(event.steps); }
    void take(const progress::StepQueued& event) { state_.queued(event); }
    void take(const progress::StepStarted& event) { state_.started(event, Clock::now()); }
    void take(const progress::StepLog& event) {
        Step& step = state_.step(event.step);
        step.log.append(event.text);
        step.lines[event.stream == 2 ? 1 : 0].append(event.text, [&](std::string_view line) {
            while (line.ends_with('\r')) line.remove_suffix(1);
            const auto overwritten = line.rfind('\r');
            if (overwritten != std::string_view::npos) line.remove_prefix(overwritten + 1);
            step.tail.emplace_back(line.substr(0, kLongestTailLine));
            if (step.tail.size() > Step::kTail) step.tail.pop_front();
        });
    }
    void take(const progress::StepProgress& event) { state_.progress(event); }
    void take(const progress::StepDone& event) {
        Step& step = state_.step(event.step);
        if (step.done) return;
        state_.done(event);
        ended_.push_back(finished_line(step));
    }
    void take(const progress::Warning& event) {
        if (is_finding(event)) {
            findings_.push_back(event);
            return;
        }
        std::string text = " => WARNING: " + one_line(event.text);
        if (event.where)
            text += fmt::format(" ({}:{})", one_line(event.where->file), event.where->first_line);
        ended_.push_back({.text = std::move(text), .right = "", .style = Style::kWarning});
    }
    void take(const progress::BuildDone& event) { end_ = event; }

    [[nodiscard]] ScreenLine closing_line() const {
        const char* word = !end_ ? "Stopped after" : end_->ok ? "Built in" : "Failed after";
        const auto duration = end_ ? end_->duration : Clock::now() - state_.start();
        return {.text = fmt::format("[+] {} {} {}", word, seconds(duration), counts(state_)),
                .right = "",
                .style = end_ && !end_->ok ? Style::kError : Style::kHeader};
    }

    void tick(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested()) {
            wake_.wait_for(lock, stop, kFrameTime, [] { return false; });
            if (stop.stop_requested()) return;
            if (!changed_ && state_.running().empty()) continue;
            changed_ = false;
            size_ = os::terminal_size(fd_).value_or(size_);
            const std::vector<ScreenLine> ended = std::exchange(ended_, {});
            const std::vector<ScreenLine> live = live_lines(state_, Clock::now(), size_);
            lock.unlock();  // a stopped terminal (Ctrl-S) must not stop the build
            draw(ended, live);
            lock.lock();
        }
    }

    /// Only the ticker draws, and finish() after it.
    void draw(const std::vector<ScreenLine>& ended, const std::vector<ScreenLine>& live) {
        std::string frame = "\x1b[?25l";
        std::size_t up = 0;
        // The terminal may have become narrower since, and wrapped what we drew.
        for (const std::size_t width : drawn_)
            up += width == 0 ? 1 : (width + size_.columns - 1) / size_.columns;
        if (up > 0) frame += fmt::format("\x1b[{}A", up);
        frame += '\r';
        drawn_.clear();
        for (const auto& line : ended) frame += paint(line, size_.columns, colors_) + "\x1b[K\r\n";
        for (const auto& line : live) {
            frame += paint(line, size_.columns, colors_) + "\x1b[K\r\n";
            drawn_.push_back(display_width(paint(line, size_.columns, Colors::kOff)));
        }
        frame += "\x1b[J\x1b[?25h";
        out_.show(frame);
    }

    const int fd_;
    const Colors colors_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    Output out_;
    BuildState state_;
    std::vector<ScreenLine> ended_;  ///< not drawn yet
    std::vector<progress::Warning> findings_;
    std::optional<progress::BuildDone> end_;
    bool changed_ = false;
    os::TerminalSize size_;
    std::vector<std::size_t> drawn_;  ///< widths of the rows that the next frame overwrites
    std::jthread ticker_;             ///< last: it uses all of the above
};

}  // namespace

std::unique_ptr<Renderer> make_tty(int fd) {
    return std::make_unique<TtyRenderer>(fd);
}

}  // namespace slipway::ui::internal
