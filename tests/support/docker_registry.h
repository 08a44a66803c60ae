// The distribution project's registry (package docker-registry), started on a free loopback port
// for one test.
#pragma once

#include "base/text.h"
#include "os/child.h"
#include "os/file.h"
#include "registry/client.h"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

namespace slipway::testing {

/// A port that was free a moment ago.
inline unsigned free_port() {
    const int number = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    if (::bind(number, plain, size) != 0) std::abort();
    ::getsockname(number, plain, &size);
    ::close(number);
    return ntohs(address.sin_port);
}

/// What the password "s3cret-pass" of the user "tester" looks like in an htpasswd file.
inline constexpr auto* kHtpasswdLine =
    "tester:$2y$05$hTB8MB49YXDiK6YNflL02eTuGAi.HOT/j66MjucAGJI/rV9S2VOY6\n";

/// Runs a program to its end; its output is the error when it fails.
inline Result<void> run_program(std::vector<std::string> argv) {
    os::SpawnOptions command;
    command.argv = std::move(argv);
    const std::string name = join(command.argv, " ");
    SLIPWAY_ASSIGN(const auto output, os::run_command(std::move(command)));
    if (output.status.ok()) return {};
    return make_error(ErrorCode::kInternal, "'{}' failed: {}{}", name, output.out, output.err);
}

/// cert.pem and key.pem in `dir`, for 127.0.0.1, signed by nobody else.
inline Result<void> make_certificate(const std::string& dir) {
    return run_program({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                        "/CN=loopback test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                        dir + "/key.pem", "-out", dir + "/cert.pem"});
}

class DockerRegistry {
  public:
    enum class Auth { kNone, kHtpasswd };
    enum class Tls { kNo, kYes };

    /// Keeps its data, config and log in `dir`. Waits until it answers.
    static Result<std::unique_ptr<DockerRegistry>> start(const std::string& dir, Auth auth,
                                                         Tls tls = Tls::kNo) {
        const std::string host = fmt::format("127.0.0.1:{}", free_port());
        std::string config = fmt::format(
            "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {}/data\nhttp:\n  addr: "
            "{}\n",
            dir, host);
        if (tls == Tls::kYes) {
            SLIPWAY_TRY(make_certificate(dir));
            config +=
                fmt::format("  tls:\n    certificate: {0}/cert.pem\n    key: {0}/key.pem\n", dir);
        }
        if (auth == Auth::kHtpasswd) {
            SLIPWAY_TRY(os::write_file(dir + "/htpasswd", kHtpasswdLine));
            config +=
                fmt::format("auth:\n  htpasswd:\n    realm: test\n    path: {}/htpasswd\n", dir);
        }
        SLIPWAY_TRY(os::write_file(dir + "/registry.yml", config));
        SLIPWAY_ASSIGN(const auto log, os::open_write(dir + "/registry.log"));
        os::SpawnOptions command;
        command.argv = {"docker-registry", "serve", dir + "/registry.yml"};
        command.stdout_fd = log.get();
        command.stderr_fd = log.get();
        SLIPWAY_ASSIGN(auto child, os::Child::spawn(command));
        std::unique_ptr<DockerRegistry> server(new DockerRegistry(host, std::move(child)));
        registry::ClientOptions patient{.docker_config_dir = dir, .retries = 9};
        const auto answer = registry::Client(patient).fetch_manifest(
            {.registry = host, .repository = "nothing", .tag = "here", .digest = {}});
        if (!answer && answer.error().code() == ErrorCode::kUnavailable) return answer.error();
        return server;
    }

    [[nodiscard]] const std::string& host() const { return host_; }

  private:
    DockerRegistry(std::string host, os::Child child)
        : host_(std::move(host)), child_(std::move(child)) {}
    std::string host_;
    os::Child child_;
};

}  // namespace slipway::testing
