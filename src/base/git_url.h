// Where a git repository is: "https://host/x.git", "git://…", "ssh://…", "user@host:path", each
// with "#ref:subdir" or "?name=value&…" behind it.
#pragma once

#include "base/result.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

struct GitUrl {
    std::string scheme;  ///< http, https, ssh or git
    std::string user;    ///< "user" or "user:password", as written; often a credential
    std::string host;    ///< with the port
    std::string path;    ///< decoded
    std::map<std::string, std::vector<std::string>> query;
    std::string ref;     ///< of the fragment; "" when not given
    std::string subdir;  ///< of the fragment, cleaned, without a slash in front
    std::string remote;  ///< what git is given: without query and fragment

    /// Nothing when the text is none of these forms; kInvalidInput for a malformed URL of one of
    /// the four schemes.
    static Result<std::optional<GitUrl>> parse(std::string_view text);
};

/// A full commit ID: 40 (SHA-1) or 64 (SHA-256) lower-case hex digits.
bool is_commit_id(std::string_view text);

}  // namespace slipway
