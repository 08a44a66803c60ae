// Names that sound like secrets.
#pragma once

#include <string_view>

namespace slipway::dockerfile::lint {

/// "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY"; not "PUBLIC_KEY" nor "TOKEN_FILE".
bool sounds_secret(std::string_view name);

}  // namespace slipway::dockerfile::lint
