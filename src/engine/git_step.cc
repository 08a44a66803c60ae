// A commit of a git repository (llb-facts 1.3, 3.3).
#include "base/git_url.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/internal/remote_sources.h"
#include "engine/value.h"

#include <optional>

namespace slipway::engine {

namespace {

std::string attribute(const pb::SourceOp& op, const std::string& name) {
    const auto found = op.attrs().find(name);
    return found == op.attrs().end() ? "" : found->second;
}

/// The Authorization header out of the build's secrets: one for the host before one for all, a
/// header before a token; "" when there is none.
std::string authorization_for(const pb::SourceOp& op, const GitUrl& url, const Secrets& secrets) {
    for (const std::string& suffix : {"." + url.host, std::string()}) {
        if (const std::string name = attribute(op, "git.authheadersecret"); !name.empty()) {
            if (const auto found = secrets.find(name + suffix); found != secrets.end())
                return std::string(trim(found->second));
        }
        if (const std::string name = attribute(op, "git.authtokensecret"); !name.empty()) {
            if (const auto found = secrets.find(name + suffix); found != secrets.end()) {
                std::string coded =
                    base64_encode("x-access-token:" + std::string(trim(found->second)));
                log_redact(coded);
                return "basic " + coded;
            }
        }
    }
    return {};
}

}  // namespace

Result<source::GitSource> read_git_op(const pb::SourceOp& op, const Secrets& secrets) {
    for (const auto* name : {"git.bundle", "git.checkoutbundle", "git.sig.pubkey"}) {
        if (!op.attrs().contains(name)) continue;
        return make_error(ErrorCode::kUnsupported, "git sources with {} are not supported yet",
                          name);
    }
    // The fragment is the identifier's, the rest stands in an attribute.
    const std::string identifier = op.identifier().substr(std::string_view("git://").size());
    std::string full = attribute(op, "git.fullurl");
    if (full.empty()) full = "https://" + identifier.substr(0, identifier.find('#'));
    SLIPWAY_ASSIGN(const auto url, GitUrl::parse(full));
    if (!url) return Error(ErrorCode::kInvalidInput, "git: the source is no URL of a repository");
    source::GitSource source;
    source.remote = url->remote;
    if (const auto fragment = split_once(identifier, '#')) {
        const auto parts = split_once(fragment->second, ':');
        source.ref = parts ? parts->first : fragment->second;
        if (parts) source.subdir = RelPath::in_root(parts->second).text();
    }
    source.checksum = attribute(op, "git.checksum");
    source.keep_git_dir = attribute(op, "git.keepgitdir") == "true";
    source.skip_submodules = attribute(op, "git.skipsubmodules") == "true";
    source.commit_time = attribute(op, "git.mtime") == "commit";
    source.by_commit = attribute(op, "git.fetchbycommit") == "true";
    if (url->scheme == "http" || url->scheme == "https")
        source.authorization = authorization_for(op, *url, secrets);
    return source;
}

namespace {

class GitStep final : public SnapshotStep {
  public:
    GitStep(BuildContext& build, source::GitSource source)
        : SnapshotStep(build), source_(std::move(source)) {}

    Result<solver::Key> definition_key(std::span<const Digest>, std::stop_token stop) override {
        const bool keeps = source_.keep_git_dir && source_.subdir.empty();
        // A commit that is pinned needs no question, unless its files are not here.
        std::string commit = to_lower(source_.checksum);
        if (keeps || !is_commit_id(commit)) {
            SLIPWAY_ASSIGN(commit_, build_.workspace.git().resolve(source_, std::move(stop)));
            commit = keeps ? commit_->object : commit_->commit;
        }
        return make_key(
            {{"commit", std::move(commit)},
             {"git directory", keeps ? "kept, " + commit_->ref : "dropped"},
             {"subdirectory", source_.subdir},
             {"submodules", source_.skip_submodules ? "skipped" : "taken"},
             {"file times", source_.commit_time ? "of the commit" : "of the checkout"}});
    }

    Result<std::optional<solver::Key>> content_key(std::span<const solver::Output>,
                                                   std::stop_token) override {
        return std::optional<solver::Key>();
    }

    Result<std::vector<solver::Output>> run(std::span<const solver::Output>,
                                            std::stop_token stop) override {
        if (!commit_) {
            SLIPWAY_ASSIGN(commit_, build_.workspace.git().resolve(source_, stop));
        }
        SLIPWAY_ASSIGN(auto layer,
                       build_.workspace.git().checkout(source_, *commit_, std::move(stop)));
        return std::vector{to_output({std::move(layer)})};
    }

  private:
    source::GitSource source_;
    std::optional<source::GitCommit> commit_;
};

}  // namespace

Result<std::unique_ptr<solver::Step>> make_git_step(BuildContext& build,
                                                    const llb::Vertex& vertex) {
    SLIPWAY_ASSIGN(auto source, read_git_op(vertex.op.source(), build.options.secrets));
    return std::make_unique<GitStep>(build, std::move(source));
}

}  // namespace slipway::engine
