// The command lines of the two OCI runtimes we know, and what they say when something goes wrong.
#pragma once

#include "base/result.h"
#include "os/child.h"

#include <optional>
#include <string>
#include <string_view>

namespace slipway::exec {

enum class RuntimeKind { kCrun, kRunc };

/// Anything whose name contains "crun" is taken for crun, everything else for a runtime with runc's
/// flags.
RuntimeKind kind_of_runtime(std::string_view program);

/// `state` is the directory for the runtime's own records, so that our containers are in no list
/// but ours.
class RuntimeCli {
  public:
    RuntimeCli(std::string program, std::string state)
        : program_(std::move(program)),
          state_(std::move(state)),
          kind_(kind_of_runtime(program_)) {}

    [[nodiscard]] RuntimeKind kind() const { return kind_; }
    /// stdio is left to the caller. Runs until the container's end; its exit code is the
    /// container's.
    [[nodiscard]] os::SpawnOptions run(const std::string& id, const std::string& bundle,
                                       const std::string& log) const;
    /// SIGKILL to the container's first process, and by that to all of it. Fails when there is none
    /// (yet).
    [[nodiscard]] Result<void> kill(const std::string& id) const;
    /// Ends and forgets the container, if there is one.
    void remove_leftover(const std::string& id) const;

  private:
    [[nodiscard]] os::SpawnOptions command(std::vector<std::string> arguments) const;

    std::string program_;
    std::string state_;
    RuntimeKind kind_;
};

/// Why the container could not be started, by the text of the runtime's log; nothing when it says
/// nothing of the kind.
std::optional<std::string> find_runtime_error(RuntimeKind kind, std::string_view log);

}  // namespace slipway::exec
