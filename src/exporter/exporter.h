// A built snapshot with its configuration, as an image in the local store, an OCI layout, a docker archive, a directory
// or a tar of the files.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "content/blob_store.h"
#include "content/image_names.h"
#include "image/config.h"
#include "image/manifest.h"
#include "progress/event.h"
#include "snapshot/layer_store.h"

namespace slipway::exporter {

enum class OutputType { kImage, kOci, kDocker, kLocal, kTar };

/// One --output, parsed: "type=oci,dest=out.tar,compression=zstd", or "DIR" (local), "-" (tar to stdout).
struct OutputSpec {
    OutputType type = OutputType::kImage;
    std::string dest;                       ///< "-" for stdout
    archive::Compression compression = archive::Compression::kGzip;
    std::optional<int> compression_level;
    bool tar = true;                        ///< oci: false writes a layout folder
    bool rewrite_timestamp = false;
    std::map<std::string, std::string> annotations;
    std::vector<std::string> names;         ///< name=a,b besides -t
    static Result<OutputSpec> parse(std::string_view text);
};

struct ImageToExport {
    snapshot::Snapshot snapshot;
    image::ImageConfig config;              ///< diff_ids and history are completed here (llb-facts 6.2)
    std::vector<std::string> names;         ///< full references
    std::optional<std::int64_t> source_date_epoch;
};

struct Exported {
    Digest manifest_digest;                 ///< zero for local and tar
    Digest config_digest;
    image::Descriptor descriptor;
    std::uint64_t size = 0;                 ///< of manifest, config and layer blobs together
};

class Exporter {
  public:
    Exporter(const content::Store& store, const content::BlobStore& blobs, const content::ImageNames& names,
             const snapshot::LayerStore& layers, async::ThreadPool& pool, progress::Sink& sink);
    /// Layers are tarred, hashed and compressed in parallel, each once; those that came from a registry are used as
    /// they are. Files appear whole (written aside, renamed).
    Result<Exported> write(const ImageToExport& image, const OutputSpec& output, std::stop_token stop);
    /// An image of the local store as an archive, for `docker load`, podman, skopeo.
    Result<void> save(const content::NamedImage& image, const OutputSpec& output, std::stop_token stop);

  private:
    const content::Store& store_;
    const content::BlobStore& blobs_;
    const content::ImageNames& names_;
    const snapshot::LayerStore& layers_;
    async::ThreadPool& pool_;
    progress::Sink& sink_;
};

}  // namespace slipway::exporter
