// Events for people: a live terminal, plain lines, JSON records, or only errors.
#pragma once

#include "base/io.h"
#include "base/result.h"
#include "progress/event.h"

#include <memory>
#include <string>
#include <string_view>

namespace slipway::ui {

enum class ProgressMode { kAuto, kTty, kPlain, kJson, kQuiet };
/// "auto", "tty", "plain", "json" ("rawjson"), "quiet".
Result<ProgressMode> parse_progress_mode(std::string_view text);

/// Draws events to a file descriptor. Its destructor leaves the terminal tidy. A failed step's log
/// is shown whole, at the end, in every mode but JSON (where it was sent).
class Renderer : public progress::Sink {
  public:
    /// Draws what is left. Call after the last event.
    virtual void finish() = 0;
};
/// Draws to `fd` (stderr), which outlives it. auto and tty redraw where `fd` is a terminal that can
/// (not TERM=dumb), and are plain elsewhere. NO_COLOR is respected.
std::unique_ptr<Renderer> make_renderer(ProgressMode mode, int fd);

/// For people, several lines, safe for terminals; the excerpt is of `file_text`, when the error's
/// place is in it:
///   error: COPY --from=biuld: no stage is called 'biuld'
///     Dockerfile:14
///        13 | FROM alpine:3.20
///     >> 14 | COPY --from=biuld /app /app
///   hint: did you mean 'build' (line 2)?
std::string render_error(const Error& error, std::string_view file_text = {});

}  // namespace slipway::ui
