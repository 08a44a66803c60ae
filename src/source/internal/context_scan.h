// One parallel walk over a context: directories are the work items, every entry is looked at once
// (statx).
#pragma once

#include "async/thread_pool.h"
#include "os/dir.h"
#include "snapshot/manifest.h"
#include "source/internal/context_scope.h"

#include <cstdint>
#include <stop_token>
#include <vector>

namespace slipway::source {

/// What tells, beside size and mtime, whether a file is the one that was hashed.
struct FileIdentity {
    os::Timestamp ctime;
    std::uint64_t inode = 0;
    bool operator==(const FileIdentity&) const = default;
};

struct ContextScan {
    std::vector<snapshot::Entry> entries;  ///< in the order of a manifest, the root first
    std::vector<FileIdentity> identities;  ///< of each entry
};

/// Owners are root, the time of the root itself is `now`; sockets are left out; extended attributes
/// are not read. What vanishes while it is walked was never there. On the threads of `pool` and the
/// caller's.
Result<ContextScan> scan_context(const os::Dir& root, const ContextScope& scope, os::Timestamp now,
                                 async::ThreadPool& pool, std::stop_token stop);

}  // namespace slipway::source
