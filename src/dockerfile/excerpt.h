// The lines around an error, as shown to people:
//      13 | FROM alpine:3.20
//   >> 14 | COPY --from=biuld /app /app
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace slipway::dockerfile {

/// `context` lines before and after the range; "" when the range is not in the text.
std::string render_excerpt(std::string_view text, int first_line, int last_line, int context = 1);

}  // namespace slipway::dockerfile
