// Small text functions that the standard library lacks.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// "a,,b" at ',' gives {"a", "", "b"}; "" gives {""}. Views into `text`.
std::vector<std::string_view> split(std::string_view text, char separator);
/// Cuts at the first `separator`: {before, after}, or nothing when it is absent.
std::optional<std::pair<std::string_view, std::string_view>> split_once(std::string_view text,
                                                                        char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);
/// Without blanks, tabs and line ends at both ends.
std::string_view trim(std::string_view text);
/// ASCII only.
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);
/// Decimal (or octal, hexadecimal) digits only, no sign, no blanks; nothing when out of range.
std::optional<std::uint64_t> parse_uint(std::string_view text, int base = 10);
std::optional<std::int64_t> parse_int(std::string_view text);
/// With padding (RFC 4648, section 4).
std::string base64_encode(std::string_view data);
/// Nothing when it is not base64 with padding.
std::optional<std::string> base64_decode(std::string_view text);
/// 1536 -> "1.5 KiB"
std::string format_bytes(std::uint64_t bytes);

/// The candidate nearest to `word`, if near enough that it may have been meant. None for a word
/// that is longer than what people type.
std::optional<std::string> find_nearest(std::string_view word,
                                        std::span<const std::string> candidates);

}  // namespace slipway
