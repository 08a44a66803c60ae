// What `slipway build PATH|URL|- -f FILE` names: the Dockerfile's text, where the context comes
// from, and its ignore patterns.
#pragma once

#include "base/result.h"
#include "frontend/remote_context.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::cli {

struct BuildInput {
    std::string dockerfile_text;
    std::string dockerfile_name;             ///< as shown in messages
    std::optional<std::string> context_dir;  ///< nothing: elsewhere, or there is no context
    std::vector<std::string> ignore_patterns;

    std::optional<frontend::RemoteContext> remote;
    std::string context_name;  ///< as given, without credentials
    /// Of a context archive on standard input what was read already; the rest is still there.
    std::optional<std::string> archive_head;
    /// The Dockerfile is in the context, which has to be fetched first: `dockerfile_name` there, ""
    /// for the default.
    bool dockerfile_in_remote = false;
};

/// `path`: a directory; "-" for an archive or a Dockerfile on standard input; a git repository; an
/// http URL. `file`: "" (PATH/Dockerfile), a path, or "-" (standard input). A `<file>.dockerignore`
/// beside the Dockerfile wins over the context's .dockerignore; contexts that are no directory are
/// taken whole. `build_args`: some say how to fetch a git repository.
Result<BuildInput> load_build_input(const std::string& path, const std::string& file,
                                    const std::map<std::string, std::string>& build_args);

/// Patterns of DIR/.dockerignore, for named contexts; none when there is none.
Result<std::vector<std::string>> load_ignore_patterns(const std::string& ignore_file);

/// Does a file that begins like this hold an archive (tar, or what gzip, bzip2, xz or zstd wrote)?
/// Wants the first 512 bytes, if there are so many.
bool looks_like_archive(std::string_view head);

/// A git repository, or a URL: what a --build-context may name besides directories and images.
bool names_remote_context(const std::string& text);

}  // namespace slipway::cli
