#include "solver/internal/cache_access.h"

#include <utility>

namespace slipway::solver {

CacheAccess::Lookup CacheAccess::find_usable(const Digest& key, const Step& step,
                                             std::size_t outputs_wanted) {
    if (broken_) return {};
    auto found = store_.find(key);
    if (!found) {
        give_up(found.error());
        return {};
    }
    if (!*found) return {};
    if ((*found)->outputs.size() < outputs_wanted || !step.usable((*found)->outputs)) {
        return {.hit = std::nullopt, .evicted = true};
    }
    return {.hit = std::move(*found), .evicted = false};
}

std::optional<Record> CacheAccess::latest_in_slot(const std::string& slot) {
    if (broken_ || slot.empty()) return std::nullopt;
    auto found = store_.latest_in_slot(slot);
    if (!found) {
        give_up(found.error());
        return std::nullopt;
    }
    return std::move(*found);
}

void CacheAccess::add(const Record& record) {
    if (broken_) return;
    if (const auto added = store_.add(record); !added) give_up(added.error());
}

void CacheAccess::give_up(const Error& error) {
    if (broken_.exchange(true)) return;
    sink_.emit(progress::Warning{
        .text = "the build cache is not used any further: " + error.to_string(), .where = {}});
}

}  // namespace slipway::solver
