#include "engine/prune.h"

#include "engine/value.h"
#include "exec/cache_mounts.h"
#include "image/config.h"
#include "image/manifest.h"

#include <unordered_set>

namespace slipway::engine {

namespace {

/// What the named images need.
struct Reachable {
    std::unordered_set<Digest> blobs;
    std::unordered_set<snapshot::LayerId> layers;
};

Result<void> mark(Workspace& workspace, const image::Descriptor& descriptor, Reachable& reachable) {
    auto& blobs = workspace.blobs();
    if (!blobs.has(descriptor.digest) || !reachable.blobs.insert(descriptor.digest).second)
        return {};
    if (image::is_index(descriptor.media_type)) {
        SLIPWAY_ASSIGN(const auto text, blobs.read(descriptor.digest));
        SLIPWAY_ASSIGN(const auto index, image::Index::parse(text));
        for (const auto& manifest : index.manifests)
            SLIPWAY_TRY(mark(workspace, manifest, reachable));
        return {};
    }
    if (!image::is_manifest(descriptor.media_type)) return {};
    SLIPWAY_ASSIGN(const auto text, blobs.read(descriptor.digest));
    SLIPWAY_ASSIGN(const auto manifest, image::Manifest::parse(text));
    reachable.blobs.insert(manifest.config.digest);
    for (const auto& layer : manifest.layers) reachable.blobs.insert(layer.digest);
    if (!blobs.has(manifest.config.digest)) return {};
    SLIPWAY_ASSIGN(const auto config_text, blobs.read(manifest.config.digest));
    SLIPWAY_ASSIGN(const auto config, image::ImageConfig::parse(config_text));
    const auto chains = image::chain_ids(config.diff_ids);
    for (const auto& chain : chains) {
        SLIPWAY_ASSIGN(const auto snapshot, workspace.layers().find_chain(chain));
        if (snapshot) reachable.layers.insert(snapshot->begin(), snapshot->end());
    }
    return {};
}

}  // namespace

Result<Pruned> prune(Workspace& workspace, const PruneOptions& options, std::stop_token stop) {
    Pruned pruned;
    Reachable images;
    SLIPWAY_ASSIGN(const auto names, workspace.names().list());
    for (const auto& name : names) {
        SLIPWAY_TRY(
            mark(workspace, {name.media_type, name.target, name.target_size, {}, {}}, images)
                .context("image {}", name.name));
    }
    auto used_layers = images.layers;
    SLIPWAY_ASSIGN(const auto records, workspace.cache().usage());
    for (const auto& record : records) {
        bool keep = !options.all;
        std::vector<snapshot::LayerId> layers;
        for (const auto& output : record.outputs) {
            const auto snapshot = to_snapshot(output);
            if (!snapshot) continue;
            for (const auto& layer : *snapshot) {
                keep = keep && images.layers.contains(layer);
                layers.push_back(layer);
            }
        }
        if (keep) {
            used_layers.insert(layers.begin(), layers.end());
            continue;
        }
        ++pruned.records;
        if (!options.dry_run) SLIPWAY_TRY(workspace.cache().remove(record.key));
    }
    SLIPWAY_ASSIGN(const auto layers, workspace.layers().list());
    for (const auto& layer : layers) {
        if (stop.stop_requested()) return make_error(ErrorCode::kCancelled, "interrupted");
        if (used_layers.contains(layer)) continue;
        SLIPWAY_ASSIGN(const auto size, workspace.layers().disk_size(layer));
        ++pruned.layers;
        pruned.bytes += size;
        if (!options.dry_run) SLIPWAY_TRY(workspace.layers().remove(layer));
    }
    SLIPWAY_ASSIGN(const auto blobs, workspace.blobs().list());
    for (const auto& blob : blobs) {
        if (images.blobs.contains(blob)) continue;
        SLIPWAY_ASSIGN(const auto size, workspace.blobs().size(blob));
        ++pruned.blobs;
        pruned.bytes += size;
        if (!options.dry_run) SLIPWAY_TRY(workspace.blobs().remove(blob));
    }
    const auto what = options.dry_run ? content::Prune::kCount : content::Prune::kRemove;
    const auto keeps = [&](const snapshot::LayerId& layer) { return used_layers.contains(layer); };
    SLIPWAY_ASSIGN(const auto chain_bytes, workspace.layers().prune_chains(keeps, what));
    SLIPWAY_ASSIGN(const auto download_bytes, workspace.http_files().prune(keeps, what));
    SLIPWAY_ASSIGN(const auto mirrors, workspace.git().prune(what));
    SLIPWAY_ASSIGN(const auto list_bytes, workspace.apt().prune(what));
    pruned.mirrors = mirrors.mirrors;
    pruned.bytes += chain_bytes + download_bytes + mirrors.bytes + list_bytes;
    if (options.all) {
        SLIPWAY_ASSIGN(const auto mount_bytes, exec::prune_cache_mounts(workspace.store(), what));
        pruned.bytes += mount_bytes;
    }
    if (!options.dry_run) SLIPWAY_TRY(workspace.store().empty_trash());
    return pruned;
}

}  // namespace slipway::engine
