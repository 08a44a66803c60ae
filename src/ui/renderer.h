// Events for people: a live terminal, plain lines, JSON records, or only errors.
#pragma once

#include <memory>
#include <string_view>

#include "base/io.h"
#include "base/result.h"
#include "progress/event.h"

namespace slipway::ui {

enum class ProgressMode { kAuto, kTty, kPlain, kJson, kQuiet };
/// "auto", "tty", "plain", "json" ("rawjson"), "quiet".
Result<ProgressMode> parse_progress_mode(std::string_view text);

/// A sink that draws to `fd` (stderr). auto: tty on a terminal, else plain. Its destructor leaves the terminal tidy.
/// NO_COLOR is respected. A failed step's log is shown whole, at the end, in every mode but JSON (where it was sent).
class Renderer : public progress::Sink {
  public:
    /// Draws what is left. Call after the last event.
    virtual void finish() = 0;
};
std::unique_ptr<Renderer> make_renderer(ProgressMode mode, int fd);

/// "error: …" with place, excerpt (from `file_text`, when the error's place is in it) and hint, as style.md 5 shows.
std::string render_error(const Error& error, std::string_view file_text = {});

}  // namespace slipway::ui
