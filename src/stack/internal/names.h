// The names of things, for messages and choices.
#pragma once

#include <string>
#include <vector>

namespace slipway::stack {

template <typename Item>
std::vector<std::string> names_of(const std::vector<Item>& items) {
    std::vector<std::string> names;
    names.reserve(items.size());
    for (const Item& item : items) names.push_back(item.name);
    return names;
}

}  // namespace slipway::stack
