// Variables in the order in which they were last set, as they end up in a step's environment.
#pragma once

#include "dockerfile/words.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::frontend {

class EnvList {
  public:
    /// A name that is there already moves to the end.
    void set(std::string_view name, std::string_view value);
    void erase(std::string_view name);
    [[nodiscard]] std::optional<std::string> find(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> names() const;
    /// "NAME=value" each.
    [[nodiscard]] std::vector<std::string> to_list() const;
    /// For expanding words; refers to this list.
    [[nodiscard]] dockerfile::Lookup lookup() const;

  private:
    std::vector<std::pair<std::string, std::string>> variables_;
};

/// "K=V" cut at the first '='; without one the value is empty.
std::pair<std::string_view, std::string_view> split_variable(std::string_view text);

}  // namespace slipway::frontend
