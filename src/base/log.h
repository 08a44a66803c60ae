// The debug log, for developers: off unless `--log-file` opens it. What users see goes through
// progress and ui.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace slipway {

/// Opens (appends to) the log file. Call once, before threads start. Lines carry time, room and
/// thread.
Result<void> open_log(const std::string& path);
bool log_is_open();
/// Any thread. A no-op when the log is not open.
void log_line(std::string_view room, std::string_view text);
/// Every later occurrence of `secret` in a log line becomes "****". Any thread.
void log_redact(std::string secret);

template <typename... Args>
void log_debug(std::string_view room, fmt::format_string<Args...> format, Args&&... args) {
    if (log_is_open()) log_line(room, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace slipway
