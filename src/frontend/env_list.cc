#include "frontend/internal/env_list.h"

#include "base/text.h"

#include <algorithm>

namespace slipway::frontend {

void EnvList::set(std::string_view name, std::string_view value) {
    std::pair<std::string, std::string> variable(name, value);  // before `name` may go
    erase(variable.first);
    variables_.push_back(std::move(variable));
}

void EnvList::erase(std::string_view name) {
    std::erase_if(variables_, [name](const auto& variable) { return variable.first == name; });
}

std::optional<std::string> EnvList::find(std::string_view name) const {
    const auto found = std::ranges::find_if(
        variables_, [name](const auto& variable) { return variable.first == name; });
    if (found == variables_.end()) return std::nullopt;
    return found->second;
}

std::vector<std::string> EnvList::names() const {
    std::vector<std::string> names;
    for (const auto& [name, value] : variables_) names.push_back(name);
    return names;
}

std::vector<std::string> EnvList::to_list() const {
    std::vector<std::string> list;
    for (const auto& [name, value] : variables_) list.push_back(name + "=" + value);
    return list;
}

dockerfile::Lookup EnvList::lookup() const {
    return [this](std::string_view name) { return find(name); };
}

std::pair<std::string_view, std::string_view> split_variable(std::string_view text) {
    return split_once(text, '=').value_or(std::pair(text, std::string_view()));
}

}  // namespace slipway::frontend
