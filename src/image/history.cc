#include "image/history.h"

#include <algorithm>

namespace slipway::image {

namespace {

constexpr const char* kAddedHere = "buildkit.exporter.image.v0";

void fit_to_layers(std::vector<HistoryEntry>& history, std::span<const LayerOrigin> layers) {
    std::size_t used = 0;
    for (auto& entry : history) {
        if (used == layers.size()) entry.empty_layer = true;
        if (!entry.empty_layer) ++used;
    }
    for (; used < layers.size(); ++used) {
        HistoryEntry& entry = history.emplace_back();
        entry.created_by = layers[used].created_by;
        entry.comment = kAddedHere;
    }
}

/// A layer's entry takes the layer's time; one without a layer the time before it, or, when it is
/// the first new one, that of the first new layer.
void fill_times(std::span<HistoryEntry> added, std::span<const LayerOrigin> layers,
                const std::optional<std::string>& before) {
    std::size_t layer = 0;
    for (auto& entry : added) {
        if (entry.empty_layer) continue;
        if (!entry.created) entry.created = rfc3339(layers[layer].created);
        ++layer;
    }
    const auto first = std::find_if(added.begin(), added.end(),
                                    [](const HistoryEntry& entry) { return entry.created; });
    std::optional<std::string> last = first == added.end() ? before : first->created;
    for (auto& entry : added) {
        if (!entry.created) entry.created = last;
        last = entry.created;
    }
}

void clamp(std::optional<std::string>& created, std::int64_t epoch) {
    if (created) {
        const auto time = parse_rfc3339(*created);
        if (time && *time <= Instant{.seconds = epoch}) return;
    }
    created = rfc3339(epoch);
}

}  // namespace

void complete_history(ImageConfig& config, std::span<const LayerOrigin> layers,
                      std::optional<std::int64_t> epoch) {
    auto& history = config.history;
    fit_to_layers(history, layers);
    const auto first_new = std::find_if(history.begin(), history.end(),
                                        [](const HistoryEntry& entry) { return !entry.created; });
    const auto base_layers = std::count_if(
        history.begin(), first_new, [](const HistoryEntry& entry) { return !entry.empty_layer; });
    const std::span added(first_new, history.end());
    std::optional<std::string> before;
    if (first_new != history.begin()) before = std::prev(first_new)->created;
    if (epoch) {
        for (auto& entry : added) clamp(entry.created, *epoch);
    } else {
        fill_times(added, layers.subspan(static_cast<std::size_t>(base_layers)), before);
    }
    if (!config.created && !history.empty()) config.created = history.back().created;
    if (epoch) clamp(config.created, *epoch);
}

}  // namespace slipway::image
