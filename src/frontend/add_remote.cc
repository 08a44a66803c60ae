// ADD of what lies elsewhere: files by http, git repositories (llb-facts 2.9).
#include "frontend/internal/add_remote.h"

#include "base/digest.h"
#include "base/path.h"
#include "base/url.h"
#include "base/utf8.h"
#include "frontend/git_ref.h"

#include <algorithm>
#include <utility>

namespace slipway::frontend {
namespace {

constexpr std::string_view kNoName = "__unnamed__";

bool is_hex(std::string_view text) {
    return !text.empty() &&
           text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

Result<RemoteSource> git_source(const dockerfile::Copy& copy, GitRef git,
                                const std::string& checksum) {
    if (copy.keep_git_dir && git.keep_git_dir && *copy.keep_git_dir != *git.keep_git_dir) {
        return make_error(ErrorCode::kInvalidInput,
                          "ADD: --keep-git-dir and the URL's keep-git-dir contradict each other");
    }
    if (!git.keep_git_dir) git.keep_git_dir = copy.keep_git_dir;
    if (!checksum.empty() && !git.checksum.empty() && checksum != git.checksum) {
        return make_error(ErrorCode::kInvalidInput,
                          "ADD: --checksum={} and the URL's checksum '{}' contradict each other",
                          checksum, git.checksum);
    }
    if (git.checksum.empty()) git.checksum = checksum;
    if (!git.checksum.empty() && !is_hex(git.checksum)) {
        return make_error(ErrorCode::kInvalidInput,
                          "ADD --checksum={}: the checksum of a git source is a commit ID",
                          git.checksum);
    }
    RemoteSource remote{.spec = {}, .path = "/"};
    SLIPWAY_ASSIGN(remote.spec, git.source());
    return remote;
}

Result<RemoteSource> http_source(const dockerfile::Copy& copy, const std::string& url,
                                 const std::string& checksum) {
    std::string name = url_base_name(url);
    if (name.empty()) name = kNoName;
    if (!is_utf8(name)) {
        return make_error(ErrorCode::kInvalidInput,
                          "ADD: the file name in the URL has bytes that are not UTF-8");
    }
    RemoteSource remote{.spec = {.identifier = url, .attrs = {{"http.filename", name}}},
                        .path = join_path("/", name),
                        .unpack = copy.unpack.value_or(false),
                        .described = true};
    if (!checksum.empty()) {
        SLIPWAY_ASSIGN(const Digest digest,
                       Digest::parse(checksum).context("ADD --checksum={}", checksum));
        remote.spec.attrs["http.checksum"] = digest.to_string();
    }
    return remote;
}

}  // namespace

bool is_remote_source(const std::string& source) {
    const auto git = GitRef::parse(source);
    return !git || (*git && !(*git)->like_local_path) || is_http_file(source);
}

Result<std::optional<RemoteSource>> find_remote_source(const dockerfile::Copy& copy,
                                                       const std::string& source,
                                                       const std::string& checksum) {
    SLIPWAY_ASSIGN(auto git, GitRef::parse(source));
    const bool is_git = git && !git->like_local_path;
    if (!is_git && !is_http_file(source)) return std::nullopt;
    if (!copy.is_add) {
        return make_error(ErrorCode::kInvalidInput, "COPY: the source is a {}",
                          is_git ? "git repository" : "URL")
            .hint("ADD takes URLs and git repositories");
    }
    return is_git ? git_source(copy, *std::move(git), checksum)
                  : http_source(copy, source, checksum);
}

}  // namespace slipway::frontend
