// Base images without a registry: mmdebstrap makes a root file system from the distribution's own
// archive, which becomes an image of one layer in the local store.
//
// The same package versions give the same digest on any day: nothing in the image is later than the
// newest file that a package ships, and what belongs to this machine or this run is left out.
#pragma once

#include "async/thread_pool.h"
#include "content/blob_store.h"
#include "content/image_names.h"
#include "content/store.h"
#include "progress/event.h"
#include "snapshot/layer_store.h"

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace slipway::source {

struct BootstrapOptions {
    std::string distribution;          ///< "debian" or "ubuntu"
    std::string suite;                 ///< "bookworm"
    std::vector<std::string> include;  ///< packages, besides those of the variant
    std::string variant = "minbase";   ///< as mmdebstrap calls them
    /// "deb …" lines or URLs of archives; empty: the mirror that this machine's apt uses for the
    /// distribution.
    std::vector<std::string> mirrors;
    std::string architecture;  ///< in OCI's words; "": this machine's. Others are not supported
    std::string name;          ///< of the image; "": "<distribution>:<suite>"
};

/// Where the image goes. All outlive the call.
struct BootstrapStores {
    const content::Store& store;
    const content::BlobStore& blobs;
    const content::ImageNames& names;
    const snapshot::LayerStore& layers;
    async::ThreadPool& cpu_pool;
};

struct BootstrappedImage {
    std::string name;  ///< full form
    Digest manifest_digest;
    std::uint64_t compressed_size = 0;
    std::int64_t created = 0;  ///< Unix seconds: of the newest file that a package ships
};

/// Needs root. What mmdebstrap says goes to `sink` as the log of `step`. kResource with the package
/// to install when mmdebstrap or the distribution's keys are missing, kInvalidInput with a hint
/// when no mirror is known, kStepFailed with what mmdebstrap said at last.
Result<BootstrappedImage> bootstrap(const BootstrapOptions& options, const BootstrapStores& stores,
                                    progress::Sink& sink, const Digest& step,
                                    std::stop_token stop = {});

}  // namespace slipway::source
