#include "exporter/internal/image_content.h"

#include "image/history.h"
#include "os/system.h"

#include <algorithm>
#include <set>

namespace slipway::exporter {

namespace {

Result<image::Descriptor> put(const content::BlobStore& blobs, std::string_view media_type,
                              const std::string& data) {
    image::Descriptor descriptor;
    descriptor.media_type = media_type;
    descriptor.size = data.size();
    SLIPWAY_ASSIGN(descriptor.digest, blobs.put(data));
    return descriptor;
}

image::Descriptor describe(const snapshot::LayerBlob& layer) {
    image::Descriptor descriptor;
    descriptor.media_type = image::to_oci_type(layer.media_type);
    descriptor.digest = layer.digest;
    descriptor.size = layer.size;
    return descriptor;
}

Result<void> check_present(const content::BlobStore& blobs, const image::Descriptor& blob) {
    SLIPWAY_ASSIGN(const std::uint64_t size, blobs.size(blob.digest));
    if (size == blob.size) return {};
    return make_error(ErrorCode::kCorrupt, "blob {} has {} bytes, but {} were announced",
                      blob.digest, size, blob.size);
}

}  // namespace

std::vector<image::Descriptor> ImageContent::blobs() const {
    std::vector<image::Descriptor> all = manifest.layers;
    all.push_back(manifest.config);
    all.push_back(descriptor);
    std::set<Digest> seen;
    std::erase_if(all, [&](const auto& blob) { return !seen.insert(blob.digest).second; });
    return all;
}

std::uint64_t ImageContent::size() const {
    std::uint64_t size = 0;
    for (const auto& blob : blobs()) size += blob.size;
    return size;
}

Result<ImageContent> ImageBuilder::build(const ImageToExport& image, const OutputSpec& output,
                                         const std::stop_token& stop) const {
    if (image.config.platform.architecture.empty() || image.config.platform.os.empty()) {
        return make_error(ErrorCode::kInvalidInput, "the image config names no platform");
    }
    const auto epoch =
        output.source_date_epoch ? output.source_date_epoch : image.source_date_epoch;
    if (output.rewrite_timestamp && !epoch) {
        return Error(ErrorCode::kUsage, "rewrite-timestamp=true needs a time to rewrite to")
            .hint("give --build-arg SOURCE_DATE_EPOCH=SECONDS");
    }
    SLIPWAY_ASSIGN(const auto layers, make_layers(image.snapshot, output, epoch, stop));
    ImageContent content;
    SLIPWAY_ASSIGN(content.config, complete_config(image, layers, epoch));
    SLIPWAY_TRY(remember_chains(image.snapshot, content.config.diff_ids));
    SLIPWAY_ASSIGN(content.manifest.config, put(blobs_, image::kOciConfig, content.config.dump()));
    for (const auto& layer : layers) content.manifest.layers.push_back(describe(layer));
    content.manifest.annotations = output.annotations;
    SLIPWAY_ASSIGN(content.descriptor,
                   put(blobs_, content.manifest.media_type, content.manifest.dump()));
    content.descriptor.platform = content.config.platform.normalized();
    return content;
}

Result<std::vector<snapshot::LayerBlob>> ImageBuilder::make_layers(
    const snapshot::Snapshot& snapshot, const OutputSpec& output, std::optional<std::int64_t> epoch,
    const std::stop_token& stop) const {
    std::vector<snapshot::LayerBlob> made(snapshot.size());
    auto done = async::parallel_for(pool_, snapshot.size(), [&](std::size_t i) -> Result<void> {
        if (stop.stop_requested()) return Error(ErrorCode::kCancelled, "stopped");
        SLIPWAY_ASSIGN(made[i], layers_.blob(snapshot[i], output.compression, epoch, stop,
                                             output.compression_level));
        SLIPWAY_TRY(check_present(blobs_, describe(made[i])));
        progress::StepProgress progress;
        progress.step = step_;
        progress.what = fmt::format("layer {}", made[i].digest);
        progress.current = progress.total = made[i].size;
        sink_.emit(progress);
        return {};
    });
    SLIPWAY_TRY(std::move(done));
    return made;
}

Result<image::ImageConfig> ImageBuilder::complete_config(
    const ImageToExport& image, const std::vector<snapshot::LayerBlob>& layers,
    std::optional<std::int64_t> epoch) const {
    image::ImageConfig config = image.config;
    config.diff_ids.clear();
    std::vector<image::LayerOrigin> origins;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        config.diff_ids.push_back(layers[i].diff_id);
        // A layer's manifest is written once, when the layer is made.
        SLIPWAY_ASSIGN(const RelPath manifest,
                       RelPath::parse(fmt::format("layers/{}/manifest", image.snapshot[i])));
        SLIPWAY_ASSIGN(const auto info, store_.dir().stat(manifest));
        origins.push_back({.created = info.mtime.seconds, .created_by = {}});
        if (i < image.origins.size()) origins.back().created_by = image.origins[i];
    }
    image::complete_history(config, origins, epoch);
    return config;
}

Result<void> ImageBuilder::remember_chains(const snapshot::Snapshot& snapshot,
                                           const std::vector<Digest>& diff_ids) const {
    const auto chains = image::chain_ids(diff_ids);
    for (std::size_t i = 0; i < chains.size(); ++i) {
        SLIPWAY_ASSIGN(const auto known, layers_.find_chain(chains[i]));
        if (known) continue;
        const auto end = snapshot.begin() + static_cast<std::ptrdiff_t>(i) + 1;
        SLIPWAY_TRY(layers_.remember_chain(chains[i], snapshot::Snapshot(snapshot.begin(), end)));
    }
    return {};
}

Result<ImageContent> load_image(const content::BlobStore& blobs, const content::NamedImage& image) {
    ImageContent content;
    content.descriptor.media_type = image.media_type;
    content.descriptor.digest = image.target;
    content.descriptor.size = image.target_size;
    if (image::is_index(image.media_type)) {
        SLIPWAY_ASSIGN(const std::string text, blobs.read(image.target));
        SLIPWAY_ASSIGN(const auto index, image::Index::parse(text));
        SLIPWAY_ASSIGN(const auto platform, image::Platform::parse(os::machine_architecture()));
        SLIPWAY_ASSIGN(content.descriptor, index.select(platform));
    }
    SLIPWAY_ASSIGN(const std::string manifest, blobs.read(content.descriptor.digest));
    SLIPWAY_ASSIGN(content.manifest, image::Manifest::parse(manifest));
    SLIPWAY_ASSIGN(const std::string config, blobs.read(content.manifest.config.digest));
    SLIPWAY_ASSIGN(content.config, image::ImageConfig::parse(config));
    content.descriptor.platform = content.config.platform.normalized();
    for (const auto& blob : content.blobs()) {
        auto present = check_present(blobs, blob);
        if (!present) return std::move(present).error();
    }
    return content;
}

}  // namespace slipway::exporter
