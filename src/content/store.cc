#include "content/store.h"

#include "base/path.h"
#include "content/internal/layout.h"
#include "os/file.h"
#include "os/system.h"

namespace slipway::content {

namespace {

constexpr std::string_view kLock = "lock";

/// The kernel stamps files with a clock that lags behind the one we read by some milliseconds.
constexpr std::int64_t kClockLag = 1'000'000'000;

Result<os::FileLock> take_lock_in(const std::string& folder) {
    return os::FileLock::acquire(folder + "/" + std::string(kLock), os::LockMode::kExclusive);
}

/// Into the trash unless the process whose folder it is holds its lock.
Result<void> sweep_if_dead(const os::Dir& root, const RelPath& folder) {
    SLIPWAY_ASSIGN(const auto info, root.find(folder));
    if (!info || !info->is_dir()) return move_to_trash(root, folder);
    const auto lock = root.host_path() + "/" + folder.text() + "/" + std::string(kLock);
    SLIPWAY_ASSIGN(const auto taken, os::FileLock::try_acquire(lock, os::LockMode::kExclusive));
    return taken ? move_to_trash(root, folder) : Result<void>();
}

/// The caller holds tmp/lock, so no folder is half made. One may be going, though.
Result<void> sweep_dead(const os::Dir& root) {
    const RelPath tmp = known_path("tmp");
    SLIPWAY_ASSIGN(const auto entries, root.list(tmp));
    for (const auto& entry : entries) {
        if (entry.name == kLock) continue;
        auto swept = sweep_if_dead(root, tmp.child(entry.name));
        if (!swept && swept.error().code() != ErrorCode::kNotFound) return swept;
    }
    return {};
}

}  // namespace

Store::Store(os::Dir dir, os::FileLock lock, OwnTemp temp, std::string boot_id)
    : root_(dir.host_path()),
      dir_(std::move(dir)),
      lock_(std::move(lock)),
      temp_(std::move(temp)),
      boot_id_(std::move(boot_id)) {}

Result<std::unique_ptr<Store>> Store::open(const std::string& root, os::LockMode mode,
                                           std::stop_token stop) {
    SLIPWAY_ASSIGN(std::string boot_id, os::boot_id());
    return open_in_boot(root, mode, std::move(boot_id), std::move(stop))
        .context("store '{}'", root);
}

Result<std::unique_ptr<Store>> Store::testing_only_open(const std::string& root, os::LockMode mode,
                                                        const std::string& boot_id) {
    return open_in_boot(root, mode, boot_id, {});
}

Result<std::unique_ptr<Store>> Store::open_in_boot(const std::string& root, os::LockMode mode,
                                                   std::string boot_id, std::stop_token stop) {
    // Layers hold set-uid programs, which are nobody's business but the store's.
    SLIPWAY_TRY(os::make_dirs(root, 0700));
    SLIPWAY_ASSIGN(const std::string real_root, os::real_path(root));
    SLIPWAY_ASSIGN(os::Dir dir, os::Dir::open(real_root));
    const std::string lock_path = real_root + "/" + std::string(kLock);
    while (true) {
        {
            SLIPWAY_ASSIGN(auto lock, os::FileLock::acquire(lock_path, mode, stop));
            SLIPWAY_ASSIGN(const bool ready, is_ready(dir, boot_id));
            if (ready) {
                SLIPWAY_ASSIGN(OwnTemp temp, make_own_temp(dir));
                return std::unique_ptr<Store>(new Store(std::move(dir), std::move(lock),
                                                        std::move(temp), std::move(boot_id)));
            }
        }
        // flock has no upgrade without a gap, so we let go, and look again afterwards.
        SLIPWAY_ASSIGN(const auto exclusive,
                       os::FileLock::acquire(lock_path, os::LockMode::kExclusive, stop));
        SLIPWAY_TRY(make_ready(dir, boot_id));
    }
}

Result<Store::OwnTemp> Store::make_own_temp(const os::Dir& root) {
    const std::string tmp = root.host_path() + "/tmp";
    SLIPWAY_ASSIGN(const auto guard, take_lock_in(tmp));
    SLIPWAY_TRY(sweep_dead(root));
    SLIPWAY_ASSIGN(os::TempDir own, os::TempDir::create(tmp, "process"));
    SLIPWAY_ASSIGN(os::FileLock lock, take_lock_in(own.path()));
    return OwnTemp{std::move(lock), std::move(own)};
}

Result<os::TempDir> Store::temp_dir(std::string_view prefix) const {
    return os::TempDir::create(temp_.dir.path(), prefix);
}

std::string Store::temp_path(std::string_view prefix) const {
    return fmt::format("{}/{}-{}", temp_.dir.path(), prefix, os::random_id());
}

Result<void> Store::trash(const std::string& host_path) const {
    const std::string path = clean_path(host_path);
    if (!is_below(path, root_) || path == root_) {
        return make_error(ErrorCode::kInternal, "'{}' is not in the store '{}'", path, root_);
    }
    return move_to_trash(dir_, known_path(path.substr(root_.size())));
}

Result<void> Store::empty_trash() const {
    const RelPath trash = known_path("trash");
    SLIPWAY_ASSIGN(const auto entries, dir_.list(trash));
    for (const auto& entry : entries) SLIPWAY_TRY(dir_.remove_tree(trash.child(entry.name)));
    return {};
}

Result<void> Store::mark_synced() const {
    const auto last = load_synced(dir_);
    if (last && *last) {
        SLIPWAY_ASSIGN(const bool news, has_news(dir_, **last));
        if (!news) return {};
    }
    const std::int64_t now = os::now_unix_nanoseconds();
    SLIPWAY_TRY(os::sync_file_system(dir_.fd()));
    return save_synced(dir_, {boot_id_, now - kClockLag});
}

}  // namespace slipway::content
