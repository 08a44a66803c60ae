#include "source/internal/context_scope.h"

#include "base/path.h"

namespace slipway::source {

ContextScope::Verdict ContextScope::judge(const FollowSet::Position& parent,
                                          const std::string& path, std::string_view name,
                                          bool is_dir) const {
    Verdict verdict{Take::kNo, follow_.enter(parent, name)};
    const auto& position = verdict.position;
    if (!position.inside() && !(is_dir && position.on_the_way())) return verdict;
    const bool ignored = !ignore_.empty() && ignore_.matches(path);
    if (!ignored) {
        verdict.take = position.inside() ? Take::kYes : Take::kWhenNeeded;
    } else if (is_dir && ignore_.may_except_below(path)) {
        verdict.take = Take::kWhenNeeded;
    }
    return verdict;
}

bool ContextScope::takes_file(const std::string& path) const {
    auto position = follow_.root();
    for (const auto part : path_components(path)) position = follow_.enter(position, part);
    return position.inside() && !ignore_.matches(path);
}

}  // namespace slipway::source
