// Texts as Go's fmt package writes them: an image's history holds them, and tools compare
// histories.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::frontend {

/// `[a b]`
std::string go_list(const std::vector<std::string>& values);
/// `["a" "b"]`, escaped as in Go source.
std::string go_quoted_list(const std::vector<std::string>& values);
/// "1m30s", "100ms", "0s"
std::string go_duration(std::int64_t nanoseconds);

}  // namespace slipway::frontend
