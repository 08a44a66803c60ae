// .dockerignore files (llb-facts 5.3).
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile {

/// Patterns in the form that PatternList takes: BOM dropped, `#` comments out, blanks trimmed,
/// leading '/' dropped, cleaned, `!` kept in front.
std::vector<std::string> parse_ignore_file(std::string_view text);

}  // namespace slipway::dockerfile
