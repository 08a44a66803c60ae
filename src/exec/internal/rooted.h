// Looking up paths in a container's root file system as a process inside would, never leaving it.
#pragma once

#include "base/path.h"
#include "base/result.h"
#include "os/dir.h"

#include <optional>
#include <string>
#include <string_view>

namespace slipway::exec {

struct RootedPath {
    RelPath path;                      ///< without symlinks, as far as it exists
    std::optional<os::FileInfo> info;  ///< nothing when it does not exist
};

/// Follows symlinks (the last component's too) with the root as "/". What comes after the first
/// missing component is taken as it is written. kInvalidInput past 255 links or where a parent is
/// no directory.
Result<RootedPath> resolve_in_root(const os::Dir& root, std::string_view path);

/// A regular file, links followed inside the root; nothing when it does not exist. kInvalidInput
/// past `limit`.
Result<std::optional<std::string>> find_file_in_root(const os::Dir& root, std::string_view path,
                                                     std::size_t limit);

}  // namespace slipway::exec
