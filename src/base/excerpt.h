// The lines around an error, as shown to people:
//      13 | FROM alpine:3.20
//   >> 14 | COPY --from=biuld /app /app
#pragma once

#include <string>
#include <string_view>

namespace slipway {

/// `context` lines before and after the range (lines count from 1); "" when the range is not in the
/// text. Long ranges are shown by their first and last lines, and very long lines by their
/// beginning. Safe for terminals.
std::string render_excerpt(std::string_view text, int first_line, int last_line, int context = 1);

}  // namespace slipway
