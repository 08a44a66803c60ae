#include "os/temp.h"

#include "base/check.h"
#include "base/path.h"
#include "os/file.h"
#include "os/internal/syscalls.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace slipway::os {

Result<TempDir> TempDir::create(const std::string& parent, std::string_view prefix) {
    std::string path = clean_path(fmt::format("{}/{}-{}", parent, prefix, random_id()));
    const int result = ::mkdir(path.c_str(), 0700);
    const int saved_errno = errno;
    if (result != 0)
        return Error::from_errno(saved_errno, fmt::format("cannot make folder '{}'", path));
    return TempDir(std::move(path));
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}

TempDir& TempDir::operator=(TempDir&& other) noexcept {
    TempDir taken(std::move(other));
    std::swap(path_, taken.path_);
    return *this;
}

TempDir::~TempDir() {
    if (!path_.empty()) static_cast<void>(remove_tree(path_));
}

std::string TempDir::keep() {
    return std::exchange(path_, {});
}

Result<Fd> open_unnamed_file(const std::string& parent) {
    int fd = ::open(parent.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    int saved_errno = errno;
    if (fd < 0 &&
        (saved_errno == EOPNOTSUPP || saved_errno == EISDIR)) {  // a file system without O_TMPFILE
        const std::string path = fmt::format("{}/tmp-{}", parent, random_id());
        fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        saved_errno = errno;
        if (fd >= 0) ::unlink(path.c_str());
    }
    if (fd < 0) {
        return Error::from_errno(saved_errno, fmt::format("cannot make a file in '{}'", parent));
    }
    return Fd(fd);
}

std::string random_id() {
    std::array<unsigned char, 16> bytes;
    const ssize_t size =
        internal::retry_eintr([&] { return ::getrandom(bytes.data(), bytes.size(), 0); });
    SLIPWAY_CHECK(size == static_cast<ssize_t>(bytes.size()), "the kernel has random bytes");
    return fmt::format("{:02x}", fmt::join(bytes, ""));
}

}  // namespace slipway::os
