// Text from outside (logs, file names, Dockerfiles) made fit to be shown.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace slipway {

struct CodePoint {
    char32_t value = 0;
    std::size_t size = 0;  ///< in bytes
};

/// The first code point of `text`; nothing when it is empty or does not start with well-formed
/// UTF-8.
std::optional<CodePoint> decode_utf8(std::string_view text);

bool is_utf8(std::string_view text);

/// How many bytes at the end of `text` are the beginning of a code point whose rest is missing (0
/// to 3): what to keep back when text comes in pieces.
std::size_t incomplete_utf8_tail(std::string_view text);

/// Harmless on a terminal: escape sequences are dropped; other control characters (but tab and line
/// end) and bytes that are not UTF-8 become U+FFFD. "\r\n" becomes "\n".
std::string printable(std::string_view text);

}  // namespace slipway
