#include "frontend/internal/stage.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace slipway::frontend {

Stage& Stages::add(Stage stage) {
    stages_.push_back(std::make_unique<Stage>(std::move(stage)));
    Stage& added = *stages_.back();
    const auto base = by_name_.find(added.base_name);
    if (base != by_name_.end()) added.base = base->second;
    if (!added.name.empty()) by_name_.insert_or_assign(to_lower(added.name), &added);
    return added;
}

Stage* Stages::find(std::string_view name) const {
    const auto found = by_name_.find(to_lower(name));
    return found == by_name_.end() ? nullptr : found->second;
}

Stage* Stages::at(std::size_t position) const {
    return position < stages_.size() ? stages_[position].get() : nullptr;
}

std::string Stages::hint_for(const dockerfile::Dockerfile& file, std::string_view name,
                             std::optional<dockerfile::Lines> before) const {
    std::vector<std::string> names;
    for (const auto& [known, stage] : by_name_) {
        if (!before || (stage->lines && stage->lines->before(*before))) names.push_back(known);
    }
    const auto nearest = find_nearest(to_lower(name), names);
    if (!nearest) return "";
    const dockerfile::Lines lines = by_name_.at(*nearest)->lines.value_or(dockerfile::Lines{});
    if (file.more_files.empty())
        return fmt::format("did you mean '{}' (line {})?", *nearest, lines.first);
    return fmt::format("did you mean '{}' ({}:{})?", *nearest, file.name_of(lines.file),
                       lines.first);
}

std::set<const Stage*> reachable_from(const Stage& target) {
    std::set<const Stage*> reached = {&target};
    std::vector<const Stage*> open = {&target};
    const auto reach = [&](const Stage* stage) {
        if (stage != nullptr && reached.insert(stage).second) open.push_back(stage);
    };
    while (!open.empty()) {
        const Stage& stage = *open.back();
        open.pop_back();
        reach(stage.base);
        for (const auto& [need, lines] : stage.needs) reach(need);
    }
    return reached;
}

Result<void> check_no_circle(const Stages& stages, const dockerfile::Dockerfile& file) {
    struct Visit {
        const Stage* stage;
        std::size_t next_need = 0;
    };
    std::set<const Stage*> visited;
    for (const auto& start : stages.all()) {
        if (!visited.insert(start.get()).second) continue;
        std::vector<Visit> path = {{start.get()}};
        std::set<const Stage*> on_path = {start.get()};
        while (!path.empty()) {
            Visit& top = path.back();
            if (top.next_need == top.stage->needs.size()) {
                on_path.erase(top.stage);
                path.pop_back();
                continue;
            }
            const auto& [need, lines] = top.stage->needs[top.next_need++];
            if (on_path.contains(need)) {
                return make_error(ErrorCode::kInvalidInput,
                                  "stage '{}' needs itself, by way of '{}'", need->display_name,
                                  top.stage->display_name)
                    .at(file.range(lines));
            }
            if (visited.insert(need).second) {
                path.push_back({need});
                on_path.insert(need);
            }
        }
    }
    return {};
}

std::string next_step_name(Stage& stage, std::string_view text, bool from_trigger) {
    ++stage.step;
    return same_step_name(stage, text, from_trigger);
}

std::string same_step_name(const Stage& stage, std::string_view text, bool from_trigger) {
    if (stage.steps == 0) return std::string(text);
    const std::string of = std::to_string(stage.steps);
    return fmt::format("[{}{}{:>{}}/{}] {}{}", stage.display_name,
                       stage.display_name.empty() ? "" : " ", stage.step, of.size(), of,
                       from_trigger ? "ONBUILD " : "", text);
}

}  // namespace slipway::frontend
