// One run of one step: everything that is prepared for it, the process, and the tidying up.
#pragma once

#include "exec/internal/config.h"
#include "exec/internal/mount_stubs.h"
#include "exec/internal/runtime_cli.h"
#include "exec/internal/workspace.h"
#include "exec/sandbox.h"
#include "os/dir.h"

#include <stop_token>
#include <string>
#include <vector>

namespace slipway::exec {

class SandboxRun {
  public:
    /// `folder` is where `workspace` is mounted. Both and `spec` outlive the run.
    SandboxRun(const std::string& program, Workspace& workspace, const std::string& folder,
               const SandboxSpec& spec);
    Result<SandboxExit> run(std::stop_token stop);

  private:
    Result<void> prepare();
    Result<void> prepare_network_files();
    Result<void> prepare_mounts();
    Result<ConfigMount> prepare_mount(const SandboxMount& mount, std::size_t number);
    Result<void> prepare_edits();
    Result<void> prepare_cwd();
    void prepare_seccomp(ConfigInput& input, CapabilityMask capabilities);
    Result<void> write_config();
    Result<SandboxExit> start_and_wait(std::stop_token stop);
    /// What the end of the runtime's own process means.
    Result<SandboxExit> judge(os::ExitStatus status);
    [[nodiscard]] std::string without_secrets(const std::string& text) const;

    const SandboxSpec& spec_;
    RuntimeCli cli_;
    Workspace& workspace_;
    std::string folder_;
    std::string id_;
    std::vector<std::string> secrets_;
    std::optional<Bundle> bundle_;
    os::Dir root_;
    std::optional<MountStubs> stubs_;
    std::vector<StubRequest> stub_requests_;
    std::vector<ConfigMount> mounts_;
    std::vector<ConfigDevice> devices_;
    Identity identity_;
    std::string cwd_;
    bool terminal_ = false;
};

}  // namespace slipway::exec
