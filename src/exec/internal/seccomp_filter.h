// A seccomp profile as the program the kernel runs.
#pragma once

#include "base/result.h"
#include "exec/internal/seccomp.h"

#include <string>

namespace slipway::exec {

/// BPF for seccomp(2), looked up by binary search. Takes about 10 ms, which is why crun is given
/// the result instead of doing the same for every container. `scratch_file` is overwritten.
/// kInternal when libseccomp cannot.
Result<std::string> compile_seccomp(const SeccompProfile& profile, const std::string& scratch_file);

}  // namespace slipway::exec
