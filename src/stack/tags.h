// Versions from git, and the names of a stack's images (docs/formats/stack.md, "Tags").
#pragma once

#include "base/result.h"
#include "stack/resolve.h"

#include <stop_token>
#include <string>
#include <vector>

namespace slipway::stack {

struct Version {
    std::string commit;  ///< the whole; "" outside a git repository
    std::string text;    ///< "v1.2.3", "v1.2.3.dev.0123456": begins with 'v'
    std::string python;  ///< "1.2.3", "1.2.3.dev+0123456"
};

/// What git says of the working tree at `folder`: the tag of HEAD, else the highest tag vX.Y.Z that
/// is no release candidate, ".dev." and the short commit; "0.0.1" where there is no such tag. The
/// variables commit_id, current_tag and latest_tag of the environment stand above git. Outside of a
/// repository, and without git, there is no commit, and that is no error.
Version version_of(const std::string& folder, const std::stop_token& stop);

/// IMAGE:VERSION-ENGINE-TARGET, then, when asked for, IMAGE:latest-ENGINE-TARGET.
std::vector<std::string> tags_of(const Stack& stack, const Variant& variant, const Version& version,
                                 bool latest);

}  // namespace slipway::stack
