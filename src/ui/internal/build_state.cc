#include "ui/internal/build_state.h"

#include "base/text.h"
#include "base/utf8.h"
#include "ui/internal/terminal_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace slipway::ui::internal {

using progress::Reason;

Step& BuildState::step(const Digest& digest) {
    auto& slot = steps_[digest];
    if (!slot) {
        slot = std::make_unique<Step>();
        order_.push_back(slot.get());
        slot->number = order_.size();
        slot->name = digest.short_hex();
    }
    return *slot;
}

void BuildState::queued(const progress::StepQueued& event) {
    step(event.step).name = one_line(event.name);
}

void BuildState::started(const progress::StepStarted& event, TimePoint now) {
    Step& found = step(event.step);
    if (found.started || found.done) return;
    found.started = now;
    const auto place = std::ranges::upper_bound(running_, found.number, {}, &Step::number);
    running_.insert(place, &found);
}

void BuildState::progress(const progress::StepProgress& event) {
    step(event.step).transfers[one_line(event.what)] = {.current = event.current,
                                                        .total = event.total};
}

void BuildState::done(const progress::StepDone& event) {
    Step& found = step(event.step);
    if (found.done) return;
    found.done = event;
    ++finished_;
    if (is_hit(event.reason)) ++cached_;
    std::erase(running_, &found);
    found.tail.clear();
    found.transfers.clear();
    if (!found.failed()) found.log.clear();
}

std::vector<const Step*> BuildState::failed() const {
    std::vector<const Step*> found;
    for (const Step* each : order_) {
        if (each->failed()) found.push_back(each);
    }
    return found;
}

bool is_hit(Reason reason) {
    return reason == Reason::kHitLocal || reason == Reason::kHitContent;
}

std::string seconds(std::chrono::nanoseconds duration) {
    return fmt::format("{:.1f}s", std::chrono::duration<double>(duration).count());
}

std::string reason_words(const progress::StepDone& done) {
    if (!done.detail.empty()) return one_line(done.detail);
    switch (done.reason) {
        case Reason::kHitContent:
            return "same content";
        case Reason::kMissOp:
            return "the instruction changed";
        case Reason::kMissInputs:
            return "an input changed";
        case Reason::kMissEvicted:
            return "its result is gone from the store";
        case Reason::kNoCacheAsked:
            return "no cache asked";
        case Reason::kHitLocal:
        case Reason::kMissFirst:
        case Reason::kSource:
        case Reason::kOutput:
        case Reason::kFailed:
        case Reason::kCancelled:
            return "";
    }
    return "";
}

std::string outcome(const progress::StepDone& done) {
    if (done.reason == Reason::kCancelled) return "CANCELED";
    if (done.reason == Reason::kFailed) {
        return "ERROR: " + (done.error ? one_line(done.error->to_string()) : std::string("failed"));
    }
    const std::string why = reason_words(done);
    const std::string what = is_hit(done.reason) ? "CACHED" : "DONE " + seconds(done.duration);
    return why.empty() ? what : fmt::format("{} ({})", what, why);
}

std::string describe(const Transfer& transfer) {
    if (transfer.total == 0) return format_bytes(transfer.current);
    return fmt::format("{} / {}", format_bytes(transfer.current), format_bytes(transfer.total));
}

namespace {

/// Passes whole lines on, without what could upset a terminal.
class PrintableWriter final : public Writer {
  public:
    explicit PrintableWriter(Writer& next) : next_(next) {}
    using Writer::write;
    Result<void> write(std::span<const std::byte> data) override {
        std::string shown;
        lines_.append({reinterpret_cast<const char*>(data.data()), data.size()},
                      [&](std::string_view line) {
                          while (line.ends_with('\r')) line.remove_suffix(1);
                          shown += printable(line) + '\n';
                      });
        return next_.write(shown);
    }
    Result<void> finish() { return lines_.pending().empty() ? Result<void>() : write("\n"); }

  private:
    Writer& next_;
    LineBuffer lines_;
};

/// Adds the line end that a log may lack.
class LineEndingWriter final : public Writer {
  public:
    explicit LineEndingWriter(Writer& next) : next_(next) {}
    using Writer::write;
    Result<void> write(std::span<const std::byte> data) override {
        if (!data.empty()) ended_ = data.back() == std::byte{'\n'};
        return next_.write(data);
    }
    Result<void> finish() { return ended_ ? Result<void>() : next_.write("\n"); }

  private:
    Writer& next_;
    bool ended_ = true;
};

}  // namespace

Result<void> write_failed_logs(const BuildState& state, Writer& to, LogText text) {
    for (const Step* each : state.failed()) {
        if (each->log.empty()) continue;
        SLIPWAY_TRY(to.write(fmt::format("------\n > {}:\n", each->name)));
        if (text == LogText::kPrintable) {
            PrintableWriter lines(to);
            SLIPWAY_TRY(each->log.replay(lines));
            SLIPWAY_TRY(lines.finish());
        } else {
            LineEndingWriter lines(to);
            SLIPWAY_TRY(each->log.replay(lines));
            SLIPWAY_TRY(lines.finish());
        }
        SLIPWAY_TRY(to.write("------\n"));
    }
    return {};
}

}  // namespace slipway::ui::internal
