#include "os/dir.h"

#include "os/file.h"
#include "os/internal/syscalls.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace slipway::os {

using internal::open_beneath;
using internal::Parent;

namespace {

/// The error of a call that just failed; `what` reads like "cannot create".
Error failed(int saved_errno, const char* what, const RelPath& path) {
    return Error::from_errno(saved_errno, fmt::format("{} '{}'", what, path.at()));
}

struct CloseDir {
    void operator()(DIR* dir) const { ::closedir(dir); }
};

timespec to_timespec(Timestamp time) {
    return {.tv_sec = time.seconds, .tv_nsec = static_cast<long>(time.nanoseconds)};
}

Timestamp to_timestamp(const statx_timestamp& time) {
    return {.seconds = time.tv_sec, .nanoseconds = time.tv_nsec};
}

int statx_at(int dir, const char* name, FileInfo& info) {
    struct statx raw {};
    const int result = ::statx(dir, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &raw);
    if (result == 0) info = internal::info_from_statx(raw);
    return result;
}

/// Fills `to` by a call like llistxattr: into a small buffer, and where that is too short (ERANGE)
/// into one of `limit` bytes. 0 or errno.
template <typename Call>
int read_growing(std::string& to, std::size_t limit, const Call& call) {
    std::array<char, 512> small;
    ssize_t size = call(small.data(), small.size());
    if (size >= 0) {
        to.assign(small.data(), static_cast<std::size_t>(size));
        return 0;
    }
    if (errno != ERANGE) return errno;
    to.resize(limit);
    size = call(to.data(), to.size());
    if (size < 0) return errno;
    to.resize(static_cast<std::size_t>(size));
    return 0;
}

}  // namespace

FileInfo internal::info_from_statx(const struct statx& from) {
    return FileInfo{.mode = from.stx_mode,
                    .uid = from.stx_uid,
                    .gid = from.stx_gid,
                    .size = from.stx_size,
                    .inode = from.stx_ino,
                    .device = ::makedev(from.stx_dev_major, from.stx_dev_minor),
                    .rdev = ::makedev(from.stx_rdev_major, from.stx_rdev_minor),
                    .links = from.stx_nlink,
                    .mtime = to_timestamp(from.stx_mtime),
                    .ctime = to_timestamp(from.stx_ctime)};
}

