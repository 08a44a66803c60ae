#include "os/fd.h"

#include "os/internal/syscalls.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace slipway::os {

Fd& Fd::operator=(Fd&& other) noexcept {
    Fd taken(std::move(other));
    std::swap(number_, taken.number_);
    return *this;
}

Fd::~Fd() {
    if (number_ >= 0) ::close(release());
}

int Fd::release() {
    return std::exchange(number_, -1);
}

Result<void> Fd::close() {
    if (number_ < 0) return {};
    const int result = ::close(release());
    const int saved_errno = errno;
    if (result != 0 && saved_errno != EINTR) return Error::from_errno(saved_errno, "close");
    return {};
}

Result<Fd> Fd::duplicate() const {
    const int copy = ::fcntl(number_, F_DUPFD_CLOEXEC, 0);
    const int saved_errno = errno;
    if (copy < 0) return Error::from_errno(saved_errno, "cannot duplicate a file descriptor");
    return Fd(copy);
}

namespace {

/// Like `call`, but waits where a descriptor that somebody made non-blocking (a shared terminal or
/// pipe) is not ready.
template <typename Call>
ssize_t blocking(int fd, short events, const Call& call) {
    while (true) {
        const ssize_t result = internal::retry_eintr(call);
        if (result >= 0 || errno != EAGAIN) return result;
        pollfd ready{.fd = fd, .events = events, .revents = 0};
        if (internal::retry_eintr([&] { return ::poll(&ready, 1, -1); }) < 0) return -1;
    }
}

}  // namespace

Result<std::size_t> FdReader::read(std::span<std::byte> buffer) {
    const ssize_t size = blocking(fd_.get(), POLLIN,
                                  [&] { return ::read(fd_.get(), buffer.data(), buffer.size()); });
    const int saved_errno = errno;
    if (size < 0) return Error::from_errno(saved_errno, "read");
    return static_cast<std::size_t>(size);
}

Result<void> FdWriter::write(std::span<const std::byte> data) {
    while (!data.empty()) {
        const ssize_t size = blocking(fd_.get(), POLLOUT,
                                      [&] { return ::write(fd_.get(), data.data(), data.size()); });
        const int saved_errno = errno;
        if (size < 0) return Error::from_errno(saved_errno, "write");
        data = data.subspan(static_cast<std::size_t>(size));
    }
    return {};
}

}  // namespace slipway::os
