// Everything a command works with on one store, opened together and closed in the right order.
#pragma once

#include "async/thread_pool.h"
#include "cache/local_cache.h"
#include "content/blob_store.h"
#include "content/image_names.h"
#include "content/store.h"
#include "registry/client.h"
#include "snapshot/layer_store.h"
#include "source/apt_packages.h"
#include "source/git_repositories.h"
#include "source/http_files.h"
#include "source/images.h"

#include <memory>
#include <stop_token>
#include <string>

namespace slipway::engine {

class Workspace {
  public:
    /// `root`: the store's folder, created when missing. Waits for a prune that runs (kShared) or
    /// for every build to end (kExclusive).
    static Result<std::unique_ptr<Workspace>> open(const std::string& root, os::LockMode mode,
                                                   std::stop_token stop = {});

    [[nodiscard]] content::Store& store() { return *store_; }
    [[nodiscard]] content::BlobStore& blobs() { return blobs_; }
    [[nodiscard]] content::ImageNames& names() { return names_; }
    [[nodiscard]] snapshot::LayerStore& layers() { return layers_; }
    [[nodiscard]] source::Images& images() { return images_; }
    [[nodiscard]] source::HttpFiles& http_files() { return http_files_; }
    [[nodiscard]] source::GitRepositories& git() { return git_; }
    [[nodiscard]] source::AptPackages& apt() { return apt_; }
    [[nodiscard]] cache::LocalCache& cache() { return *cache_; }
    /// For hashing, compression and file copies.
    [[nodiscard]] async::ThreadPool& cpu_pool() { return cpu_pool_; }

  private:
    Workspace(std::unique_ptr<content::Store> store, std::unique_ptr<cache::LocalCache> cache);

    std::unique_ptr<content::Store> store_;
    async::ThreadPool cpu_pool_;
    async::ThreadPool network_pool_;
    content::BlobStore blobs_;
    content::ImageNames names_;
    snapshot::LayerStore layers_;
    registry::Client client_;
    source::Images images_;
    source::HttpFiles http_files_;
    source::GitRepositories git_;
    source::AptPackages apt_;
    std::unique_ptr<cache::LocalCache> cache_;
};

}  // namespace slipway::engine
