// What the events so far add up to: the picture that the terminal, plain and quiet renderers draw
// from.
#pragma once

#include "base/digest.h"
#include "progress/event.h"
#include "ui/internal/log_spool.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace slipway::ui::internal {

using TimePoint = std::chrono::steady_clock::time_point;

/// Cuts what comes in pieces into lines.
class LineBuffer {
  public:
    /// Calls `take` with each whole line, without its line end. A line that never ends is cut at 64
    /// KiB.
    template <typename Take>
    void append(std::string_view text, const Take& take) {
        while (!text.empty()) {
            const auto end = text.find('\n');
            const std::size_t size = std::min(end, text.size());
            const std::size_t room = kLongest - pending_.size();
            if (end == std::string_view::npos || size > room) {
                pending_ += text.substr(0, std::min(size, room));
                text.remove_prefix(std::min(size, room));
                if (pending_.size() < kLongest) continue;
            } else {
                pending_ += text.substr(0, size);
                text.remove_prefix(size + 1);
            }
            take(std::string_view(pending_));
            pending_.clear();
        }
    }
    /// The line whose end has not come yet.
    [[nodiscard]] const std::string& pending() const { return pending_; }
    void clear() { pending_.clear(); }

  private:
    static constexpr std::size_t kLongest = 64UL * 1024;
    std::string pending_;
};

struct Transfer {
    std::uint64_t current = 0;
    std::uint64_t total = 0;  ///< 0: unknown
};

struct Step {
    std::size_t number = 0;  ///< from 1, in the order they were announced
    std::string name;        ///< in one line, safe for terminals
    std::optional<TimePoint> started;
    std::optional<progress::StepDone> done;
    std::array<LineBuffer, 2> lines;  ///< stdout and stderr
    std::deque<std::string> tail;     ///< the last whole lines, as they came
    std::map<std::string, Transfer> transfers;
    LogSpool log;

    static constexpr std::size_t kTail = 6;
    [[nodiscard]] bool running() const { return started && !done; }
    [[nodiscard]] bool failed() const { return done && done->reason == progress::Reason::kFailed; }
};

class BuildState {
  public:
    explicit BuildState(TimePoint start) : start_(start) {}

    void queued(const progress::StepQueued& event);
    /// The step of an event, made up if it was never announced.
    Step& step(const Digest& digest);
    void started(const progress::StepStarted& event, TimePoint now);
    void progress(const progress::StepProgress& event);
    /// Gives up the log unless the step failed.
    void done(const progress::StepDone& event);

    void set_total(std::size_t steps) { total_ = steps; }
    [[nodiscard]] std::size_t total() const { return std::max(total_, order_.size()); }
    [[nodiscard]] std::size_t finished() const { return finished_; }
    [[nodiscard]] std::size_t cached() const { return cached_; }
    [[nodiscard]] TimePoint start() const { return start_; }
    /// In the order of their numbers.
    [[nodiscard]] const std::vector<Step*>& running() const { return running_; }
    [[nodiscard]] std::vector<const Step*> failed() const;

  private:
    TimePoint start_;
    std::size_t total_ = 0;
    std::size_t finished_ = 0;
    std::size_t cached_ = 0;
    std::unordered_map<Digest, std::unique_ptr<Step>> steps_;
    std::vector<Step*> order_;
    std::vector<Step*> running_;
};

bool is_hit(progress::Reason reason);
/// "CACHED", "CACHED (same content)", "DONE 1.2s (context file 'a' changed)", "ERROR: ...",
/// "CANCELED".
std::string outcome(const progress::StepDone& done);
/// Why a step ran, in words; "" when there is nothing to say.
std::string reason_words(const progress::StepDone& done);
std::string seconds(std::chrono::nanoseconds duration);  ///< "1.2s"
/// "12.0 MiB / 40.0 MiB", or only the first when the total is not known.
std::string describe(const Transfer& transfer);

/// The logs of the steps that failed, each whole, between rules. `safe`: without escape sequences.
enum class LogText { kAsItCame, kPrintable };
Result<void> write_failed_logs(const BuildState& state, Writer& to, LogText text);

}  // namespace slipway::ui::internal
