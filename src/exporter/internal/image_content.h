// An image as blobs in the store: what every image output starts from.
#pragma once

#include "content/blob_store.h"
#include "exporter/exporter.h"
#include "image/config.h"
#include "image/manifest.h"

#include <vector>

namespace slipway::exporter {

struct ImageContent {
    image::Descriptor descriptor;  ///< of the manifest; with the platform
    image::Manifest manifest;
    image::ImageConfig config;

    /// Each once: layers, config, manifest.
    [[nodiscard]] std::vector<image::Descriptor> blobs() const;
    [[nodiscard]] std::uint64_t size() const;  ///< of blobs() together
};

/// From a built snapshot: makes what layer blobs are missing (in parallel), config and manifest.
class ImageBuilder {
  public:
    ImageBuilder(const content::Store& store, const content::BlobStore& blobs,
                 const snapshot::LayerStore& layers, async::ThreadPool& pool, progress::Sink& sink,
                 const Digest& step)
        : store_(store), blobs_(blobs), layers_(layers), pool_(pool), sink_(sink), step_(step) {}

    Result<ImageContent> build(const ImageToExport& image, const OutputSpec& output,
                               const std::stop_token& stop) const;

  private:
    Result<std::vector<snapshot::LayerBlob>> make_layers(const snapshot::Snapshot& snapshot,
                                                         const OutputSpec& output,
                                                         std::optional<std::int64_t> epoch,
                                                         const std::stop_token& stop) const;
    Result<image::ImageConfig> complete_config(const ImageToExport& image,
                                               const std::vector<snapshot::LayerBlob>& layers,
                                               std::optional<std::int64_t> epoch) const;
    Result<void> remember_chains(const snapshot::Snapshot& snapshot,
                                 const std::vector<Digest>& diff_ids) const;

    const content::Store& store_;
    const content::BlobStore& blobs_;
    const snapshot::LayerStore& layers_;
    async::ThreadPool& pool_;
    progress::Sink& sink_;
    const Digest& step_;
};

/// Of an image that is in the store. kNotFound when one of its blobs is not.
Result<ImageContent> load_image(const content::BlobStore& blobs, const content::NamedImage& image);

}  // namespace slipway::exporter
