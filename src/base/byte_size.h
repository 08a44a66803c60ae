// Sizes as people write them for Docker's tools.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace slipway {

/// "64m", "1.5 GB", "512": bytes, in powers of 1024. Nothing when it is no size, or 2^63 and more.
std::optional<std::uint64_t> parse_byte_size(std::string_view text);

}  // namespace slipway
