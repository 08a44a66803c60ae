#include "engine/workspace.h"

#include "os/system.h"

#include <algorithm>

namespace slipway::engine {

namespace {

/// Registries limit a client's connections before a machine runs out of anything.
constexpr unsigned kParallelDownloads = 6;

}  // namespace

Workspace::Workspace(std::unique_ptr<content::Store> store,
                     std::unique_ptr<cache::LocalCache> cache)
    : store_(std::move(store)),
      cpu_pool_(std::max(2U, os::cpu_count())),
      network_pool_(kParallelDownloads),
      blobs_(*store_),
      names_(*store_),
      layers_(*store_, blobs_, cpu_pool_),
      images_(*store_, blobs_, names_, layers_, client_, network_pool_),
      http_files_(*store_, layers_, cpu_pool_),
      git_(*store_, layers_),
      apt_(*store_),
      cache_(std::move(cache)) {}

Result<std::unique_ptr<Workspace>> Workspace::open(const std::string& root, os::LockMode mode,
                                                   std::stop_token stop) {
    SLIPWAY_ASSIGN(auto store, content::Store::open(root, mode, std::move(stop)));
    SLIPWAY_ASSIGN(auto cache, cache::LocalCache::open(store->path("cache.db")));
    return std::unique_ptr<Workspace>(new Workspace(std::move(store), std::move(cache)));
}

}  // namespace slipway::engine
