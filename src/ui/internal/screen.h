// What the live terminal display shows, as lines: pure functions of the state, the time and the
// size.
#pragma once

#include "os/system.h"
#include "ui/internal/build_state.h"

#include <string>
#include <vector>

namespace slipway::ui::internal {

enum class Style { kPlain, kHeader, kDone, kError, kWarning, kDetail };
enum class Colors { kOff, kOn };

struct ScreenLine {
    std::string text;
    std::string right;  ///< at the right edge
    Style style = Style::kPlain;
};

/// The part that is redrawn: a headline, the running steps and the ends of their logs. Never higher
/// than the screen.
std::vector<ScreenLine> live_lines(const BuildState& state, TimePoint now, os::TerminalSize size);
/// The line that stays when a step has ended.
ScreenLine finished_line(const Step& step);
std::string counts(const BuildState& state);  ///< "(5/12, 3 cached)"

/// One row of the screen without its line end; clipped to `columns` - 1, so that no terminal wraps
/// it.
std::string paint(const ScreenLine& line, unsigned columns, Colors colors);

}  // namespace slipway::ui::internal
