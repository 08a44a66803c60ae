#include "os/file.h"

#include "base/path.h"
#include "base/scope_guard.h"
#include "os/internal/syscalls.h"
#include "os/temp.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <vector>

namespace slipway::os {

using internal::retry_eintr;

namespace {

Result<Fd> open_host(const std::string& host_path, int flags, mode_t mode, const char* what) {
    const int fd = retry_eintr([&] { return ::open(host_path.c_str(), flags | O_CLOEXEC, mode); });
    const int saved_errno = errno;
    if (fd < 0) return Error::from_errno(saved_errno, fmt::format("{} '{}'", what, host_path));
    return Fd(fd);
}

Result<void> sync_fd(const Fd& fd, const std::string& host_path) {
    const int result = ::fsync(fd.get());
    const int saved_errno = errno;
    if (result != 0)
        return Error::from_errno(saved_errno, fmt::format("cannot sync '{}'", host_path));
    return {};
}

constexpr std::size_t kCopyChunk = std::size_t{1} << 30;

/// Bytes of [offset, end) by copy_file_range, then read and write from where it refuses.
Result<CopiedBy> copy_range(const Fd& from, const Fd& to, off_t offset, off_t end) {
    off_t read_at = offset;
    off_t write_at = offset;
    while (read_at < end) {
        const auto want = std::min(kCopyChunk, static_cast<std::size_t>(end - read_at));
        const ssize_t size = retry_eintr(
            [&] { return ::copy_file_range(from.get(), &read_at, to.get(), &write_at, want, 0); });
        const int saved_errno = errno;
        if (size == 0) break;  // the file shrank, or a file system that pretends
        if (size > 0) continue;
        const bool refused = saved_errno == EXDEV || saved_errno == EINVAL ||
                             saved_errno == ENOSYS || saved_errno == EOPNOTSUPP ||
                             saved_errno == EPERM || saved_errno == EBADF || saved_errno == EIO;
        if (!refused) return Error::from_errno(saved_errno, "cannot copy file data");
        break;
    }
    if (read_at >= end) return CopiedBy::kCopyFileRange;
    std::vector<std::byte> buffer(
        static_cast<std::size_t>(std::min<off_t>(end - read_at, 256L * 1024)));
    while (read_at < end) {
        const auto want = std::min(buffer.size(), static_cast<std::size_t>(end - read_at));
        const ssize_t size =
            retry_eintr([&] { return ::pread(from.get(), buffer.data(), want, read_at); });
        int saved_errno = errno;
        if (size < 0) return Error::from_errno(saved_errno, "cannot copy file data");
        if (size == 0) break;
        for (ssize_t done = 0; done < size;) {
            const ssize_t written = retry_eintr([&] {
                return ::pwrite(to.get(), buffer.data() + done,
                                static_cast<std::size_t>(size - done), read_at + done);
            });
            saved_errno = errno;
            if (written < 0) return Error::from_errno(saved_errno, "cannot copy file data");
            done += written;
        }
        read_at += size;
    }
    return CopiedBy::kReadWrite;
}

/// Only the parts that hold data; the holes stay holes.
Result<CopiedBy> copy_sparse(const Fd& from, const Fd& to, off_t size) {
    const int result = ::ftruncate(to.get(), size);
    int saved_errno = errno;
    if (result != 0) return Error::from_errno(saved_errno, "cannot copy file data");
    CopiedBy by = CopiedBy::kCopyFileRange;
    off_t offset = 0;
    while (offset < size) {
        const off_t data = ::lseek(from.get(), offset, SEEK_DATA);
        saved_errno = errno;
        if (data < 0 && saved_errno == ENXIO) return by;  // only a hole is left
        if (data < 0) return copy_range(from, to, offset, size);
        off_t hole = ::lseek(from.get(), data, SEEK_HOLE);
        if (hole < 0) hole = size;
        SLIPWAY_ASSIGN(const CopiedBy part, copy_range(from, to, data, std::min(hole, size)));
        if (part == CopiedBy::kReadWrite) by = part;
        offset = hole;
    }
    return by;
}

}  // namespace

Result<Fd> open_read(const std::string& host_path) {
    return open_host(host_path, O_RDONLY | O_NOCTTY, 0, "cannot open");
}

Result<Fd> open_write(const std::string& host_path, std::uint32_t mode) {
    return open_host(host_path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY, mode, "cannot write");
}

Result<std::string> read_file(const std::string& host_path, std::size_t limit) {
    SLIPWAY_ASSIGN(const Fd file, open_read(host_path));
    std::string text;
    struct stat info {};
    // The size is a first guess: files in /proc say 0. One more byte finds the end without another
    // buffer.
    const bool known = ::fstat(file.get(), &info) == 0 && info.st_size > 0;
    text.resize(known ? std::min(limit, static_cast<std::size_t>(info.st_size)) + 1 : 4096);
    std::size_t used = 0;
    FdReader reader(file);
    while (true) {
        if (used == text.size()) text.resize(text.size() * 2);
        auto size = reader.read(std::as_writable_bytes(std::span(text)).subspan(used));
        if (!size) return std::move(size).context("'{}'", host_path).error();
        if (*size == 0) break;
        used += *size;
        if (used > limit) {
            return make_error(ErrorCode::kInvalidInput, "'{}' is larger than the limit of {} bytes",
                              host_path, limit);
        }
    }
    text.resize(used);
    return text;
}

Result<std::optional<std::string>> find_file(const std::string& host_path, std::size_t limit) {
    auto text = read_file(host_path, limit);
    if (text) return std::optional(std::move(*text));
    const auto number = text.error().system_errno();
    if (number == ENOENT || number == ENOTDIR) return std::optional<std::string>();
    return std::move(text).error();
}

Result<void> write_file(const std::string& host_path, std::string_view data, Durability durability,
                        std::uint32_t mode) {
    const std::string dir(dir_name(host_path));
    const std::string aside =
        fmt::format("{}/.{}.{}.tmp", dir, base_name(host_path).substr(0, 200), random_id());
    SLIPWAY_ASSIGN(Fd file, open_host(aside, O_WRONLY | O_CREAT | O_EXCL, mode, "cannot write"));
    ScopeGuard remove_aside([&] { ::unlink(aside.c_str()); });
    SLIPWAY_TRY(FdWriter(file).write(data).context("'{}'", host_path));
    if (durability == Durability::kPowerCut) SLIPWAY_TRY(sync_fd(file, host_path));
    SLIPWAY_TRY(file.close().context("'{}'", host_path));
    const int result = ::rename(aside.c_str(), host_path.c_str());
    const int saved_errno = errno;
    if (result != 0)
        return Error::from_errno(saved_errno, fmt::format("cannot write '{}'", host_path));
    remove_aside.release();
    if (durability == Durability::kPowerCut) {
        SLIPWAY_ASSIGN(const Fd folder, open_host(dir, O_RDONLY | O_DIRECTORY, 0, "cannot open"));
        SLIPWAY_TRY(sync_fd(folder, dir));
    }
    return {};
}

bool path_exists(const std::string& host_path) {
    struct stat info {};
    return ::lstat(host_path.c_str(), &info) == 0;
}

Result<void> make_dirs(const std::string& host_path, std::uint32_t mode) {
    const auto failed = [&](int saved_errno) {
        return Error::from_errno(saved_errno, fmt::format("cannot make folder '{}'", host_path));
    };
    struct stat info {};
    if (::stat(host_path.c_str(), &info) == 0) {
        return S_ISDIR(info.st_mode) ? Result<void>() : failed(ENOTDIR);
    }
    std::string made = host_path.starts_with('/') ? "/" : "";
    for (const std::string_view part : path_components(host_path)) {
        made += part;
        const int result = ::mkdir(made.c_str(), mode);
        const int saved_errno = errno;
        // EROFS and EACCES: what exists on a file system that we cannot write is fine; the last
        // stat tells.
        if (result != 0 && saved_errno != EEXIST && ::stat(made.c_str(), &info) != 0) {
            return failed(saved_errno);
        }
        made += '/';
    }
    const int result = ::stat(host_path.c_str(), &info);
    const int saved_errno = errno;
    if (result != 0) return failed(saved_errno);
    return S_ISDIR(info.st_mode) ? Result<void>() : failed(EEXIST);
}

Result<void> remove_tree(const std::string& host_path) {
    const std::string path = clean_path(host_path);
    SLIPWAY_ASSIGN(const RelPath name, RelPath::parse(base_name(path)));
    if (name.is_root()) {
        return make_error(ErrorCode::kInvalidInput, "cannot remove '{}'", host_path);
    }
    const auto parent = Dir::open(std::string(dir_name(path)));
    if (!parent) {
        const auto number = parent.error().system_errno();
        return number == ENOENT || number == ENOTDIR ? Result<void>() : parent.error();
    }
    return internal::remove_tree_at(parent->fd().get(), name.text(), path);
}

Result<std::string> real_path(const std::string& host_path) {
    struct Free {
        void operator()(char* text) const { std::free(text); }
    };
    const std::unique_ptr<char, Free> resolved(::realpath(host_path.c_str(), nullptr));
    const int saved_errno = errno;
    if (!resolved) return Error::from_errno(saved_errno, fmt::format("'{}'", host_path));
    return std::string(resolved.get());
}

Result<std::string> current_dir() {
    return real_path(".");
}

Result<CopiedBy> copy_file_data(const Fd& from, const Fd& to) {
    if (::ioctl(to.get(), FICLONE, from.get()) == 0) return CopiedBy::kReflink;
    struct stat info {};
    const int result = ::fstat(from.get(), &info);
    const int saved_errno = errno;
    if (result != 0) return Error::from_errno(saved_errno, "cannot copy file data");
    if (info.st_size == 0) {  // truly empty, or a file that does not know its size
        FdReader reader(from);
        FdWriter writer(to);
        SLIPWAY_TRY(copy_stream(reader, writer, 64UL * 1024));
        return CopiedBy::kReadWrite;
    }
    if (info.st_blocks * 512 < info.st_size) return copy_sparse(from, to, info.st_size);
    return copy_range(from, to, 0, info.st_size);
}

Result<std::size_t> read_at(const Fd& file, std::span<std::byte> buffer, std::uint64_t offset) {
    const ssize_t size = retry_eintr([&] {
        return ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    });
    const int saved_errno = errno;
    if (size < 0) return Error::from_errno(saved_errno, "read");
    return static_cast<std::size_t>(size);
}

Result<void> sync_file_system(const Fd& any_file_on_it) {
    const int result = ::syncfs(any_file_on_it.get());
    const int saved_errno = errno;
    if (result != 0) return Error::from_errno(saved_errno, "cannot sync the file system");
    return {};
}

Result<std::uint64_t> free_space(const std::string& host_path) {
    struct statvfs info {};
    const int result = retry_eintr([&] { return ::statvfs(host_path.c_str(), &info); });
    const int saved_errno = errno;
    if (result != 0) return Error::from_errno(saved_errno, fmt::format("'{}'", host_path));
    return std::uint64_t{info.f_bavail} * info.f_frsize;
}

}  // namespace slipway::os
