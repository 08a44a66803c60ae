// Which flags an instruction knows, and reading them.
#pragma once

#include "base/result.h"
#include "dockerfile/ast.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile::internal {

enum class FlagType { kBool, kString, kList };

struct FlagSpec {
    std::string_view name;
    FlagType type = FlagType::kString;
};

/// Flags that were checked against their specs: known, not repeated unless a list, with a value of
/// their type.
class FlagSet {
  public:
    /// kInvalidInput, with the nearest known flag as hint. `flags` must outlive the set.
    static Result<FlagSet> check(std::span<const Flag> flags, std::span<const FlagSpec> specs);

    /// "" when the flag is not given.
    [[nodiscard]] std::string text(std::string_view name) const;
    [[nodiscard]] std::optional<std::string> find_text(std::string_view name) const;
    [[nodiscard]] std::optional<bool> find_bool(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> list(std::string_view name) const;

  private:
    explicit FlagSet(std::span<const Flag> flags) : flags_(flags) {}
    std::span<const Flag> flags_;
};

}  // namespace slipway::dockerfile::internal
