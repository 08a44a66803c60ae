// Runs a part of the program so that nothing of it can outlive it.
//
//   slipway (outer) ── init (pid 1 of a new pid namespace, own mount namespace) ── body
//
// The outer process waits and passes SIGINT, SIGTERM and SIGHUP on; init reaps orphans; the body
// does the work. When any of the three ends, for whatever reason (also SIGKILL), the kernel kills
// every process of the pid namespace and with the last of them takes down every mount. /proc is
// mounted anew; on hosts whose /sys/fs/cgroup is a v1 or hybrid layout, which crun refuses, a pure
// cgroup2 mount hides it. Needs root (CAP_SYS_ADMIN); without it: kResource, with a hint.
#pragma once

#include "base/result.h"

#include <functional>

namespace slipway::os {

/// Call before any thread is started. Returns the body's exit code (128 + signal when a signal
/// ended it).
Result<int> run_supervised(const std::function<int()>& body);

}  // namespace slipway::os
