// How many processors the cgroups let us use.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slipway::os::internal {

/// Smallest cpu quota, rounded up to whole processors, of the cgroups named in `proc_self_cgroup`
/// (the text of /proc/self/cgroup) and their parents, read below `cgroup_root` (/sys/fs/cgroup).
/// Nothing: no limit.
std::optional<unsigned> cpu_quota(std::string_view proc_self_cgroup,
                                  const std::string& cgroup_root);

}  // namespace slipway::os::internal
