// The folder that holds everything Slipway keeps (default /var/lib/slipway), and its locks.
//
//   version            layout version, "1"
//   lock               flock: shared by every build, exclusive by prune
//   blobs/sha256/<hex> immutable blobs          ingest/   blobs being written
//   layers/<id>/       see snapshot             chains/<hex>  chain ID -> layer IDs
//   names/             image names              cache.db  build records (SQLite)
//   mounts/<name>/     cache mounts             contexts/ stat caches of contexts
//   trash/             to be removed            tmp/      per process, swept when its owner is gone
//   synced             time up to which everything is known to be on disk
//
// After a power cut (another boot id than the one recorded) whatever is younger than `synced` is dropped, never
// trusted; after a process crash nothing is lost.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "os/dir.h"
#include "os/lock.h"
#include "os/temp.h"

namespace slipway::content {

class Store {
  public:
    /// Creates what is missing, checks the version, sweeps after a power cut, and takes `lock` in `mode` until the
    /// end of its life. One per process.
    static Result<std::unique_ptr<Store>> open(const std::string& root, os::LockMode mode, std::stop_token stop = {});

    [[nodiscard]] const std::string& root() const { return root_; }
    [[nodiscard]] std::string path(std::string_view below) const { return root_ + "/" + std::string(below); }
    /// A directory of this process below tmp/, on the store's file system, so that things can be renamed into place.
    [[nodiscard]] Result<os::TempDir> temp_dir(std::string_view prefix) const;
    /// Renames a host path below the store into trash/. Cheap for any size; empty_trash removes.
    [[nodiscard]] Result<void> trash(const std::string& host_path) const;
    [[nodiscard]] Result<void> empty_trash() const;
    /// syncfs, and moves `synced` forward. Called when the store is opened, for what earlier builds wrote.
    [[nodiscard]] Result<void> mark_synced() const;

  private:
    Store(std::string root, os::FileLock lock) : root_(std::move(root)), lock_(std::move(lock)) {}
    std::string root_;
    os::FileLock lock_;
};

}  // namespace slipway::content
