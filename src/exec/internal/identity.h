// Who a process in a container is: the user text of an image or RUN step, looked up in the root
// file system.
#pragma once

#include "base/result.h"
#include "os/dir.h"

#include <cstdint>
#include <string>
#include <vector>

namespace slipway::exec {

struct Identity {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::vector<std::uint32_t> groups;  ///< supplementary, without `gid`
    std::string home = "/";             ///< "/" for a user whom etc/passwd does not know
};

/// "", "name", "uid", "name:group", "uid:gid". Two numbers are taken as they are; everything else
/// reads etc/passwd and etc/group (links held inside the root). Supplementary groups come only when
/// no group is named. kInvalidInput for a name that is not there.
Result<Identity> find_identity(const os::Dir& root, const std::string& user);

}  // namespace slipway::exec
