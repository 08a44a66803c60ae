// One process in a container: an OCI runtime bundle run by crun or runc (llb-facts section 4). Used by RUN steps and by
// `slipway run`. Needs the engine's own mount namespace (os/supervisor.h).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "os/child.h"

namespace slipway::exec {

enum class Network { kHost, kNone };
enum class Security { kSandbox, kInsecure };

/// Something mounted in the container besides the standard set. Secrets are given by value and live on a tmpfs of the
/// engine's mount namespace only.
struct SandboxMount {
    enum class Kind { kBind, kTmpfs, kSecret };
    Kind kind = Kind::kBind;
    std::string target;            ///< absolute in the container
    std::string host_path;         ///< bind: directory or file
    bool readonly = false;
    std::uint64_t tmpfs_size = 0;  ///< 0: no limit
    std::string secret_value;      ///< secret
    std::uint32_t uid = 0;         ///< secret: owner and mode
    std::uint32_t gid = 0;
    std::uint32_t mode = 0400;
};

struct SandboxSpec {
    std::string rootfs;                ///< mounted already
    bool readonly_rootfs = false;
    std::vector<std::string> args;
    std::vector<std::string> env;      ///< "K=V"; PATH is added when absent
    std::vector<std::pair<std::string, std::string>> secret_env;  ///< appended to env, redacted everywhere
    std::string cwd = "/";             ///< created (owned by the user) when missing
    std::string user;                  ///< "", "name", "uid", "name:group", "uid:gid", looked up in the rootfs
    std::vector<std::uint32_t> extra_groups;
    std::string hostname = "buildkitsandbox";
    std::vector<std::pair<std::string, std::string>> extra_hosts;  ///< (name, ip)
    Network network = Network::kHost;
    Security security = Security::kSandbox;
    std::vector<SandboxMount> mounts;
    bool interactive = false;          ///< stdio is ours (slipway run)
    /// Output as it comes (1 stdout, 2 stderr); from one thread. Secret values are masked before.
    std::function<void(int stream, std::string_view text)> on_output;
};

/// Which runtime to use, found once: crun, else runc, whichever is there and accepts this host (tried by `--version`
/// and, on first use, by the host's cgroup layout).
class Runtime {
  public:
    /// `state_dir`: for bundles and the runtime's own state, on any file system; `override_program` ("": SLIPWAY_RUNTIME
    /// or search). kResource with the packages to install as hint.
    static Result<Runtime> find(const std::string& state_dir, const std::string& override_program = "");
    [[nodiscard]] const std::string& program() const { return program_; }

    /// Runs to the end. The exit status of the process is returned, also when not 0; an Error means that it could not
    /// be started. When asked to stop: killed, waited for, kCancelled. Mount points that had to be created and were
    /// left empty are removed from the rootfs again (llb-facts 4.6).
    Result<os::ExitStatus> run(const SandboxSpec& spec, std::stop_token stop) const;

  private:
    Runtime(std::string program, std::string state_dir) : program_(std::move(program)), state_dir_(std::move(state_dir)) {}
    std::string program_;
    std::string state_dir_;
};

}  // namespace slipway::exec
