#include "frontend/internal/env_list.h"

#include "base/text.h"

#include <utility>

namespace slipway::frontend {

void EnvList::set(std::string_view name, std::string_view value) {
    Variable variable(name, value);  // before `name` may go
    erase(variable.first);
    size_ += variable.first.size() + variable.second.size();
    places_.emplace(variable.first, slots_.size());
    slots_.emplace_back(std::move(variable));
}

void EnvList::erase(std::string_view name) {
    const auto place = places_.find(name);
    if (place == places_.end()) return;
    auto& slot = slots_[place->second];
    size_ -= slot->first.size() + slot->second.size();
    slot.reset();
    places_.erase(place);
    constexpr std::size_t kSpare = 16;
    if (slots_.size() <= 2 * places_.size() + kSpare) return;
    std::erase(slots_, std::nullopt);
    for (std::size_t i = 0; i < slots_.size(); ++i) places_.find(slots_[i]->first)->second = i;
}

std::optional<std::string> EnvList::find(std::string_view name) const {
    const auto place = places_.find(name);
    if (place == places_.end()) return std::nullopt;
    return slots_[place->second]->second;
}

std::vector<std::string> EnvList::names() const {
    std::vector<std::string> names;
    for_each([&](const Variable& variable) { names.push_back(variable.first); });
    return names;
}

std::vector<std::string> EnvList::to_list() const {
    std::vector<std::string> list;
    for_each(
        [&](const Variable& variable) { list.push_back(variable.first + "=" + variable.second); });
    return list;
}

dockerfile::Lookup EnvList::lookup() const {
    return [this](std::string_view name) { return find(name); };
}

std::pair<std::string_view, std::string_view> split_variable(std::string_view text) {
    return split_once(text, '=').value_or(std::pair(text, std::string_view()));
}

}  // namespace slipway::frontend
