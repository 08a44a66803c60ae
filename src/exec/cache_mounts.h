// Directories that outlive builds (RUN --mount=type=cache), below mounts/ in the store.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "content/store.h"
#include "os/lock.h"

namespace slipway::exec {

enum class Sharing { kShared, kPrivate, kLocked };

/// The directory of one cache mount, held (by flock) until the end of its life.
struct CacheMount {
    std::string host_path;
    os::FileLock lock;
};

struct CacheMountOwner {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint32_t mode = 0755;
};

/// shared: any number of users; private: a free copy, or a new one; locked: waits. A directory made new is filled by
/// `fill` (the `from=` content; may be null) before anybody sees it. `id` is any text; `owner` and the identity of
/// `from` are part of the name, as in BuildKit.
Result<CacheMount> acquire_cache_mount(const content::Store& store, const std::string& id, Sharing sharing,
                                       const CacheMountOwner& owner, const std::string& from_identity,
                                       const std::function<Result<void>(const std::string& host_path)>& fill,
                                       std::stop_token stop);

/// Removes those nobody uses; returns the bytes freed.
Result<std::uint64_t> prune_cache_mounts(const content::Store& store);

}  // namespace slipway::exec
