// Names in the store, and what makes a store of a folder.
#pragma once

#include "base/result.h"
#include "os/dir.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::content {

/// A path that we made up ourselves.
RelPath known_path(std::string_view path);

/// Up to when everything is on disk, as a boot of the kernel recorded it.
struct Synced {
    std::string boot_id;
    std::int64_t unix_nanoseconds = 0;
};
/// Nothing when it was never recorded; kCorrupt when it is not readable.
Result<std::optional<Synced>> load_synced(const os::Dir& root);
Result<void> save_synced(const os::Dir& root, const Synced& synced);

/// Is it a store of our version, and was it used in this boot of the kernel?
Result<bool> is_ready(const os::Dir& root, const std::string& boot_id);
/// Makes it so: version, folders, and the sweep after a power cut. Nobody else may use the store.
Result<void> make_ready(const os::Dir& root, const std::string& boot_id);

/// Did layers, blobs or chains come or go since then?
Result<bool> has_news(const os::Dir& root, const Synced& synced);

/// Renames what stands at `path` into trash/.
Result<void> move_to_trash(const os::Dir& root, const RelPath& path);

}  // namespace slipway::content
