#include "ui/renderer.h"

#include "base/excerpt.h"
#include "base/text.h"
#include "base/utf8.h"
#include "os/system.h"
#include "ui/internal/renderers.h"
#include "ui/internal/terminal_text.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::ui {

namespace {

constexpr std::array<std::pair<std::string_view, ProgressMode>, 6> kModes = {{
    {"auto", ProgressMode::kAuto},
    {"tty", ProgressMode::kTty},
    {"plain", ProgressMode::kPlain},
    {"json", ProgressMode::kJson},
    {"rawjson", ProgressMode::kJson},
    {"quiet", ProgressMode::kQuiet},
}};

bool can_redraw(int fd) {
    return os::terminal_size(fd).has_value() && os::get_env("TERM").value_or("dumb") != "dumb";
}

}  // namespace

Result<ProgressMode> parse_progress_mode(std::string_view text) {
    std::vector<std::string> known;
    for (const auto& [name, mode] : kModes) {
        if (text == name) return mode;
        known.emplace_back(name);
    }
    Error error = make_error(
        ErrorCode::kUsage, "no progress mode is called '{}' (auto, tty, plain, json, quiet)", text);
    const auto nearest = find_nearest(text, known);
    if (!nearest) return error;
    return std::move(error).hint(fmt::format("did you mean '{}'?", *nearest));
}

std::unique_ptr<Renderer> make_renderer(ProgressMode mode, int fd) {
    switch (mode) {
        case ProgressMode::kAuto:
        case ProgressMode::kTty:
            return can_redraw(fd) ? internal::make_tty(fd) : internal::make_plain(fd);
        case ProgressMode::kPlain:
            return internal::make_plain(fd);
        case ProgressMode::kJson:
            return internal::make_json(fd);
        case ProgressMode::kQuiet:
            return internal::make_quiet(fd);
    }
    return internal::make_plain(fd);
}

std::string render_error(const Error& error, std::string_view file_text) {
    std::string text = fmt::format("error: {}\n", trim(printable(error.to_string())));
    if (const auto& where = error.where()) {
        text += fmt::format("  {}:{}\n", internal::one_line(where->file), where->first_line);
        text += render_excerpt(file_text, where->first_line, where->last_line);
    }
    if (error.hint()) text += fmt::format("hint: {}\n", trim(printable(*error.hint())));
    return text;
}

}  // namespace slipway::ui
