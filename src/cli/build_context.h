// What `slipway build PATH|- -f FILE` names: the Dockerfile's text, the context directory, and its
// ignore patterns.
#pragma once

#include "base/result.h"

#include <optional>
#include <string>
#include <vector>

namespace slipway::cli {

struct BuildInput {
    std::string dockerfile_text;
    std::string dockerfile_name;             ///< as shown in messages
    std::optional<std::string> context_dir;  ///< nothing: a Dockerfile from stdin, no context
    std::vector<std::string> ignore_patterns;
};

/// `path`: directory or "-" (Dockerfile from stdin, no context). `file`: "" (PATH/Dockerfile), a
/// path, or "-" (stdin). A `<file>.dockerignore` beside the Dockerfile wins over the context's
/// .dockerignore.
Result<BuildInput> load_build_input(const std::string& path, const std::string& file);

/// Patterns of DIR/.dockerignore, for named contexts; none when there is none.
Result<std::vector<std::string>> load_ignore_patterns(const std::string& ignore_file);

}  // namespace slipway::cli
