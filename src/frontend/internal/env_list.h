// Variables in the order in which they were last set, as they end up in a step's environment.
#pragma once

#include "dockerfile/words.h"

#include <cstddef>
#include <functional>
#include <map>
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

    [[nodiscard]] std::size_t count() const { return places_.size(); }
    /// Bytes of all names and values.
    [[nodiscard]] std::size_t size() const { return size_; }

  private:
    using Variable = std::pair<std::string, std::string>;
    /// Calls `visit` with each variable, in order.
    template <typename Visit>
    void for_each(const Visit& visit) const {
        for (const auto& slot : slots_) {
            if (slot) visit(*slot);
        }
    }

    std::vector<std::optional<Variable>> slots_;  ///< empty ones were erased
    std::map<std::string, std::size_t, std::less<>> places_;
    std::size_t size_ = 0;
};

/// "K=V" cut at the first '='; without one the value is empty.
std::pair<std::string_view, std::string_view> split_variable(std::string_view text);

}  // namespace slipway::frontend
