#include "source/internal/git_mirror.h"

#include "base/git_url.h"
#include "base/log.h"
#include "base/text.h"
#include "base/url.h"
#include "os/file.h"
#include "os/temp.h"

#include <array>
#include <utility>

namespace slipway::source {

namespace {

/// Written around every change; holds the format. Without it the mirror is not used, and by its age
/// the store knows what a power cut may have taken (content/layout.cc).
constexpr std::string_view kMark = "/slipway-mirror";

std::string kept_ref(const std::string& object_id) {
    return "refs/slipway/" + object_id;
}

/// Like actions/checkout and BuildKit: one token serves all of github.com.
std::string scope_of(const std::string& url) {
    for (const std::string_view site : {"https://github.com/", "https://www.github.com/"}) {
        if (url.starts_with(site)) return std::string(site);
    }
    return url;
}

}  // namespace

Result<GitRemote> GitRemote::parse(const std::string& remote, const std::string& authorization) {
    SLIPWAY_ASSIGN(const auto url, GitUrl::parse(remote));
    if (!url || url->host.empty())
        return make_error(ErrorCode::kInvalidInput, "git: the source is no URL of a repository");
    const std::array<std::pair<const char*, std::string_view>, 3> parts = {
        {{"user", url->user}, {"host", url->host}, {"path", url->path}}};
    for (const auto& [name, part] : parts) {  // the message repeats none: it may be a credential
        if (part.starts_with('-')) {
            return make_error(ErrorCode::kInvalidInput,
                              "git: the {} of the URL begins with '-', as an option of git does",
                              name);
        }
    }
    GitRemote parsed{.url = url->remote, .credentials = {}};
    if (url->scheme != "http" && url->scheme != "https") {
        if (url->user.find(':') == std::string::npos) return parsed;
        return make_error(ErrorCode::kInvalidInput,
                          "git: a URL of '{}' can hold no password: git would pass it on openly",
                          url->scheme)
            .hint("over ssh the keys of your agent are used");
    }
    const auto start = parsed.url.find("://") + 3;
    if (!url->user.empty()) parsed.url.erase(start, url->user.size() + 1);
    if (!authorization.empty()) {
        parsed.credentials.push_back({scope_of(parsed.url), "Authorization: " + authorization});
    } else if (const auto pair = split_once(url->user, ':')) {
        const std::string user = percent_decode(pair->first).value_or("");
        const std::string password = percent_decode(pair->second).value_or("");
        log_redact(password);
        parsed.credentials.push_back(
            {parsed.url.substr(0, start) + url->host + "/",
             "Authorization: Basic " + base64_encode(user + ":" + password)});
    }
    return parsed;
}

Result<GitMirror> GitMirror::open(const content::Store& store, const GitRemote& remote,
                                  const std::string& object_id, std::stop_token stop) {
    SLIPWAY_TRY(os::make_dirs(store.path("git")));
    const std::string path = store.path("git/" + Digest::of(remote.url).hex());
    SLIPWAY_ASSIGN(auto lock,
                   os::FileLock::acquire(path + ".lock", os::LockMode::kExclusive, stop));
    const std::string format = object_id.size() == 64 ? "sha256" : "sha1";
    GitMirror mirror(std::move(lock), path, remote, format);
    SLIPWAY_ASSIGN(const auto mark, os::find_file(path + std::string(kMark)));
    if (mark && *mark == format) return mirror;

    if (os::path_exists(path)) SLIPWAY_TRY(store.trash(path));
    SLIPWAY_TRY(os::make_dirs(path, 0700));
    SLIPWAY_TRY(mirror.git_.run(
        {"init", "--quiet", "--bare", "--template=", "--object-format=" + format}, stop));
    SLIPWAY_TRY(mirror.mark());
    return mirror;
}

Result<void> GitMirror::mark() const {
    return os::write_file(path_ + std::string(kMark), format_);
}

bool GitMirror::has(const std::string& object_id, std::stop_token stop) const {
    return git_.run({"cat-file", "-e", object_id + "^{commit}"}, std::move(stop)).has_value();
}

Result<std::int64_t> GitMirror::commit_time(const std::string& object_id,
                                            std::stop_token stop) const {
    SLIPWAY_ASSIGN(const auto text,
                   git_.run({"show", "--no-patch", "--format=%ct", object_id + "^{commit}", "--"},
                            std::move(stop)));
    const auto seconds = parse_int(trim(text));
    if (!seconds) return make_error(ErrorCode::kCorrupt, "git tells no time of {}", object_id);
    return *seconds;
}

Result<void> GitMirror::fetch_shallow(const std::string& refspec, std::stop_token stop) const {
    std::vector<std::string> args = {"fetch",   "--quiet",   "--no-tags", "--no-write-fetch-head",
                                     "--force", "--depth=1", "--",        url_,
                                     refspec};
    auto done = git_.run(args, stop);
    if (done) return {};
    // "dumb http transport does not support shallow capabilities"
    const bool no_depth = done.error().message().find("shallow") != std::string::npos ||
                          done.error().message().find("--depth") != std::string::npos;
    if (!no_depth) return std::move(done).error();
    std::erase(args, "--depth=1");
    SLIPWAY_TRY(git_.run(args, std::move(stop)));
    return {};
}

/// For servers that give out only what their refs point to.
Result<void> GitMirror::fetch_all(const std::string& object_id, std::stop_token stop) const {
    std::vector<std::string> args = {"fetch", "--quiet", "--tags", "--no-write-fetch-head",
                                     "--force"};
    if (os::path_exists(path_ + "/shallow")) args.emplace_back("--unshallow");
    args.insert(args.end(), {"--", url_, "+refs/heads/*:refs/remotes/origin/*"});
    SLIPWAY_TRY(git_.run(args, stop));
    if (!has(object_id, stop)) {
        return make_error(ErrorCode::kNotFound, "the repository '{}' has no commit {}", url_,
                          object_id);
    }
    return keep(object_id, std::move(stop));
}

Result<void> GitMirror::keep(const std::string& object_id, std::stop_token stop) const {
    SLIPWAY_TRY(git_.run({"update-ref", kept_ref(object_id), object_id}, std::move(stop)));
    return {};
}

Result<void> GitMirror::fetch(const std::string& object_id, const std::string& ref,
                              std::stop_token stop) {
    static_cast<void>(os::remove_tree(path_ + "/shallow.lock"));  // of a git that was killed
    SLIPWAY_TRY(mark());
    SLIPWAY_TRY(fetch_object(object_id, ref, std::move(stop)).context("'{}'", url_));
    return mark();
}

Result<void> GitMirror::fetch_object(const std::string& object_id, const std::string& ref,
                                     std::stop_token stop) const {
    const std::string target = kept_ref(object_id);
    if (ref != object_id) {
        SLIPWAY_TRY(fetch_shallow(ref + ":" + target, stop));
        SLIPWAY_ASSIGN(const auto found, git_.run({"rev-parse", "--verify", target}, stop));
        if (trim(found) == object_id) return {};
    }
    // A commit by its ID; or the ref has moved since it was asked for.
    if (auto done = fetch_shallow(object_id + ":" + target, stop); !done) {
        if (done.error().code() != ErrorCode::kUnavailable) return done;
        SLIPWAY_TRY(fetch_all(object_id, std::move(stop)));
    }
    return {};
}

}  // namespace slipway::source
