// Directories that outlive builds (RUN --mount=type=cache).
//
//   mounts/<name>/<n>/      the directory; copies 1, 2, ... exist only where private users met
//   mounts/<name>/<n>.lock  flock: shared or exclusive by its users, exclusive by prune; never
//   removed mounts/<name>/<n>.make  flock: who fills it for the first time
//
// <name> is the digest of the id, the owner and the identity of what it was filled with.
#pragma once

#include "base/result.h"
#include "content/store.h"
#include "os/lock.h"

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

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

/// shared: any number of users; private: a free copy, or a new one; locked: waits. Who wants it
/// shared also waits while somebody has it for himself. A directory made new is filled by `fill`
/// (the `from=` content; may be null) before anybody sees it. `id` is any text; `owner` and the
/// identity of `from` are part of the name, as in BuildKit. kCancelled when asked to stop while
/// waiting. Any thread, any process.
Result<CacheMount> acquire_cache_mount(
    const content::Store& store, const std::string& id, Sharing sharing,
    const CacheMountOwner& owner, const std::string& from_identity,
    const std::function<Result<void>(const std::string& host_path)>& fill, std::stop_token stop);

/// Removes (to the store's trash) those nobody uses; returns the bytes that they hold.
Result<std::uint64_t> prune_cache_mounts(const content::Store& store, content::Prune prune);

}  // namespace slipway::exec
