// A directory of the user as a tree to copy from: walked in parallel, ids set to 0, sockets and
// extended attributes left out, names of one file kept as such, ignore patterns applied while
// walking. The root itself is 0755, and as old as the scan. A file is hashed when a step asks for
// it, and again only when its stat (size, mtime, ctime, inode) changed since, which a stat cache in
// the store remembers (docs/formats/context-cache.md).
#pragma once

#include "async/thread_pool.h"
#include "content/store.h"
#include "snapshot/tree.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace slipway::source {

struct ContextOptions {
    std::string host_path;
    std::vector<std::string> ignore_patterns;
    /// Only these subtrees matter (LLB local.followpaths, wildcards allowed); empty: everything.
    /// Symlinks on the way to them are included too.
    std::vector<std::string> follow_paths;
    /// Unix seconds that the scan takes for now.
    std::optional<std::int64_t> testing_only_now = std::nullopt;
};

/// Any thread.
class LocalContext final : public snapshot::Tree {
  public:
    static Result<std::shared_ptr<LocalContext>> scan(const ContextOptions& options,
                                                      const content::Store& store,
                                                      async::ThreadPool& pool,
                                                      std::stop_token stop = {});
    ~LocalContext() override;
    [[nodiscard]] const snapshot::Manifest& manifest() const override;
    [[nodiscard]] const os::Dir& root() const override;
    [[nodiscard]] bool linkable() const override { return false; }
    /// kConflict when the file is not any more what the scan saw. `entry` is of this manifest.
    [[nodiscard]] Result<Digest> content_of(const snapshot::Entry& entry) const override;
    /// Writes what was learnt to the stat cache, when anything was. A file changed within the last
    /// two seconds is not remembered: its time could hide a later change.
    Result<void> save() const;

  private:
    struct Impl;
    explicit LocalContext(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::source
