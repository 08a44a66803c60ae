#include "exec/cache_mounts.h"

#include "base/digest.h"
#include "base/path.h"
#include "os/dir.h"
#include "os/file.h"

#include <optional>

namespace slipway::exec {
namespace {

constexpr const char* kFolder = "mounts";
constexpr std::string_view kLockSuffix = ".lock";
constexpr int kMaxCopies = 4096;

std::string name_of(const std::string& id, const CacheMountOwner& owner,
                    const std::string& from_identity) {
    Sha256 hash;
    hash.field(id).field(from_identity);
    hash.field(fmt::format("{}:{}:{:o}", owner.uid, owner.gid, owner.mode));
    return hash.finish().hex();
}

/// One directory and its lock files, which may not exist yet.
class Copy {
  public:
    Copy(const content::Store& store, const std::string& name, int number)
        : store_(store),
          folder_(store.path(fmt::format("{}/{}", kFolder, name))),
          number_(std::to_string(number)) {}

    [[nodiscard]] std::string host_path() const { return folder_ + "/" + number_; }
    [[nodiscard]] std::string lock_path() const { return host_path() + std::string(kLockSuffix); }

    /// The lock is held already.
    Result<CacheMount> take(os::FileLock lock, const CacheMountOwner& owner,
                            const std::function<Result<void>(const std::string&)>& fill,
                            std::stop_token stop) {
        if (!os::path_exists(host_path())) SLIPWAY_TRY(make(owner, fill, stop));
        return CacheMount{.host_path = host_path(), .lock = std::move(lock)};
    }

  private:
    Result<void> make(const CacheMountOwner& owner,
                      const std::function<Result<void>(const std::string&)>& fill,
                      std::stop_token stop) {
        SLIPWAY_ASSIGN(
            const os::FileLock maker,
            os::FileLock::acquire(host_path() + ".make", os::LockMode::kExclusive, stop));
        if (os::path_exists(host_path())) return {};  // another shared user was first
        SLIPWAY_ASSIGN(const os::TempDir aside, store_.temp_dir("cache-mount"));
        SLIPWAY_ASSIGN(const os::Dir from, os::Dir::open(aside.path()));
        const RelPath fresh = RelPath().child("new");
        SLIPWAY_TRY(from.make_dir(fresh, 0755));
        SLIPWAY_TRY(from.set_owner(fresh, owner.uid, owner.gid));
        SLIPWAY_TRY(from.set_mode(fresh, owner.mode));
        if (fill) SLIPWAY_TRY(fill(aside.path() + "/new"));
        SLIPWAY_ASSIGN(const os::Dir to, os::Dir::open(folder_));
        return from.rename(fresh, to, RelPath().child(number_));
    }

    const content::Store& store_;
    std::string folder_;
    std::string number_;
};

Result<std::uint64_t> prune_copy(const content::Store& store, const os::Dir& folder,
                                 const std::string& number, content::Prune prune) {
    const std::string host_path = folder.host_path() + "/" + number;
    SLIPWAY_ASSIGN(const auto lock, os::FileLock::try_acquire(host_path + std::string(kLockSuffix),
                                                              os::LockMode::kExclusive));
    if (!lock || !os::path_exists(host_path)) return std::uint64_t{0};
    const std::uint64_t size = folder.tree_size(RelPath().child(number)).value_or(0);
    if (prune == content::Prune::kRemove) SLIPWAY_TRY(store.trash(host_path));
    return size;
}

}  // namespace

Result<CacheMount> acquire_cache_mount(
    const content::Store& store, const std::string& id, Sharing sharing,
    const CacheMountOwner& owner, const std::string& from_identity,
    const std::function<Result<void>(const std::string& host_path)>& fill, std::stop_token stop) {
    const std::string name = name_of(id, owner, from_identity);
    SLIPWAY_TRY(os::make_dirs(store.path(fmt::format("{}/{}", kFolder, name))));
    if (sharing != Sharing::kPrivate) {
        Copy copy(store, name, 0);
        const auto mode =
            sharing == Sharing::kShared ? os::LockMode::kShared : os::LockMode::kExclusive;
        SLIPWAY_ASSIGN(os::FileLock lock, os::FileLock::acquire(copy.lock_path(), mode, stop));
        return copy.take(std::move(lock), owner, fill, stop);
    }
    for (int number = 0; number < kMaxCopies; ++number) {
        Copy copy(store, name, number);
        SLIPWAY_ASSIGN(auto lock,
                       os::FileLock::try_acquire(copy.lock_path(), os::LockMode::kExclusive));
        if (lock) return copy.take(std::move(*lock), owner, fill, stop);
    }
    return make_error(ErrorCode::kResource,
                      "cache mount '{}' has more than {} private copies in use", id, kMaxCopies);
}

Result<std::uint64_t> prune_cache_mounts(const content::Store& store, content::Prune prune) {
    const std::string path = store.path(kFolder);
    if (!os::path_exists(path)) return std::uint64_t{0};
    SLIPWAY_ASSIGN(const os::Dir mounts, os::Dir::open(path));
    SLIPWAY_ASSIGN(const auto names, mounts.list(RelPath()));
    std::uint64_t freed = 0;
    for (const os::DirEntry& name : names) {
        SLIPWAY_ASSIGN(const os::Dir folder, os::Dir::open(path + "/" + name.name));
        SLIPWAY_ASSIGN(const auto entries, folder.list(RelPath()));
        for (const os::DirEntry& entry : entries) {
            if (entry.name.find('.') != std::string::npos) continue;  // a lock
            SLIPWAY_ASSIGN(const std::uint64_t size, prune_copy(store, folder, entry.name, prune));
            freed += size;
        }
    }
    return freed;
}

}  // namespace slipway::exec
