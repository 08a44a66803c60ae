// Shell patterns of ${v#p} ${v%p} ${v/p/r}: `*` and `?` (neither matches a line end), backslash
// escapes, no brackets.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile::internal {

enum class Length { kShortest, kLongest };
enum class Occurrences { kFirst, kAll };

/// The pattern cut at its stars into segments. Matching places the segments one after the other,
/// the leftmost place first: no later choice can be better, as a star never crosses a line end.
/// Work is counted, so that a hostile pattern gives kInvalidInput instead of a hang.
class Glob {
  public:
    /// kInvalidInput for an escape before anything but `*` `?` `\` `}` `/`.
    static Result<Glob> parse(std::string_view pattern);

    [[nodiscard]] Result<std::string> trim_prefix(std::string_view value, Length length) const;
    [[nodiscard]] Result<std::string> trim_suffix(std::string_view value, Length length) const;
    /// Stars match as much as they can. kInvalidInput when the result would exceed `max_size`
    /// bytes.
    [[nodiscard]] Result<std::string> replace(std::string_view value, std::string_view replacement,
                                              Occurrences occurrences, std::size_t max_size) const;

  private:
    using Segment = std::u32string;  // kAnyRune stands for `?`
    class Matcher;

    std::vector<Segment> segments_;
};

}  // namespace slipway::dockerfile::internal
