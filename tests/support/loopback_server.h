// An HTTP/1.1 server on a free loopback port, inside the test: what it answers is a function, and
// what it was asked is recorded. It can also misbehave: cut a body short, send it slowly or not at
// all.
#pragma once

#include "base/text.h"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace slipway::testing {

struct HttpAsked {
    std::string method;
    std::string target;                          ///< path and query
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;

    [[nodiscard]] std::string header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? "" : found->second;
    }
};

struct HttpAnswer {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::optional<std::size_t> cut_after;  ///< closes the connection after so much of the body
    bool stall = false;                    ///< ... or rather keeps it open and sends nothing more
};

class LoopbackServer {
  public:
    using Handler = std::function<HttpAnswer(const HttpAsked&)>;

    /// The handler is called from several threads, one call at a time.
    explicit LoopbackServer(Handler handler) : handler_(std::move(handler)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* plain = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener_, plain, size) != 0 || ::listen(listener_, 64) != 0) std::abort();
        ::getsockname(listener_, plain, &size);
        port_ = ntohs(address.sin_port);
        accepter_ = std::thread([this] { accept_all(); });
    }
    LoopbackServer(const LoopbackServer&) = delete;
    LoopbackServer& operator=(const LoopbackServer&) = delete;
    ~LoopbackServer() {
        stopping_ = true;
        ::shutdown(listener_, SHUT_RDWR);
        accepter_.join();
        ::close(listener_);
        {
            const std::lock_guard lock(mutex_);
            for (const int connection : open_) ::shutdown(connection, SHUT_RDWR);
        }
        for (auto& worker : workers_) worker.join();
    }

    [[nodiscard]] std::string host(const std::string& name = "127.0.0.1") const {
        return fmt::format("{}:{}", name, port_);
    }
    /// Everything that was asked so far, in order.
    [[nodiscard]] std::vector<HttpAsked> asked() const {
        const std::lock_guard lock(mutex_);
        return asked_;
    }
    [[nodiscard]] std::size_t connections() const {
        const std::lock_guard lock(mutex_);
        return workers_.size();
    }
    [[nodiscard]] std::size_t count(std::string_view target_prefix) const {
        const std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(std::ranges::count_if(
            asked_,
            [&](const HttpAsked& request) { return request.target.starts_with(target_prefix); }));
    }

  private:
    void accept_all() {
        while (!stopping_) {
            const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (connection < 0) continue;
            const std::lock_guard lock(mutex_);
            open_.push_back(connection);
            workers_.emplace_back([this, connection] {
                serve(connection);
                const std::lock_guard inner(mutex_);
                std::erase(open_, connection);
                ::close(connection);
            });
        }
    }

    void serve(int connection) {
        std::string buffer;
        while (const auto request = read_request(connection, buffer)) {
            HttpAnswer answer;
            {
                const std::lock_guard lock(handler_mutex_);
                {
                    const std::lock_guard inner(mutex_);
                    asked_.push_back(*request);
                }
                answer = handler_(*request);
            }
            if (!send_answer(connection, answer)) return;
        }
    }

    static bool read_more(int connection, std::string& buffer) {
        char chunk[16 * 1024];
        const auto size = ::recv(connection, chunk, sizeof chunk, 0);
        if (size <= 0) return false;
        buffer.append(chunk, static_cast<std::size_t>(size));
        return true;
    }

    /// Nothing at the end of the connection, and for what is no HTTP (a TLS hello).
    static std::optional<HttpAsked> read_request(int connection, std::string& buffer) {
        while (buffer.find("\r\n\r\n") == std::string::npos) {
            if (!buffer.empty() && buffer[0] == '\x16') return std::nullopt;
            if (!read_more(connection, buffer)) return std::nullopt;
        }
        HttpAsked request;
        const std::size_t head_size = buffer.find("\r\n\r\n");
        const std::string head = buffer.substr(0, head_size);
        buffer.erase(0, head_size + 4);
        for (const auto line : split(head, '\n')) {
            const auto field = split_once(line, ':');
            if (request.method.empty()) {
                const auto words = split(line, ' ');
                request.method = words.at(0);
                request.target = words.at(1);
            } else if (field) {
                request.headers[to_lower(field->first)] = trim(field->second);
            }
        }
        const std::size_t body_size = parse_uint(request.header("content-length")).value_or(0);
        while (buffer.size() < body_size) {
            if (!read_more(connection, buffer)) return std::nullopt;
        }
        request.body = buffer.substr(0, body_size);
        buffer.erase(0, body_size);
        return request;
    }

    bool send_answer(int connection, const HttpAnswer& answer) const {
        std::string text = fmt::format("HTTP/1.1 {} Answer\r\nContent-Length: {}\r\n",
                                       answer.status, answer.body.size());
        for (const auto& [name, value] : answer.headers)
            text += fmt::format("{}: {}\r\n", name, value);
        text += "\r\n" + answer.body.substr(0, answer.cut_after.value_or(answer.body.size()));
        for (std::size_t sent = 0; sent < text.size();) {
            const auto size =
                ::send(connection, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
            if (size <= 0) return false;
            sent += static_cast<std::size_t>(size);
        }
        if (answer.stall) {
            char byte = 0;
            while (!stopping_ && ::recv(connection, &byte, 1, 0) > 0) {
            }
            return false;
        }
        if (answer.cut_after) ::shutdown(connection, SHUT_RDWR);
        return !answer.cut_after;
    }

    Handler handler_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> stopping_ = false;
    std::mutex handler_mutex_;
    mutable std::mutex mutex_;
    std::vector<HttpAsked> asked_;
    std::vector<int> open_;
    std::vector<std::thread> workers_;
    std::thread accepter_;
};

}  // namespace slipway::testing
