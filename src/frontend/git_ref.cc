#include "frontend/git_ref.h"

#include "base/git_url.h"
#include "base/path.h"
#include "base/text.h"
#include "base/utf8.h"

#include <algorithm>
#include <array>

namespace slipway::frontend {
namespace {

Error bad_query(std::string_view name, std::string_view why) {
    return make_error(ErrorCode::kInvalidInput, "git URL: '{}' in its query {}", name, why);
}

/// As Go's strconv.ParseBool; a name without a value is true.
Result<bool> parse_flag(const std::string& name, const std::string& value) {
    static constexpr std::array<std::string_view, 7> kYes = {"",     "1",    "t",   "T",
                                                             "true", "True", "TRUE"};
    static constexpr std::array<std::string_view, 6> kNo = {"0",     "f",     "F",
                                                            "false", "False", "FALSE"};
    if (std::ranges::find(kYes, value) != kYes.end()) return true;
    if (std::ranges::find(kNo, value) != kNo.end()) return false;
    return bad_query(name, "is neither true nor false");
}

/// Fragment and query may both name it, if they agree.
Result<void> set_once(std::string& field, const std::string& name, const std::string& value) {
    if (!field.empty() && field != value)
        return bad_query(name, fmt::format("says '{}', and '{}' is said besides", value, field));
    field = value;
    return {};
}

std::string with_prefix(std::string_view prefix, const std::string& name) {
    return name.starts_with(prefix) ? name : std::string(prefix) + name;
}

Result<void> take_query(GitRef& git, const std::string& name, const std::string& value) {
    if (name == "keep-git-dir") {
        SLIPWAY_ASSIGN(git.keep_git_dir, parse_flag(name, value));
        return {};
    }
    if (name == "submodules") {
        SLIPWAY_ASSIGN(git.submodules, parse_flag(name, value));
        return {};
    }
    if (name == "fetch-by-commit") {
        SLIPWAY_ASSIGN(git.fetch_by_commit, parse_flag(name, value));
        return {};
    }
    static const std::array<std::string, 10> kNames = {
        "ref",    "tag",   "branch",       "subdir",     "checksum",
        "commit", "mtime", "keep-git-dir", "submodules", "fetch-by-commit"};
    if (std::ranges::find(kNames, name) == kNames.end()) {
        Error error = bad_query(name, "is not known");
        if (const auto nearest = find_nearest(name, kNames))
            return std::move(error).hint("did you mean '" + *nearest + "'?");
        return error;
    }
    if (value.empty()) return bad_query(name, "has no value");
    if (name == "ref") return set_once(git.ref, name, value);
    if (name == "tag") return set_once(git.ref, name, with_prefix("refs/tags/", value));
    if (name == "branch") return set_once(git.ref, name, with_prefix("refs/heads/", value));
    if (name == "subdir") return set_once(git.subdir, name, value);
    if (name == "mtime") {
        if (value != "checkout" && value != "commit")
            return bad_query(name, "is neither 'checkout' nor 'commit'");
        git.mtime = value;
        return {};
    }
    return set_once(git.checksum, name, value);  // checksum, or commit
}

}  // namespace

Result<std::optional<GitRef>> GitRef::parse(std::string_view text) {
    if (text.starts_with("./") || text.starts_with("../")) return std::nullopt;
    GitRef git;
    git.like_local_path = text.starts_with("github.com/");
    const std::string full =
        git.like_local_path ? "https://" + std::string(text) : std::string(text);
    SLIPWAY_ASSIGN(const auto url, GitUrl::parse(full));
    if (!url) return std::nullopt;
    if (!git.like_local_path && url->scheme.starts_with("http") && !url->path.ends_with(".git"))
        return std::nullopt;
    git.remote = url->remote;
    git.ref = url->ref;
    git.subdir = url->subdir;
    for (const auto& [name, values] : url->query) {
        if (values.size() != 1) return bad_query(name, "stands there more than once");
        SLIPWAY_TRY(take_query(git, name, values.front()));
    }
    // What was "%ff" is a byte by now, and a graph holds text.
    for (const std::string_view part : {url->path, git.remote, git.ref, git.subdir, git.checksum}) {
        if (!is_utf8(part))
            return make_error(ErrorCode::kInvalidInput, "git URL: it has bytes that are not UTF-8");
    }
    return git;
}

Result<llb::SourceSpec> GitRef::source() const {
    SLIPWAY_ASSIGN(const auto url, GitUrl::parse(remote));
    if (!url) return make_error(ErrorCode::kInvalidInput, "'{}' is no git URL", remote);
    llb::SourceSpec spec;
    spec.identifier = "git://" + url->host + join_path("/", "/" + url->path);
    if (!ref.empty() || !subdir.empty()) spec.identifier += "#" + ref;
    if (!subdir.empty()) spec.identifier += ":" + subdir;
    spec.attrs = {{"git.fullurl", remote},
                  {"git.authtokensecret", "GIT_AUTH_TOKEN"},
                  {"git.authheadersecret", "GIT_AUTH_HEADER"}};
    if (keep_git_dir.value_or(false)) spec.attrs["git.keepgitdir"] = "true";
    if (url->scheme == "ssh") spec.attrs["git.mountsshsock"] = "default";
    if (!checksum.empty()) spec.attrs["git.checksum"] = checksum;
    if (!submodules.value_or(true)) spec.attrs["git.skipsubmodules"] = "true";
    if (!mtime.empty()) spec.attrs["git.mtime"] = mtime;
    if (fetch_by_commit) spec.attrs["git.fetchbycommit"] = "true";
    return spec;
}

bool is_http_file(std::string_view text) {
    if (!text.starts_with("http://") && !text.starts_with("https://")) return false;
    const auto git = GitRef::parse(text);
    return git && !*git;
}

}  // namespace slipway::frontend
