#include "os/unix_socket.h"

#include "base/path.h"
#include "os/internal/stop_event.h"
#include "os/internal/syscalls.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace slipway::os {

using internal::retry_eintr;

namespace {

constexpr int kBacklog = 32;

Result<Fd> make_socket() {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int saved_errno = errno;
    if (fd < 0) return Error::from_errno(saved_errno, "cannot make a socket");
    return Fd(fd);
}

/// By way of the directory's descriptor: an address holds 107 bytes only.
Result<sockaddr_un> address_of(const Dir& dir, const std::string& name) {
    const std::string path = fmt::format("/proc/self/fd/{}/{}", dir.fd().get(), name);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return make_error(ErrorCode::kInvalidInput, "the socket's name '{}' is too long", name);
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

/// The system calls take every kind of address by one type.
const sockaddr* generic(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

}  // namespace

Result<UnixListener> UnixListener::create(const Dir& dir, const std::string& name,
                                          std::uint32_t mode, std::uint32_t uid,
                                          std::uint32_t gid) {
    SLIPWAY_ASSIGN(const sockaddr_un address, address_of(dir, name));
    SLIPWAY_ASSIGN(Fd socket, make_socket());
    const int bound = ::bind(socket.get(), generic(address), sizeof address);
    const int saved_errno = errno;
    if (bound != 0) {
        return Error::from_errno(saved_errno, fmt::format("cannot make the socket '{}'", name));
    }
    const RelPath path = RelPath::in_root(name);
    SLIPWAY_TRY(dir.set_owner(path, uid, gid));
    SLIPWAY_TRY(dir.set_mode(path, mode));
    const int listening = ::listen(socket.get(), kBacklog);
    const int listen_errno = errno;
    if (listening != 0) {
        return Error::from_errno(listen_errno, fmt::format("cannot listen at '{}'", name));
    }
    return UnixListener(std::move(socket));
}

Result<Fd> UnixListener::accept(const std::stop_token& stop) const {
    SLIPWAY_TRY(wait_readable(socket_, stop));
    const int fd =
        retry_eintr([&] { return ::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC); });
    const int saved_errno = errno;
    if (fd < 0) return Error::from_errno(saved_errno, "cannot accept a connection");
    return Fd(fd);
}

Result<Fd> connect_unix(const std::string& host_path) {
    SLIPWAY_ASSIGN(const Dir dir, Dir::open(std::string(dir_name(host_path))));
    SLIPWAY_ASSIGN(const sockaddr_un address, address_of(dir, std::string(base_name(host_path))));
    SLIPWAY_ASSIGN(Fd socket, make_socket());
    const int connected =
        retry_eintr([&] { return ::connect(socket.get(), generic(address), sizeof address); });
    const int saved_errno = errno;
    if (connected != 0) {
        return Error::from_errno(saved_errno, fmt::format("cannot connect to '{}'", host_path));
    }
    return socket;
}

Result<void> wait_readable(const Fd& fd, const std::stop_token& stop) {
    SLIPWAY_ASSIGN(const internal::StopEvent stopped, internal::StopEvent::create(stop));
    std::array<pollfd, 2> fds = {pollfd{.fd = fd.get(), .events = POLLIN, .revents = 0},
                                 pollfd{.fd = stopped.fd(), .events = POLLIN, .revents = 0}};
    const int ready = retry_eintr([&] { return ::poll(fds.data(), fds.size(), -1); });
    const int saved_errno = errno;
    if (ready < 0) return Error::from_errno(saved_errno, "cannot wait for a socket");
    if (stop.stop_requested()) return make_error(ErrorCode::kCancelled, "cancelled");
    return {};
}

}  // namespace slipway::os
