// A built snapshot with its configuration, as an image in the local store, an OCI layout, a docker
// archive, a directory or a tar of the files.
#pragma once

#include "archive/compress.h"
#include "async/thread_pool.h"
#include "content/blob_store.h"
#include "content/image_names.h"
#include "image/config.h"
#include "image/manifest.h"
#include "progress/event.h"
#include "snapshot/layer_store.h"

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::exporter {

enum class OutputType { kImage, kOci, kDocker, kLocal, kTar };
std::string_view to_string(OutputType type);  ///< "image", "oci", ...: as `type=` says it

/// One --output, parsed: "type=oci,dest=out.tar,compression=zstd", or "DIR" (local), "-" (tar to
/// stdout). A field with commas stands in double quotes: type=image,"name=a,b".
struct OutputSpec {
    OutputType type = OutputType::kImage;
    std::string dest;  ///< "-" for stdout
    archive::Compression compression = archive::Compression::kGzip;
    std::optional<int> compression_level;
    bool tar = true;  ///< oci: false writes a layout folder
    bool rewrite_timestamp = false;
    std::map<std::string, std::string> annotations;
    std::vector<std::string> names;                 ///< name=a,b besides -t; full references
    std::optional<std::int64_t> source_date_epoch;  ///< wins over the image's

    /// kUsage for what cannot be meant, with the nearest key or type as hint; kUnsupported for
    /// what BuildKit knows and we do not do.
    static Result<OutputSpec> parse(std::string_view text);
};

struct ImageToExport {
    snapshot::Snapshot snapshot;
    image::ImageConfig config;       ///< diff_ids and history are completed here (llb-facts 6.2)
    std::vector<std::string> names;  ///< full references
    /// For each layer what its entry says if the history has none for it; "" and less are fine.
    std::vector<std::string> origins = {};
    /// Clamps the times of files in new layers, of new history entries, and `created`.
    std::optional<std::int64_t> source_date_epoch;
};

struct Exported {
    Digest manifest_digest;  ///< zero for local and tar
    Digest config_digest;
    image::Descriptor descriptor;
    std::uint64_t size = 0;  ///< of manifest, config and layer blobs together
};

class Exporter {
  public:
    /// All of them outlive it.
    Exporter(const content::Store& store, const content::BlobStore& blobs,
             const content::ImageNames& names, const snapshot::LayerStore& layers,
             async::ThreadPool& pool, progress::Sink& sink);
    /// Layers are tarred, hashed and compressed in parallel, each once; those that came from a
    /// registry are used as they are (kNotFound when their blobs were not fetched). Files appear
    /// whole (written aside, renamed); so does a directory that was not there before. One at a
    /// time for each destination.
    Result<Exported> write(const ImageToExport& image, const OutputSpec& output,
                           std::stop_token stop);
    /// An image of the local store as an archive (kOci, kDocker), for `docker load`, podman,
    /// skopeo. Of an index, the image for this machine.
    Result<void> save(const content::NamedImage& image, const OutputSpec& output,
                      std::stop_token stop);

  private:
    Result<void> write_files(const ImageToExport& image, const OutputSpec& output,
                             const std::stop_token& stop) const;

    const content::Store& store_;
    const content::BlobStore& blobs_;
    const content::ImageNames& names_;
    const snapshot::LayerStore& layers_;
    async::ThreadPool& pool_;
    progress::Sink& sink_;
};

}  // namespace slipway::exporter
