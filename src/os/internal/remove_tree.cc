// Removing a tree without recursion, without following links, and with one open descriptor however
// deep it is.
//
// Only the current directory is held open. The way down is openat(O_NOFOLLOW); the way up is "..",
// and the directory found there must be the one we came from (device and inode), so a tree that is
// moved meanwhile is an error and never leads us to somebody else's files. A directory on another
// mount is not entered, even if it is a bind mount of the same file system: what hangs there is not
// ours to delete.
#include "os/internal/syscalls.h"

#include <dirent.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <vector>

namespace slipway::os::internal {

namespace {

struct Identity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t mount = 0;
    bool operator==(const Identity&) const = default;
};

struct Level {
    Identity identity;
    std::string name;                   ///< in its parent
    std::vector<std::string> sub_dirs;  ///< still to be removed
    int attempts = 0;
};

class TreeRemover {
  public:
    TreeRemover(int dir, const std::string& shown_as) : root_(dir), shown_as_(shown_as) {}

    Result<void> remove(const std::string& name) {
        SLIPWAY_TRY(enter(root_, name));
        while (!levels_.empty()) {
            Level& level = levels_.back();
            if (!level.sub_dirs.empty()) {
                const std::string next = std::move(level.sub_dirs.back());
                level.sub_dirs.pop_back();
                SLIPWAY_TRY(enter(current_.get(), next));
                continue;
            }
            SLIPWAY_TRY(leave());
        }
        return {};
    }

  private:
    Error failure(int saved_errno, const std::string& name) const {
        std::string where = shown_as_;
        for (std::size_t i = 1; i < levels_.size() && i < 8; ++i) where += "/" + levels_[i].name;
        if (levels_.size() > 8) where += "/...";
        if (!levels_.empty()) where += "/" + name;
        return Error::from_errno(saved_errno, fmt::format("cannot remove '{}'", where));
    }

    static Result<Identity> identify(int fd) {
        struct statx info {};
        const int result = ::statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &info);
        const int saved_errno = errno;
        if (result != 0) return Error::from_errno(saved_errno, "statx");
        const bool has_mount = (info.stx_mask & STATX_MNT_ID) != 0;
        return Identity{
            .device = (static_cast<std::uint64_t>(info.stx_dev_major) << 32) | info.stx_dev_minor,
            .inode = info.stx_ino,
            .mount = has_mount ? info.stx_mnt_id : 0};
    }

    /// Makes the directory `name` the current one, with its files already removed. What turns out
    /// not to be a directory is removed instead.
    Result<void> enter(int parent, const std::string& name) {
        const int fd = retry_eintr([&] {
            return ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        });
        int saved_errno = errno;
        if (fd < 0) {
            if (saved_errno == ENOENT) return {};
            if (saved_errno != ENOTDIR && saved_errno != ELOOP) return failure(saved_errno, name);
            const int result = ::unlinkat(parent, name.c_str(), 0);
            saved_errno = errno;
            if (result != 0 && saved_errno != ENOENT) return failure(saved_errno, name);
            return {};
        }
        Fd opened(fd);
        SLIPWAY_ASSIGN(const Identity identity, identify(fd));
        Identity outside;
        if (levels_.empty()) {
            SLIPWAY_ASSIGN(outside, identify(parent));
        } else {
            outside = levels_.back().identity;
        }
        if (identity.mount != outside.mount || identity.device != outside.device) {
            return Error(ErrorCode::kConflict,
                         fmt::format("cannot remove '{}': '{}' is a mount point", shown_as_, name));
        }
        current_ = std::move(opened);
        levels_.push_back(Level{.identity = identity, .name = name, .sub_dirs = {}});
        return remove_files();
    }

    /// Unlinks what is no directory and remembers what is one.
    Result<void> remove_files() {
        alignas(dirent64) std::array<std::byte, 32 * 1024> buffer;
        while (true) {
            const ssize_t size = ::getdents64(current_.get(), buffer.data(), buffer.size());
            int saved_errno = errno;
            if (size < 0) return failure(saved_errno, ".");
            if (size == 0) return {};
            for (std::size_t offset = 0; offset < static_cast<std::size_t>(size);) {
                const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + offset);
                offset += entry->d_reclen;
                const char* name = entry->d_name;
                if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) continue;
                if (entry->d_type == DT_DIR) {
                    levels_.back().sub_dirs.emplace_back(name);
                    continue;
                }
                if (::unlinkat(current_.get(), name, 0) == 0) continue;
                saved_errno = errno;
                if (saved_errno == ENOENT) continue;
                if (saved_errno == EISDIR) {  // no d_type, or replaced meanwhile
                    levels_.back().sub_dirs.emplace_back(name);
                    continue;
                }
                return failure(saved_errno, name);
            }
        }
    }

    /// Goes up and removes the directory just left.
    Result<void> leave() {
        Level left = std::move(levels_.back());
        levels_.pop_back();
        int parent = root_;
        Fd up;
        if (!levels_.empty()) {
            const int fd =
                ::openat(current_.get(), "..", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            const int saved_errno = errno;
            if (fd < 0) return failure(saved_errno, left.name);
            up = Fd(fd);
            SLIPWAY_ASSIGN(const Identity identity, identify(fd));
            if (identity != levels_.back().identity) {
                return Error(ErrorCode::kConflict,
                             fmt::format("'{}' was moved while it was being removed", shown_as_));
            }
            parent = fd;
        }
        const int result = ::unlinkat(parent, left.name.c_str(), AT_REMOVEDIR);
        const int saved_errno = errno;
        if (result != 0 && saved_errno == ENOTEMPTY && left.attempts < 3) {
            // Some file systems skip names when entries vanish during the listing, and somebody may
            // have added one.
            ++left.attempts;
            ::lseek(current_.get(), 0, SEEK_SET);
            levels_.push_back(std::move(left));
            return remove_files();
        }
        if (result != 0 && saved_errno != ENOENT) return failure(saved_errno, left.name);
        current_ = std::move(up);
        return {};
    }

    const int root_;
    const std::string& shown_as_;
    Fd current_;
    std::vector<Level> levels_;
};

}  // namespace

Result<void> remove_tree_at(int dir, const std::string& name, const std::string& shown_as) {
    return TreeRemover(dir, shown_as).remove(name);
}

}  // namespace slipway::os::internal
