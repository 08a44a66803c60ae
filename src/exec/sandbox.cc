#include "exec/sandbox.h"

#include "exec/internal/runtime_cli.h"
#include "exec/internal/sandbox_run.h"
#include "exec/internal/workspace.h"
#include "os/file.h"
#include "os/system.h"

namespace slipway::exec {
namespace {

/// crun runs on pure cgroup2 and pure cgroup v1; where systemd mounts both it gives up.
bool cgroups_are_hybrid() {
    return !os::path_exists("/sys/fs/cgroup/cgroup.controllers") &&
           os::path_exists("/sys/fs/cgroup/unified/cgroup.controllers");
}

Result<std::string> find_runtime_program(const std::string& wanted) {
    if (!wanted.empty()) {
        if (auto program = os::find_program(wanted)) return std::move(*program);
        return make_error(ErrorCode::kResource, "container runtime '{}' is not there", wanted);
    }
    const auto crun = os::find_program("crun");
    if (crun && !cgroups_are_hybrid()) return *crun;
    if (auto runc = os::find_program("runc")) return std::move(*runc);
    if (crun) {
        return make_error(ErrorCode::kResource,
                          "'{}' does not run on this machine's hybrid cgroup layout", *crun)
            .hint("install the package 'runc'");
    }
    return make_error(ErrorCode::kResource, "no container runtime is installed")
        .hint("install the package 'crun' (or 'runc')");
}

}  // namespace

Runtime::Runtime(std::string program, std::shared_ptr<Workspace> workspace)
    : program_(std::move(program)), workspace_(std::move(workspace)) {}

Result<Runtime> Runtime::find(const std::string& state_dir, const std::string& override_program) {
    std::string wanted = override_program;
    if (wanted.empty()) wanted = os::get_env("SLIPWAY_RUNTIME").value_or("");
    SLIPWAY_ASSIGN(std::string program, find_runtime_program(wanted));
    return Runtime(std::move(program), std::make_shared<Workspace>(state_dir));
}

Result<SandboxExit> Runtime::run(const SandboxSpec& spec, std::stop_token stop) const {
    SLIPWAY_ASSIGN(const std::string folder, workspace_->open());
    return SandboxRun(program_, *workspace_, folder, spec).run(stop);
}

}  // namespace slipway::exec
