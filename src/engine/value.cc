#include "engine/value.h"

#include "base/text.h"

namespace slipway::engine {

namespace {

constexpr std::string_view kPrefix = "layers:";

}  // namespace

solver::Output to_output(const snapshot::Snapshot& snapshot) {
    return std::string(kPrefix) + join(snapshot, ",");
}

Result<snapshot::Snapshot> to_snapshot(const solver::Output& output) {
    if (!output.starts_with(kPrefix)) {
        return make_error(ErrorCode::kInternal, "'{}' is not a snapshot", output);
    }
    snapshot::Snapshot snapshot;
    const std::string_view ids = std::string_view(output).substr(kPrefix.size());
    if (ids.empty()) return snapshot;
    for (const auto id : split(ids, ',')) snapshot.emplace_back(id);
    return snapshot;
}

solver::Key make_key(std::vector<solver::Ingredient> ingredients, std::span<const Digest> inputs) {
    Sha256 hash;
    for (const auto& ingredient : ingredients) hash.field(ingredient.label).field(ingredient.value);
    for (const auto& input : inputs) hash.field(input);
    return {hash.finish(), std::move(ingredients)};
}

std::string hidden(std::string_view value) {
    return Digest::of(value).to_string();
}

}  // namespace slipway::engine