Result<Dir> Dir::open(const std::string& host_path) {
    const int fd = internal::retry_eintr(
        [&] { return ::open(host_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    const int saved_errno = errno;
    if (fd < 0) {
        return Error::from_errno(saved_errno, fmt::format("cannot open folder '{}'", host_path));
    }
    return Dir(Fd(fd), host_path);
}

Result<Dir> Dir::create(const std::string& host_path) {
    SLIPWAY_TRY(os::make_dirs(host_path));
    return open(host_path);
}

Result<Dir> Dir::duplicate() const {
    SLIPWAY_ASSIGN(Fd fd, fd_.duplicate());
    return Dir(std::move(fd), host_path_);
}

Result<Dir> Dir::open_dir(const RelPath& path) const {
    const int fd = open_beneath(fd_.get(), path.at(), O_RDONLY | O_DIRECTORY);
    const int saved_errno = errno;
    if (fd < 0) return failed(saved_errno, "cannot open folder", path);
    return Dir(Fd(fd), path.is_root() ? host_path_ : host_path_ + "/" + path.text());
}

Result<Fd> Dir::open_file(const RelPath& path) const {
    // O_NONBLOCK: a FIFO in a hostile tree must not hang us before we see what it is.
    const int fd = open_beneath(fd_.get(), path.at(), O_RDONLY | O_NOCTTY | O_NONBLOCK);
    int saved_errno = errno;
    if (fd < 0) return failed(saved_errno, "cannot open", path);
    Fd file(fd);
    struct stat info {};
    const int result = ::fstat(fd, &info);
    saved_errno = errno;
    if (result != 0) return failed(saved_errno, "cannot open", path);
    if (!S_ISREG(info.st_mode)) {
        return make_error(ErrorCode::kInvalidInput, "'{}' is not a regular file", path.at());
    }
    return file;
}

Result<Fd> Dir::create_file(const RelPath& path, std::uint32_t mode) const {
    const int fd =
        open_beneath(fd_.get(), path.at(), O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY, mode & 07777);
    int saved_errno = errno;
    if (fd < 0) return failed(saved_errno, "cannot create", path);
    Fd file(fd);
    const int result = ::fchmod(fd, mode & 07777);  // whatever the umask is
    saved_errno = errno;
    if (result != 0) return failed(saved_errno, "cannot set the mode of", path);
    return file;
}

Result<FileInfo> Dir::stat(const RelPath& path) const {
    SLIPWAY_ASSIGN(const Parent parent, Parent::open(fd_, path, "cannot look at"));
    FileInfo info;
    const int result = statx_at(parent.fd(), parent.name(), info);
    const int saved_errno = errno;
    if (result != 0) return failed(saved_errno, "cannot look at", path);
    return info;
}

Result<std::optional<FileInfo>> Dir::find(const RelPath& path) const {
    auto info = stat(path);
    if (info) return std::optional(*info);
    const auto number = info.error().system_errno();
    if (number == ENOENT || number == ENOTDIR) return std::optional<FileInfo>();
    return std::move(info).error();
}

Result<std::string> Dir::read_link(const RelPath& path) const {
    SLIPWAY_ASSIGN(const Parent parent, Parent::open(fd_, path, "cannot read the link"));
    std::array<char, PATH_MAX> target;  // Linux makes no longer ones
    const ssize_t size = ::readlinkat(parent.fd(), parent.name(), target.data(), target.size());
    const int saved_errno = errno;
    if (size < 0) return failed(saved_errno, "cannot read the link", path);
    return std::string(target.data(), static_cast<std::size_t>(size));
}

Result<std::vector<DirEntry>> Dir::list(const RelPath& path) const {
    const int fd = open_beneath(fd_.get(), path.at(), O_RDONLY | O_DIRECTORY);
    int saved_errno = errno;
    if (fd < 0) return failed(saved_errno, "cannot open folder", path);
    const std::unique_ptr<DIR, CloseDir> dir(::fdopendir(fd));
    saved_errno = errno;
    if (!dir) {
        ::close(fd);
        return failed(saved_errno, "cannot list", path);
    }
    std::vector<DirEntry> entries;
    while (true) {
        errno = 0;
        const dirent* entry = ::readdir(dir.get());
        saved_errno = errno;
        if (entry == nullptr) break;
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..") continue;
        const auto type =
            entry->d_type == DT_UNKNOWN ? 0U : static_cast<unsigned>(DTTOIF(entry->d_type));
        entries.push_back({.name = std::string(name), .type = type});
    }
    if (saved_errno != 0) return failed(saved_errno, "cannot list", path);
    std::ranges::sort(entries, {}, &DirEntry::name);
    return entries;
}

Result<void> Dir::make_dir(const RelPath& path, std::uint32_t mode) const {
    SLIPWAY_ASSIGN(const Parent parent, Parent::open(fd_, path, "cannot make folder"));
    int result = ::mkdirat(parent.fd(), parent.name(), mode & 07777);
    if (result == 0) result = internal::change_mode(parent.fd(), parent.name(), mode & 07777);
    const int saved_errno = errno;
    if (result != 0) return failed(saved_errno, "cannot make folder", path);
    return {};
}

Result<void> Dir::make_dirs(const RelPath& path, std::uint32_t mode) const {
    if (path.is_root()) return {};
    const int there = open_beneath(fd_.get(), path.text(), O_PATH | O_DIRECTORY);
    if (there >= 0) {
        ::close(there);
        return {};
    }
    Fd held;
    int at = fd_.get();
    for (const std::string_view part : path_components(path.text())) {
        const std::string name(part);
        int result = ::mkdirat(at, name.c_str(), mode & 07777);
        if (result == 0) result = internal::change_mode(at, name.c_str(), mode & 07777);
        int saved_errno = errno;
        if (result != 0 && saved_errno != EEXIST)
            return failed(saved_errno, "cannot make folder", path);
        const int next = open_beneath(at, name, O_PATH | O_DIRECTORY);
        saved_errno = errno;
        if (next < 0) return failed(saved_errno, "cannot make folder", path);
        held = Fd(next);
        at = held.get();
    }
    return {};
}

Result<void> Dir::make_symlink(const std::string& target, const RelPath& path) const {
    SLIPWAY_ASSIGN(const Parent parent, Parent::open(fd_, path, "cannot make link"));
    const int result = ::symlinkat(target.c_str(), parent.fd(), parent.name());
    const int saved_errno = errno;
    if (result != 0) return failed(saved_errno, "cannot make link", path);
    return {};
}

Result<void> Dir::make_node(const RelPath& path, std::uint32_t mode, std::uint64_t rdev) const {
    SLIPWAY_ASSIGN(const Parent parent, Parent::open(fd_, path, "cannot make node"));
    int result = ::mknodat(parent.fd(), parent.name(), mode, rdev);
    if (result == 0) result = internal::change_mode(parent.fd(), parent.name(), mode & 07777);
    const int saved_errno = errno;
    if (result != 0) return failed(saved_errno, "cannot make node", path);
    return {};
}

Result<void> Dir::link(const Dir& from_dir, const RelPath& from, const RelPath& to) const {
    SLIPWAY_ASSIGN(const Parent source, Parent::open(from_dir.fd_, from, "cannot link"));
    SLIPWAY_ASSIGN(const Parent target, Parent::open(fd_, to, "cannot link to"));
    const int result = ::linkat(source.fd(), source.name(), target.fd(), target.name(), 0);
    const int saved_errno = errno;
    if (result != 0) return failed(saved_errno, "cannot link to", to);
    return {};
}

Result<void> Dir::rename(const RelPath& from, const Dir& to_dir, const RelPath& to) const {
    SLIPWAY_ASSIGN(const Parent source, Parent::open(fd_, from, "cannot rename"));
    SLIPWAY_ASSIGN(const Parent target, Parent::open(to_dir.fd_, to, "cannot rename to"));
    const int result = ::renameat(source.fd(), source.name(), target.fd(), target.name());
    const int saved_errno = errno;
    if (result != 0) return failed(saved_errno, "cannot rename to", to);
    return {};
}

Result<void> Dir::unlink(const RelPath& path) const {
    SLIPWAY_ASSIGN(const Parent parent, Parent::open(fd_, path, "cannot remove"));
    const int result = ::unlinkat(parent.fd(), parent.name(), 0);
    const int saved_errno = errno;
    if (result != 0) return failed(saved_errno, "cannot remove", path);
    return {};
}

Result<std::uint64_t> Dir::tree_size(const RelPath& path) const {
    SLIPWAY_ASSIGN(const FileInfo info, stat(path));
    if (!info.is_dir()) return info.links > 1 ? info.size / info.links : info.size;
    std::uint64_t total = 0;
    SLIPWAY_ASSIGN(const auto entries, list(path));
    for (const DirEntry& entry : entries) {
        SLIPWAY_ASSIGN(const std::uint64_t size, tree_size(path.child(entry.name)));
        total += size;
    }
    return total;
}

Result<void> Dir::remove_tree(const RelPath& path) const {
    if (path.is_root()) {
        SLIPWAY_ASSIGN(const auto entries, list(path));
        for (const auto& entry : entries) {
            SLIPWAY_TRY(internal::remove_tree_at(fd_.get(), entry.name, entry.name));
        }
        return {};
    }
    auto parent = Parent::open(fd_, path, "cannot remove");
    if (!parent) {
        const auto number = parent.error().system_errno();
        if (number == ENOENT || number == ENOTDIR) return {};
        return std::move(parent).error();
    }
    return internal::remove_tree_at(parent->fd(), parent->name(), path.text());
}

Result<void> Dir::set_owner(const RelPath& path, std::uint32_t uid, std::uint32_t gid) const {
    SLIPWAY_ASSIGN(const Parent parent, Parent::open(fd_, path, "cannot set the owner of"));
    const int result = ::fchownat(parent.fd(), parent.name(), uid, gid, AT_SYMLINK_NOFOLLOW);
    const int saved_errno = errno;
    if (result != 0) return failed(saved_errno, "cannot set the owner of", path);
    return {};
}

Result<void> Dir::set_mode(const RelPath& path, std::uint32_t mode) const {
    SLIPWAY_ASSIGN(const Parent parent, Parent::open(fd_, path, "cannot set the mode of"));
    const int result = internal::change_mode(parent.fd(), parent.name(), mode & 07777);
    const int saved_errno = errno;
    if (result != 0) return failed(saved_errno, "cannot set the mode of", path);
    return {};
}

Result<void> Dir::set_times(const RelPath& path, Timestamp atime, Timestamp mtime) const {
    SLIPWAY_ASSIGN(const Parent parent, Parent::open(fd_, path, "cannot set the times of"));
    const std::array<timespec, 2> times = {to_timespec(atime), to_timespec(mtime)};
    const int result = ::utimensat(parent.fd(), parent.name(), times.data(), AT_SYMLINK_NOFOLLOW);
    const int saved_errno = errno;
    if (result != 0) return failed(saved_errno, "cannot set the times of", path);
    return {};
}

Result<Xattrs> Dir::xattrs(const RelPath& path) const {
    SLIPWAY_ASSIGN(const Parent parent, Parent::open(fd_, path, "cannot read the attributes of"));
    const std::string where = parent.proc_path();
    std::string names;
    int saved_errno = read_growing(names, XATTR_LIST_MAX, [&](char* to, std::size_t size) {
        return ::llistxattr(where.c_str(), to, size);
    });
    if (saved_errno == ENOTSUP) return Xattrs{};
    if (saved_errno != 0) return failed(saved_errno, "cannot read the attributes of", path);

    Xattrs attributes;
    std::string value;
    for (std::size_t start = 0; start < names.size();) {
        const std::string name = names.c_str() + start;
        start += name.size() + 1;
        saved_errno = read_growing(value, XATTR_SIZE_MAX, [&](char* to, std::size_t size) {
            return ::lgetxattr(where.c_str(), name.c_str(), to, size);
        });
        if (saved_errno == ENODATA) continue;  // removed meanwhile
        if (saved_errno != 0) return failed(saved_errno, "cannot read the attributes of", path);
        attributes.emplace(name, value);
    }
    return attributes;
}

Result<void> Dir::set_xattr(const RelPath& path, const std::string& name,
                            const std::string& value) const {
    SLIPWAY_ASSIGN(const Parent parent, Parent::open(fd_, path, "cannot set an attribute of"));
    const int result =
        ::lsetxattr(parent.proc_path().c_str(), name.c_str(), value.data(), value.size(), 0);
    const int saved_errno = errno;
    if (result != 0) {
        return Error::from_errno(saved_errno,
                                 fmt::format("cannot set attribute '{}' of '{}'", name, path.at()));
    }
    return {};
}

Result<void> Dir::remove_xattr(const RelPath& path, const std::string& name) const {
    SLIPWAY_ASSIGN(const Parent parent, Parent::open(fd_, path, "cannot remove an attribute of"));
    const int result = ::lremovexattr(parent.proc_path().c_str(), name.c_str());
    const int saved_errno = errno;
    if (result != 0) {
        return Error::from_errno(
            saved_errno, fmt::format("cannot remove attribute '{}' of '{}'", name, path.at()));
    }
    return {};
}

}  // namespace slipway::os
