// A directory held by descriptor, and everything done relative to it. Paths never leave it: every
// look-up goes through openat2 (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS),
// with a component-wise openat(O_NOFOLLOW) walk where the kernel or a seccomp filter has no openat2
// (ENOSYS, EPERM). So the parents of a path that is worked on are real directories below the root;
// a symlink in a parent position is ELOOP, kInvalidInput. The last component is never followed
// either. For host paths given by the user, `Dir::open` follows links as the shell would.
#pragma once

#include "base/path.h"
#include "os/fd.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::os {

struct Timestamp {
    std::int64_t seconds = 0;
    std::uint32_t nanoseconds = 0;
    auto operator<=>(const Timestamp&) const = default;
};

/// What statx tells, of the entry itself (never of a symlink's target).
struct FileInfo {
    std::uint32_t mode = 0;  ///< type and permission bits (S_IFMT | 07777)
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint64_t size = 0;
    std::uint64_t inode = 0;
    std::uint64_t device = 0;  ///< the file system it stands on
    std::uint64_t rdev = 0;    ///< for device nodes, as makedev()
    std::uint32_t links = 1;
    Timestamp mtime;
    Timestamp ctime;

    [[nodiscard]] bool is_dir() const { return S_ISDIR(mode); }
    [[nodiscard]] bool is_regular() const { return S_ISREG(mode); }
    [[nodiscard]] bool is_symlink() const { return S_ISLNK(mode); }
};

struct DirEntry {
    std::string name;
    std::uint32_t type = 0;  ///< S_IFMT bits, 0 when the file system does not say
};

using Xattrs = std::map<std::string, std::string>;

class Dir {
  public:
    Dir() = default;
    /// A host path, links followed.
    static Result<Dir> open(const std::string& host_path);
    /// Creates it and its parents (0755) where missing.
    static Result<Dir> create(const std::string& host_path);

    [[nodiscard]] const Fd& fd() const { return fd_; }
    /// Where it was opened, for messages and for calls that take only paths (mount).
    [[nodiscard]] const std::string& host_path() const { return host_path_; }
    [[nodiscard]] bool valid() const { return fd_.valid(); }
    [[nodiscard]] Result<Dir> duplicate() const;

    [[nodiscard]] Result<Dir> open_dir(const RelPath& path) const;
    [[nodiscard]] Result<Fd> open_file(
        const RelPath& path) const;  ///< O_RDONLY, must not be a symlink
    /// O_WRONLY | O_CREAT | O_EXCL: never writes into what is there.
    [[nodiscard]] Result<Fd> create_file(const RelPath& path, std::uint32_t mode) const;
    [[nodiscard]] Result<FileInfo> stat(const RelPath& path) const;
    /// Like stat; nothing when it (or a parent) does not exist.
    [[nodiscard]] Result<std::optional<FileInfo>> find(const RelPath& path) const;
    [[nodiscard]] Result<std::string> read_link(const RelPath& path) const;
    /// Names in byte order; without "." and "..".
    [[nodiscard]] Result<std::vector<DirEntry>> list(const RelPath& path) const;

    [[nodiscard]] Result<void> make_dir(const RelPath& path, std::uint32_t mode) const;
    /// With parents (each with `mode`); what exists stays as it is.
    [[nodiscard]] Result<void> make_dirs(const RelPath& path, std::uint32_t mode) const;
    [[nodiscard]] Result<void> make_symlink(const std::string& target, const RelPath& path) const;
    /// mode with S_IFCHR, S_IFBLK, S_IFIFO or S_IFSOCK.
    [[nodiscard]] Result<void> make_node(const RelPath& path, std::uint32_t mode,
                                         std::uint64_t rdev) const;
    /// Hard link to a non-directory of another (or the same) directory; symlinks themselves are
    /// linked.
    [[nodiscard]] Result<void> link(const Dir& from_dir, const RelPath& from,
                                    const RelPath& to) const;
    [[nodiscard]] Result<void> rename(const RelPath& from, const Dir& to_dir,
                                      const RelPath& to) const;
    [[nodiscard]] Result<void> unlink(const RelPath& path) const;
    /// Bytes of all files of a subtree; a file with names elsewhere counts for its share.
    [[nodiscard]] Result<std::uint64_t> tree_size(const RelPath& path) const;
    /// A whole subtree, never following links, never crossing into another root. Missing is fine.
    [[nodiscard]] Result<void> remove_tree(const RelPath& path) const;

    [[nodiscard]] Result<void> set_owner(const RelPath& path, std::uint32_t uid,
                                         std::uint32_t gid) const;
    [[nodiscard]] Result<void> set_mode(const RelPath& path,
                                        std::uint32_t mode) const;  ///< not for symlinks
    [[nodiscard]] Result<void> set_times(const RelPath& path, Timestamp atime,
                                         Timestamp mtime) const;
    /// All names, of the entry itself. File systems without xattrs give none.
    [[nodiscard]] Result<Xattrs> xattrs(const RelPath& path) const;
    [[nodiscard]] Result<void> set_xattr(const RelPath& path, const std::string& name,
                                         const std::string& value) const;
    /// ENODATA when there is none.
    [[nodiscard]] Result<void> remove_xattr(const RelPath& path, const std::string& name) const;

  private:
    Dir(Fd fd, std::string host_path) : fd_(std::move(fd)), host_path_(std::move(host_path)) {}
    Fd fd_;
    std::string host_path_;
};

}  // namespace slipway::os
