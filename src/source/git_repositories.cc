#include "source/git_repositories.h"

#include "base/git_url.h"
#include "base/text.h"
#include "os/file.h"
#include "source/internal/git_mirror.h"

#include <algorithm>
#include <array>

namespace slipway::source {

namespace {

constexpr std::string_view kPeeled = "^{}";

/// What git-check-ref-format refuses, besides what would be read as an option.
Result<void> check_ref(const std::string& ref) {
    const bool bad_character = std::ranges::any_of(ref, [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f ||
               std::string_view("~^:?*[\\").find(c) != std::string_view::npos;
    });
    if (bad_character || ref.starts_with('-') || ref.find("..") != std::string::npos ||
        ref.find("@{") != std::string::npos) {
        return make_error(ErrorCode::kInvalidInput,
                          "'{}' is no name of a git branch, tag or commit", ref);
    }
    return {};
}

std::string with_prefix(std::string_view prefix, const std::string& ref) {
    return ref.starts_with(prefix) ? ref : std::string(prefix) + ref;
}

/// The lines of ls-remote: ref -> object ID.
std::map<std::string, std::string, std::less<>> parse_refs(const std::string& text) {
    std::map<std::string, std::string, std::less<>> refs;
    for (const auto line : split(text, '\n')) {
        const auto pair = split_once(line, '\t');
        if (pair && is_commit_id(pair->first)) refs.emplace(pair->second, pair->first);
    }
    return refs;
}

/// "ref: refs/heads/main\tHEAD"
std::string default_branch(const std::string& text) {
    for (const auto line : split(text, '\n')) {
        const auto pair = split_once(line, '\t');
        if (pair && pair->second == "HEAD" && pair->first.starts_with("ref: refs/heads/"))
            return std::string(pair->first.substr(5));
    }
    return "HEAD";
}

Result<void> check_sum(const GitSource& source, const GitCommit& commit) {
    const std::string wanted = to_lower(source.checksum);
    if (commit.object.starts_with(wanted) || commit.commit.starts_with(wanted)) return {};
    return make_error(ErrorCode::kCorrupt, "the checksum is to be {}, but '{}' is the commit {}",
                      source.checksum, source.ref.empty() ? "the default branch" : source.ref,
                      commit.commit);
}

bool is_hex(std::string_view text) {
    return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

}  // namespace

Result<GitCommit> GitRepositories::resolve(const GitSource& source, std::stop_token stop) {
    SLIPWAY_TRY(check_ref(source.ref));
    if (!is_hex(source.checksum)) {
        return make_error(ErrorCode::kInvalidInput, "'{}' is no commit ID", source.checksum);
    }
    GitCommit commit;
    if (is_commit_id(source.ref)) {
        commit = {.object = source.ref, .commit = source.ref, .ref = source.ref};
    } else if (source.by_commit) {
        const std::string id = to_lower(source.checksum);
        if (!is_commit_id(id)) {
            return make_error(ErrorCode::kInvalidInput,
                              "fetch-by-commit needs a full commit ID, not '{}'", source.checksum);
        }
        commit = {.object = id,
                  .commit = id,
                  .ref = source.ref.empty()                ? id
                         : source.ref.starts_with("refs/") ? source.ref
                                                           : "refs/heads/" + source.ref};
    } else {
        SLIPWAY_ASSIGN(commit, ask_once(source, std::move(stop)));
    }
    SLIPWAY_TRY(check_sum(source, commit));
    return commit;
}

Result<GitCommit> GitRepositories::ask_once(const GitSource& source, std::stop_token stop) {
    const auto key = std::pair(source.remote, source.ref);
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = resolved_.find(key); known != resolved_.end()) return known->second;
    }
    SLIPWAY_ASSIGN(auto commit, flights_.run(key, stop, [&](std::stop_token shared_stop) {
        return ask(source, std::move(shared_stop));
    }));
    const std::lock_guard lock(mutex_);
    return resolved_.emplace(key, std::move(commit)).first->second;
}

Result<GitCommit> GitRepositories::ask(const GitSource& source, std::stop_token stop) {
    SLIPWAY_ASSIGN(const auto remote, GitRemote::parse(source.remote, source.authorization));
    const GitCommand git(remote.credentials);
    if (source.ref.empty()) {
        SLIPWAY_ASSIGN(const auto text,
                       git.run({"ls-remote", "--symref", "--", remote.url, "HEAD"}, stop)
                           .context("'{}'", remote.url));
        const auto refs = parse_refs(text);
        const auto head = refs.find("HEAD");
        if (head != refs.end()) return GitCommit{head->second, head->second, default_branch(text)};
        return make_error(ErrorCode::kNotFound, "the repository '{}' has no default branch",
                          remote.url);
    }
    SLIPWAY_ASSIGN(const auto text, git.run({"ls-remote", "--", remote.url, source.ref,
                                             source.ref + std::string(kPeeled)},
                                            stop)
                                        .context("'{}'", remote.url));
    const auto refs = parse_refs(text);
    // In case of doubt git prefers branches.
    for (const std::string& ref :
         {with_prefix("refs/", source.ref), with_prefix("refs/heads/", source.ref),
          with_prefix("refs/tags/", source.ref)}) {
        const auto found = refs.find(ref);
        if (found == refs.end()) continue;
        const auto peeled = refs.find(ref + std::string(kPeeled));  // of an annotated tag
        return GitCommit{found->second, peeled == refs.end() ? found->second : peeled->second, ref};
    }
    return make_error(ErrorCode::kNotFound, "the repository '{}' has no branch or tag '{}'",
                      remote.url, source.ref);
}

Result<PrunedMirrors> GitRepositories::prune(content::Prune prune) const {
    SLIPWAY_ASSIGN(const auto folder, os::Dir::create(store_.path("git")));
    SLIPWAY_ASSIGN(const auto entries, folder.list({}));
    PrunedMirrors pruned;
    for (const auto& entry : entries) {
        const RelPath mirror = RelPath().child(entry.name);
        SLIPWAY_ASSIGN(const auto info, folder.find(mirror));
        if (!info || !info->is_dir()) continue;  // a lock
        const std::string path = folder.host_path() + "/" + entry.name;
        SLIPWAY_ASSIGN(const auto lock,
                       os::FileLock::try_acquire(path + ".lock", os::LockMode::kExclusive));
        if (!lock) continue;
        SLIPWAY_ASSIGN(const std::uint64_t size, folder.tree_size(mirror));
        ++pruned.mirrors;
        pruned.bytes += size;
        if (prune == content::Prune::kRemove) SLIPWAY_TRY(store_.trash(path));
    }
    return pruned;
}

}  // namespace slipway::source
