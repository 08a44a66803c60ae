// The agent protocol (draft-ietf-sshm-ssh-agent): each message is a length in four bytes, a type in
// one, and what belongs to it; each request has one answer.
#include "exec/ssh_agent.h"
#include "os/unix_socket.h"

#include <list>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace slipway::exec {
namespace {

constexpr std::byte kFailure{5};
constexpr std::byte kListKeys{11};
constexpr std::byte kSign{13};
constexpr std::size_t kLongest = 256UL * 1024;  ///< OpenSSH's limit
constexpr std::size_t kMostConnections = 64;

using Message = std::vector<std::byte>;

/// False at the end of the stream.
Result<bool> read_exactly(const os::Fd& from, std::span<std::byte> buffer,
                          const std::stop_token& stop) {
    os::FdReader reader(from);
    while (!buffer.empty()) {
        SLIPWAY_TRY(os::wait_readable(from, stop));
        SLIPWAY_ASSIGN(const std::size_t size, reader.read(buffer));
        if (size == 0) return false;
        buffer = buffer.subspan(size);
    }
    return true;
}

/// Type and content; empty at the end of the stream.
Result<Message> read_message(const os::Fd& from, const std::stop_token& stop) {
    std::array<std::byte, 4> header{};
    SLIPWAY_ASSIGN(const bool more, read_exactly(from, header, stop));
    if (!more) return Message();
    std::size_t size = 0;
    for (const std::byte byte : header) size = (size << 8U) | std::to_integer<std::size_t>(byte);
    if (size == 0 || size > kLongest) {
        return make_error(ErrorCode::kInvalidInput, "a message of {} bytes", size);
    }
    Message message(size);
    SLIPWAY_ASSIGN(const bool whole, read_exactly(from, message, stop));
    return whole ? std::move(message) : Message();
}

Result<void> write_message(const os::Fd& to, const Message& message) {
    Message whole;
    for (const unsigned shift : {24U, 16U, 8U, 0U})
        whole.push_back(static_cast<std::byte>((message.size() >> shift) & 0xFFU));
    whole.insert(whole.end(), message.begin(), message.end());
    return os::FdWriter(to).write(std::span<const std::byte>(whole));
}

Result<void> serve(const os::Fd& step, const std::string& agent_path, const std::stop_token& stop) {
    SLIPWAY_ASSIGN(const os::Fd agent, os::connect_unix(agent_path));
    while (true) {
        SLIPWAY_ASSIGN(const Message request, read_message(step, stop));
        if (request.empty()) return {};
        if (request.front() != kListKeys && request.front() != kSign) {
            SLIPWAY_TRY(write_message(step, {kFailure}));
            continue;
        }
        SLIPWAY_TRY(write_message(agent, request));
        SLIPWAY_ASSIGN(const Message answer, read_message(agent, stop));
        if (answer.empty()) return {};
        SLIPWAY_TRY(write_message(step, answer));
    }
}

}  // namespace

struct SshSocket::Impl {
    struct Connection {
        std::jthread thread;
        std::shared_ptr<bool> done = std::make_shared<bool>(false);  ///< guarded by `mutex`
    };

    os::UnixListener listener;
    std::string agent_path;
    std::mutex mutex = {};
    std::list<Connection> connections = {};  ///< of `acceptor` alone until it has ended
    std::jthread acceptor = {};

    void accept_all(const std::stop_token& stop) {
        while (true) {
            auto socket = listener.accept(stop);
            if (!socket) return;
            {
                const std::lock_guard lock(mutex);
                connections.remove_if([](const Connection& old) { return *old.done; });
            }
            if (connections.size() >= kMostConnections) continue;  // which closes it
            Connection connection;
            connection.thread = std::jthread(
                [this, done = connection.done, step = *std::move(socket)](std::stop_token asked) {
                    // Whatever is wrong, the step sees the end of its connection.
                    static_cast<void>(serve(step, agent_path, asked));
                    const std::lock_guard lock(mutex);
                    *done = true;
                });
            connections.push_back(std::move(connection));
        }
    }
};

SshSocket::SshSocket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SshSocket::SshSocket(SshSocket&&) noexcept = default;

SshSocket::~SshSocket() {
    if (impl_ == nullptr) return;
    impl_->acceptor.request_stop();
    if (impl_->acceptor.joinable()) impl_->acceptor.join();
    for (auto& connection : impl_->connections) connection.thread.request_stop();
    impl_->connections.clear();
}

Result<SshSocket> SshSocket::open(const os::Dir& dir, const std::string& name, std::uint32_t mode,
                                  std::uint32_t uid, std::uint32_t gid, std::string agent_path) {
    SLIPWAY_ASSIGN(auto listener, os::UnixListener::create(dir, name, mode, uid, gid));
    auto impl = std::unique_ptr<Impl>(
        new Impl{.listener = std::move(listener), .agent_path = std::move(agent_path)});
    Impl* const serving = impl.get();
    impl->acceptor = std::jthread([serving](std::stop_token stop) { serving->accept_all(stop); });
    return SshSocket(std::move(impl));
}

}  // namespace slipway::exec
