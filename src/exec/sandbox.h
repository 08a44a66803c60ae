// One process in a container: an OCI runtime bundle run by crun or runc (llb-facts section 4). Used
// by RUN steps and by `slipway run`. Needs the engine's own mount namespace (os/supervisor.h).
#pragma once

#include "base/result.h"
#include "exec/container_edits.h"
#include "os/child.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::exec {

class Workspace;

enum class Network { kHost, kNone };
enum class Security { kSandbox, kInsecure };

/// Something mounted in the container besides the standard set. Secrets are given by value and live
/// on a tmpfs of the engine's mount namespace only.
struct SandboxMount {
    enum class Kind { kBind, kTmpfs, kSecret };
    Kind kind = Kind::kBind;
    std::string target;     ///< absolute in the container
    std::string host_path;  ///< bind: directory or file
    bool readonly = false;
    std::uint64_t tmpfs_size = 0;  ///< 0: no limit
    std::string secret_value;      ///< secret
    std::uint32_t uid = 0;         ///< secret: owner and mode
    std::uint32_t gid = 0;
    std::uint32_t mode = 0400;
};

/// Of one kind ("nofile", "nproc", ...), for each process; -1: none.
struct ResourceLimit {
    std::string name;
    std::int64_t soft = 0;
    std::int64_t hard = 0;
};

struct SandboxSpec {
    std::string rootfs;  ///< mounted already, and of no other run at the same time
    bool readonly_rootfs = false;
    std::vector<std::string> args;
    std::vector<std::string> env;  ///< "K=V"; PATH is added when absent
    std::vector<std::pair<std::string, std::string>>
        secret_env;         ///< appended to env, redacted everywhere
    std::string cwd = "/";  ///< created (owned by the user) when missing
    std::string user;       ///< "", "name", "uid", "name:group", "uid:gid", looked up in the rootfs
    std::vector<std::uint32_t> extra_groups;
    std::string hostname = "buildkitsandbox";
    std::vector<std::pair<std::string, std::string>> extra_hosts;  ///< (name, ip)
    Network network = Network::kHost;
    Security security = Security::kSandbox;
    std::vector<SandboxMount> mounts;
    std::vector<ResourceLimit> limits = {};
    ContainerEdits edits;      ///< devices with what belongs to them
    bool interactive = false;  ///< stdio is ours (slipway run)
    /// Output as it comes (1 stdout, 2 stderr); never two calls at once, from other threads. Secret
    /// values are masked before.
    std::function<void(int stream, std::string_view text)> on_output;
};

/// How the process ended.
struct SandboxExit : os::ExitStatus {
    /// It failed, and meanwhile the kernel killed a process for lack of memory (anywhere on the
    /// machine).
    bool out_of_memory = false;
};

/// Which runtime to use, and where it keeps what it needs. Cheap to copy; any thread.
///
/// crun puts the step into no cgroup of its own: the limits under which Slipway was started hold
/// for it, and the host's devices are kept away by mounting everything nodev. runc makes a cgroup
/// with device rules.
class Runtime {
  public:
    /// crun, else runc: whichever is installed and accepts this host's cgroup layout (crun refuses
    /// a hybrid one, which os::run_supervised hides). Starts no process. `state_dir`: below it the
    /// run's files are put on a tmpfs, at the first run; on any file system. `override_program`
    /// ("": SLIPWAY_RUNTIME, or search): a name or path. kResource with the packages to install as
    /// hint.
    static Result<Runtime> find(const std::string& state_dir,
                                const std::string& override_program = "");
    [[nodiscard]] const std::string& program() const { return program_; }

    /// Runs to the end. The exit status of the process is returned, also when not 0: 128 + signal
    /// for one that was killed; 127 or 126 (and the runtime's words on stream 2) for a command that
    /// is not there or not executable. kInvalidInput: the spec names a user, directory or mount
    /// that cannot be. kStepFailed: the runtime could not start it, in its own words. When asked to
    /// stop: killed, waited for, kCancelled. Mount points that had to be created and were left
    /// empty are removed from the rootfs again (llb-facts 4.6).
    Result<SandboxExit> run(const SandboxSpec& spec, std::stop_token stop) const;

  private:
    Runtime(std::string program, std::shared_ptr<Workspace> workspace);
    std::string program_;
    std::shared_ptr<Workspace> workspace_;
};

}  // namespace slipway::exec
