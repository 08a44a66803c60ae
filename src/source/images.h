// Base images from wherever they are: the local store, a registry, an OCI layout folder, a docker
// or OCI archive.
#pragma once

#include "async/thread_pool.h"
#include "content/blob_store.h"
#include "content/image_names.h"
#include "image/config.h"
#include "image/manifest.h"
#include "image/reference.h"
#include "progress/event.h"
#include "registry/client.h"
#include "snapshot/layer_store.h"

#include <memory>
#include <stop_token>
#include <string>

namespace slipway::source {

/// An image pinned to one manifest; that manifest and the config are in the blob store, its layers
/// may not be yet.
struct PinnedImage {
    std::string
        identifier;  ///< for LLB: "docker-image://<full ref>@sha256:…" or "oci-layout://…@sha256:…"
    Digest manifest_digest;  ///< of the platform's manifest (never of an index)
    image::Manifest manifest;
    image::ImageConfig config;
    Digest config_digest;
};

enum class Pull { kIfMissing, kAlways, kNever };

class Images {
  public:
    Images(const content::Store& store, const content::BlobStore& blobs,
           const content::ImageNames& names, const snapshot::LayerStore& layers,
           registry::Client& client, async::ThreadPool& network_pool);
    ~Images();

    /// `ref`: "debian:bookworm" (local names first, then the registry),
    /// "oci-layout://DIR[:TAG][@DIGEST]", or an identifier as in PinnedImage. kNotFound: the
    /// nearest local name as hint. What a digest names is taken from the local store even with
    /// Pull::kAlways. Equal requests in flight are joined.
    Result<PinnedImage> resolve(const std::string& ref, const image::Platform& platform, Pull pull,
                                std::stop_token stop = {});
    /// The layers as a snapshot: what is missing is fetched in parallel, verified, and unpacked.
    /// Equal requests in flight are joined. Not from a task of the network pool.
    Result<snapshot::Snapshot> unpack(const PinnedImage& image, progress::Sink& sink,
                                      const Digest& step, std::stop_token stop = {});
    /// All layer blobs of the image in the blob store (for exporting an image without changing its
    /// lower layers). Not from a task of the network pool.
    Result<void> fetch_blobs(const PinnedImage& image, progress::Sink& sink, const Digest& step,
                             std::stop_token stop = {});

    /// A `docker save` or OCI archive (tar, compressed or not) into the local store, under the
    /// names it carries (or `name` when it carries none). Returns the names.
    Result<std::vector<std::string>> load_archive(Reader& archive, const std::string& name,
                                                  std::stop_token stop = {});

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::source
