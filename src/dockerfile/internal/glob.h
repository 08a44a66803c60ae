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

/// Counts work, so that hostile input gives an error instead of a hang.
class Budget {
  public:
    explicit Budget(std::size_t steps) : left_(steps) {}
    /// False when there is not that much left.
    bool spend(std::size_t steps) {
        spent_ = spent_ || steps > left_;
        left_ -= spent_ ? left_ : steps;
        return !spent_;
    }
    [[nodiscard]] bool is_spent() const { return spent_; }

  private:
    std::size_t left_;
    bool spent_ = false;
};

enum class Length { kShortest, kLongest };
enum class Occurrences { kFirst, kAll };

/// The pattern cut at its stars into segments. Matching places the segments one after the other,
/// the leftmost place first: no later choice can be better, as a star never crosses a line end.
///
class Glob {
  public:
    /// kInvalidInput for an escape before anything but `*` `?` `\` `}` `/`.
    static Result<Glob> parse(std::string_view pattern);

    /// These three: kInvalidInput when the budget is spent.
    [[nodiscard]] Result<std::string> trim_prefix(std::string_view value, Length length,
                                                  Budget& budget) const;
    [[nodiscard]] Result<std::string> trim_suffix(std::string_view value, Length length,
                                                  Budget& budget) const;
    /// Stars match as much as they can. kInvalidInput also when the result would exceed `max_size`
    /// bytes.
    [[nodiscard]] Result<std::string> replace(std::string_view value, std::string_view replacement,
                                              Occurrences occurrences, std::size_t max_size,
                                              Budget& budget) const;

  private:
    using Segment = std::u32string;  // kAnyRune stands for `?`
    class Matcher;

    std::vector<Segment> segments_;
};

}  // namespace slipway::dockerfile::internal
