// Reads a layer's directory, as a step or overlayfs left it, into entries.
#pragma once

#include "async/thread_pool.h"
#include "snapshot/layer_store.h"

#include <vector>

namespace slipway::snapshot {

/// Directories and files in parallel on the pool; each file is read once, whatever its names.
/// `below` may be null: what the layer stands on. Then what overlayfs left is tidied up, in the
/// directory too: opaque marks become whiteouts of what they hide, and directories in which nothing
/// changed but their time are taken out.
Result<std::vector<Entry>> walk_layer(const os::Dir& root, const View* below,
                                      const KnownDigests& known, async::ThreadPool& pool);

}  // namespace slipway::snapshot
