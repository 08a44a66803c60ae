#pragma once

#include "snapshot/layer_store.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace slipway::snapshot {

struct LayerStore::Impl {
    Impl(const content::Store& store_in, content::BlobStore& blobs_in, async::ThreadPool& pool_in)
        : store(store_in), blobs(blobs_in), pool(pool_in) {}

    [[nodiscard]] std::string layer_path(const LayerId& id) const {
        return store.path("layers/" + id);
    }

    const content::Store& store;
    content::BlobStore& blobs;
    async::ThreadPool& pool;

    std::mutex mutex;  ///< guards what follows
    std::map<LayerId, std::shared_ptr<const Layer>> loaded;
    std::optional<os::TempDir> empty_dir;  ///< what scratch looks like when it is mounted
};

}  // namespace slipway::snapshot
