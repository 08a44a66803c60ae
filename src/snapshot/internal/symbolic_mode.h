// chmod's symbolic modes: "u=rwX,go=rX", "a+x", "g-w,o=g". No umask: a clause without a class means
// all.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace slipway::snapshot {

class SymbolicMode {
  public:
    /// kInvalidInput, naming the clause.
    static Result<SymbolicMode> parse(std::string_view text);
    /// The new permission bits (07777) of a file with `mode` (type and bits).
    [[nodiscard]] std::uint32_t apply(std::uint32_t mode) const;

  private:
    struct Step {
        std::uint32_t who = 0;   ///< 0700, 0070, 0007 together
        char op = '+';           ///< '+', '-', '='
        std::uint32_t bits = 0;  ///< rwx as 7 in each class, set-id and sticky bits as they are
        bool execute_if_any = false;  ///< X
        char copy_from = '\0';        ///< u, g or o: that class's bits
    };
    std::vector<Step> steps_;
};

}  // namespace slipway::snapshot
