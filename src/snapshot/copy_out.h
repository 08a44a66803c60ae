// Files of a view, written to a directory outside the store (or into a cache mount).
#pragma once

#include "snapshot/tree.h"

#include <cstdint>
#include <optional>
#include <stop_token>

namespace slipway::snapshot {

struct CopyOutOptions {
    bool keep_owners = true;                    ///< false: what is written belongs to this process
    std::optional<std::int64_t> clamp_seconds;  ///< later times become this one (SOURCE_DATE_EPOCH)
};

/// What the view shows below `path` goes below `to`, which exists; when `path` is no directory it
/// goes there under its own name. Data is reflinked or copied; modes, times, xattrs and hard links
/// are kept. Files that are in the way are replaced, directories are merged. kNotFound when the
/// view has no such path.
Result<void> copy_out(const View& view, std::string_view path, const os::Dir& to,
                      const CopyOutOptions& options, std::stop_token stop = {});

}  // namespace slipway::snapshot
