// Values of flags and mount options, in the notations that Go's libraries read.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile::internal {

/// "1m30s", "1.5h", "100ms" in nanoseconds; a sign is allowed. kInvalidInput on anything else and
/// out of range.
Result<std::int64_t> parse_duration(std::string_view text);
/// 1 t T TRUE true True, 0 f F FALSE false False.
std::optional<bool> parse_bool(std::string_view text);
/// One line of comma-separated values; a field in double quotes may hold commas and doubled quotes.
Result<std::vector<std::string>> parse_csv(std::string_view text);

}  // namespace slipway::dockerfile::internal
