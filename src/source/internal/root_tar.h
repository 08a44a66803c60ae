// Makes the tar of a fresh root file system reproducible: two passes over it, the first to find out
// how new its packages are, the second to write it without what belongs to a machine or a day.
#pragma once

#include "archive/tar.h"

#include <cstdint>
#include <string>
#include <vector>

namespace slipway::source {

struct RootFacts {
    /// The newest time of a file that is older than the run that made it: shipped by a package. 0:
    /// there is none.
    std::int64_t newest_shipped = 0;
    bool has_bash = false;
    std::vector<std::string> keyrings;  ///< absolute paths of files in /usr/share/keyrings
};
/// `run_started`: Unix seconds.
Result<RootFacts> scan_root(archive::TarReader& tar, std::int64_t run_started);

struct RootChanges {
    std::int64_t epoch = 0;    ///< later times become this
    std::string sources_list;  ///< text of etc/apt/sources.list
};
/// Leaves out what is volatile (device nodes, logs, caches, package lists, host name, resolver,
/// random seeds, host keys, backups), empties etc/machine-id, and clamps times, also those in
/// etc/shadow.
Result<void> rewrite_root(archive::TarReader& in, archive::TarWriter& out,
                          const RootChanges& changes);

}  // namespace slipway::source
