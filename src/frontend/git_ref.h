// A git repository as ADD and build contexts name it, with what its query asks for.
#pragma once

#include "base/result.h"
#include "llb/builder.h"

#include <optional>
#include <string>
#include <string_view>

namespace slipway::frontend {

struct GitRef {
    std::string remote;
    std::string ref;  ///< branch, tag or commit; "" is the default branch
    std::string subdir;
    std::string checksum;  ///< commit ID, or the beginning of one
    std::string mtime;     ///< "", "checkout" or "commit"
    std::optional<bool> keep_git_dir;
    std::optional<bool> submodules;
    bool fetch_by_commit = false;
    bool like_local_path = false;  ///< "github.com/user/x": a repository for build contexts only

    /// Nothing when `text` names no git repository (an http URL does when its path ends in ".git");
    /// kInvalidInput when its query is wrong, or a part of it, decoded, is no text.
    static Result<std::optional<GitRef>> parse(std::string_view text);

    /// The vertex that checks it out, as BuildKit's client writes it (but for the host keys of ssh,
    /// which it asks the network for).
    [[nodiscard]] Result<llb::SourceSpec> source() const;
};

/// "http://…" or "https://…" that names no git repository.
bool is_http_file(std::string_view text);

}  // namespace slipway::frontend
