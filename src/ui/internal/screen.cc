#include "ui/internal/screen.h"

#include "ui/internal/terminal_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace slipway::ui::internal {

namespace {

std::string_view color_of(Style style) {
    switch (style) {
        case Style::kPlain:
            return "";
        case Style::kHeader:
            return "\x1b[1m";
        case Style::kDone:
            return "\x1b[34m";
        case Style::kError:
            return "\x1b[31m";
        case Style::kWarning:
            return "\x1b[33m";
        case Style::kDetail:
            return "\x1b[2m";
    }
    return "";
}

/// Transfers first, then the last lines of the log; at most `rows`.
std::vector<ScreenLine> details(const Step& step, std::size_t rows) {
    std::vector<ScreenLine> lines;
    for (const auto& [what, transfer] : step.transfers) {
        if (lines.size() == rows) return lines;
        const bool complete = transfer.total > 0 && transfer.current >= transfer.total;
        if (complete) continue;
        lines.push_back({.text = fmt::format(" => => {} {}", what, describe(transfer)),
                         .right = "",
                         .style = Style::kDetail});
    }
    std::vector<std::string> log(step.tail.begin(), step.tail.end());
    for (const LineBuffer& each : step.lines) {
        if (!each.pending().empty()) log.push_back(each.pending());
    }
    const std::size_t room = std::min(rows - lines.size(), Step::kTail);
    for (std::size_t i = log.size() - std::min(room, log.size()); i < log.size(); ++i) {
        lines.push_back(
            {.text = " => => # " + shown_log_line(log[i]), .right = "", .style = Style::kDetail});
    }
    return lines;
}

}  // namespace

std::string counts(const BuildState& state) {
    const std::string cached =
        state.cached() == 0 ? "" : fmt::format(", {} cached", state.cached());
    return fmt::format("({}/{}{})", state.finished(), state.total(), cached);
}

std::vector<ScreenLine> live_lines(const BuildState& state, TimePoint now, os::TerminalSize size) {
    std::vector<ScreenLine> lines;
    lines.push_back(
        {.text = fmt::format("[+] Building {} {}", seconds(now - state.start()), counts(state)),
         .right = "",
         .style = Style::kHeader});
    // One row stays free for the cursor; what scrolls out of the screen could not be redrawn.
    std::size_t rows = std::max(size.rows, 3U) - 2;
    const auto& running = state.running();
    std::size_t shown = running.size();
    if (shown > rows) shown = rows - 1;
    rows -= shown;
    if (shown < running.size()) --rows;
    for (std::size_t i = 0; i < shown; ++i) {
        const Step& step = *running[i];
        lines.push_back({.text = " => " + step.name,
                         .right = seconds(now - *step.started),
                         .style = Style::kPlain});
        auto more = details(step, rows / (shown - i));
        rows -= more.size();
        std::ranges::move(more, std::back_inserter(lines));
    }
    if (shown < running.size()) {
        lines.push_back({.text = fmt::format(" => and {} more running", running.size() - shown),
                         .right = "",
                         .style = Style::kDetail});
    }
    return lines;
}

ScreenLine finished_line(const Step& step) {
    const progress::StepDone& done = *step.done;
    ScreenLine line{.text = " => ", .right = seconds(done.duration), .style = Style::kDone};
    if (done.reason == progress::Reason::kCancelled) line.text += "CANCELED ";
    if (done.reason == progress::Reason::kFailed) {
        line.text += "ERROR ";
        line.style = Style::kError;
    }
    if (is_hit(done.reason)) line.text += "CACHED ";
    line.text += step.name;
    const std::string why = step.failed() ? "" : reason_words(done);
    if (!why.empty()) line.text += fmt::format(" ({})", why);
    return line;
}

std::string paint(const ScreenLine& line, unsigned columns, Colors colors) {
    const std::size_t width = std::max(columns, 2U) - 1;
    // On a very narrow screen the name matters more than the time.
    const bool has_right = !line.right.empty() && width >= line.right.size() + 20;
    const std::size_t room = has_right ? width - line.right.size() - 1 : width;
    std::string row = clip(line.text, room);
    if (has_right) {
        row.append(room - display_width(row) + 1, ' ');
        row += line.right;
    }
    const std::string_view color = colors == Colors::kOn ? color_of(line.style) : "";
    return color.empty() ? row : fmt::format("{}{}\x1b[0m", color, row);
}

}  // namespace slipway::ui::internal
