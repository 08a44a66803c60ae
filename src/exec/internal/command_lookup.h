// Why a command could not be started: not there, or there and not executable?
#pragma once

#include "exec/internal/identity.h"
#include "exec/sandbox.h"
#include "os/dir.h"

#include <optional>

namespace slipway::exec {

/// The exit status shells use: 127 when the command of `spec` is nowhere, 126 when it is there but
/// `who` may not execute it; nothing when it looks all right, or lies where only the container
/// itself could tell (a tmpfs, /proc). Asked after a failed start only.
std::optional<int> find_command_fault(const os::Dir& root, const SandboxSpec& spec,
                                      const Identity& who);

}  // namespace slipway::exec
