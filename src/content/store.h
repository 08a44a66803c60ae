// The folder that holds everything Slipway keeps (default /var/lib/slipway), and its locks.
//
//   version            layout version, "1"
//   lock               flock: shared by every build, exclusive by prune
//   blobs/sha256/<hex> immutable blobs
//   layers/<id>/       see snapshot             chains/<hex>  chain ID -> layer IDs
//   names/             image names              cache.db  build records (SQLite)
//   mounts/<name>/     cache mounts             contexts/ stat caches of contexts
//   downloads/         what URLs held: see source/http_files.h
//   git/               mirrors of git repositories: see source/git_repositories.h
//   apt/               lists of source packages: see source/apt_packages.h
//   trash/             to be removed
//   tmp/<process>/     what a process is writing; swept when nobody holds the flock on its `lock`
//   synced             "<boot id> <Unix nanoseconds>": all that is not younger is known to be on
//                      disk, and so is all that this boot of the kernel shows
//
// After a power cut or a reboot (another boot id than the one recorded) blobs, layers, chains and
// stat caches younger than `synced` are dropped, never trusted; after a process crash nothing is
// lost.
#pragma once

#include "base/result.h"
#include "os/dir.h"
#include "os/lock.h"
#include "os/temp.h"

#include <memory>
#include <stop_token>
#include <string>

namespace slipway::content {

/// What is done with what a prune finds.
enum class Prune { kCount, kRemove };

class Store {
  public:
    /// Creates what is missing, checks the version, sweeps after a power cut and what dead
    /// processes left in tmp/, and takes `lock` in `mode` until the end of its life. One per
    /// process. kInvalidInput for a folder that holds other things, kUnsupported for another
    /// version.
    static Result<std::unique_ptr<Store>> open(const std::string& root, os::LockMode mode,
                                               std::stop_token stop = {});
    static Result<std::unique_ptr<Store>> testing_only_open(const std::string& root,
                                                            os::LockMode mode,
                                                            const std::string& boot_id);

    [[nodiscard]] const std::string& root() const { return root_; }
    [[nodiscard]] std::string path(std::string_view below) const {
        return root_ + "/" + std::string(below);
    }
    /// The root, held open.
    [[nodiscard]] const os::Dir& dir() const { return dir_; }
    /// A directory of this process below tmp/, on the store's file system, so that things can be
    /// renamed into place.
    [[nodiscard]] Result<os::TempDir> temp_dir(std::string_view prefix) const;
    /// A host path for a file of this process below tmp/, not there yet.
    [[nodiscard]] std::string temp_path(std::string_view prefix) const;
    /// Renames a host path below the store into trash/. Cheap for any size; empty_trash removes.
    [[nodiscard]] Result<void> trash(const std::string& host_path) const;
    [[nodiscard]] Result<void> empty_trash() const;
    /// When layers or blobs came since the last time: syncfs, and moves `synced` forward. Waits for
    /// the disk. To be called when a command has done its work, or the next boot drops that work.
    /// Any thread.
    [[nodiscard]] Result<void> mark_synced() const;

  private:
    /// This process's folder below tmp/. The folder goes before its lock.
    struct OwnTemp {
        os::FileLock lock;
        os::TempDir dir;
    };
    static Result<std::unique_ptr<Store>> open_in_boot(const std::string& root, os::LockMode mode,
                                                       std::string boot_id, std::stop_token stop);
    static Result<OwnTemp> make_own_temp(const os::Dir& root);
    Store(os::Dir dir, os::FileLock lock, OwnTemp temp, std::string boot_id);

    std::string root_;
    os::Dir dir_;
    os::FileLock lock_;
    OwnTemp temp_;
    std::string boot_id_;
};

}  // namespace slipway::content
