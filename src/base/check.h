// For our own bugs only: user input never reaches it.
#pragma once

namespace slipway {

[[noreturn]] void check_failed(const char* condition, const char* why, const char* file, int line);

}  // namespace slipway

/// Ends the process with a report (exit status 70) when `condition` does not hold.
#define SLIPWAY_CHECK(condition, why)   \
    ((condition) ? static_cast<void>(0) \
                 : ::slipway::check_failed(#condition, why, __FILE__, __LINE__))
