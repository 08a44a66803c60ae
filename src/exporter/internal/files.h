// The files of a snapshot, as one tree: a tar or a directory.
#pragma once

#include "async/thread_pool.h"
#include "base/io.h"
#include "snapshot/tree.h"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

namespace slipway::exporter {

/// Owners, modes, links, devices and xattrs are kept; times in seconds. With `epoch` every file
/// has that time.
Result<void> write_files_tar(const snapshot::View& view, std::optional<std::int64_t> epoch,
                             Writer& out, const std::stop_token& stop);

/// Into `folder`: whole by rename when it does not exist yet, else file by file over what is there
/// (files that the snapshot does not have stay). Modes, times and links are kept; owner is who runs
/// us; xattrs are left out. Symlinks that stand in `folder` are replaced, never followed.
Result<void> write_files_folder(const snapshot::View& view, std::optional<std::int64_t> epoch,
                                const std::string& folder, async::ThreadPool& pool,
                                const std::stop_token& stop);

}  // namespace slipway::exporter
