// A commit of a mirror as files in a layer.
#include "base/git_url.h"
#include "base/text.h"
#include "os/file.h"
#include "source/git_repositories.h"
#include "source/internal/git_mirror.h"

#include <functional>

namespace slipway::source {

namespace {

/// Everything below `dir`, directories after what is in them; `dir` itself last.
Result<void> walk(const os::Dir& dir, const RelPath& path,
                  const std::function<Result<void>(const RelPath&, const os::FileInfo&)>& visit) {
    SLIPWAY_ASSIGN(const auto info, dir.stat(path));
    if (info.is_dir()) {
        SLIPWAY_ASSIGN(const auto entries, dir.list(path));
        for (const auto& entry : entries) SLIPWAY_TRY(walk(dir, path.child(entry.name), visit));
    }
    return visit(path, info);
}

/// One checkout on its way into `draft`.
class Checkout {
  public:
    Checkout(const GitSource& source, const GitCommit& commit, const GitRemote& remote,
             GitMirror& mirror, const os::Dir& target, const std::string& scratch,
             std::stop_token stop)
        : source_(source),
          commit_(commit),
          mirror_(mirror),
          remote_(remote),
          target_(target),
          keeps_git_dir_(source.keep_git_dir && source.subdir.empty()),
          git_dir_(keeps_git_dir_ ? target.host_path() + "/.git" : scratch + "/git"),
          work_tree_(source.subdir.empty() ? target.host_path() : scratch + "/tree"),
          git_(GitCommand(remote.credentials).in(git_dir_, work_tree_)),
          stop_(std::move(stop)) {}

    Result<void> run() {
        SLIPWAY_TRY(os::make_dirs(work_tree_));
        SLIPWAY_TRY(keeps_git_dir_ ? start_own_repository() : start_borrowing_repository());
        SLIPWAY_TRY(git_.run(
            {"checkout", "--quiet", "--force", "--detach", commit_.object + "^{commit}", "--"},
            stop_));
        if (keeps_git_dir_) SLIPWAY_TRY(forget_how());
        SLIPWAY_ASSIGN(const auto tree, os::Dir::open(work_tree_));
        SLIPWAY_TRY(update_submodules(tree));
        if (!source_.subdir.empty()) SLIPWAY_TRY(take_subdir(tree));
        if (source_.commit_time) SLIPWAY_TRY(set_times());
        return {};
    }

  private:
    Result<void> init(std::vector<std::string> more) const {
        more.insert(more.begin(), {"init", "--quiet", "--object-format=" + mirror_.format()});
        SLIPWAY_TRY(git_.run(std::move(more), stop_));
        SLIPWAY_TRY(git_.run({"remote", "add", "origin", remote_.url}, stop_));
        return {};
    }

    /// Reads the mirror's objects where they are.
    Result<void> start_borrowing_repository() const {
        SLIPWAY_TRY(os::make_dirs(git_dir_));
        SLIPWAY_TRY(init({"--template="}));
        SLIPWAY_TRY(os::make_dirs(git_dir_ + "/objects/info"));
        SLIPWAY_TRY(
            os::write_file(git_dir_ + "/objects/info/alternates", mirror_.path() + "/objects\n"));
        SLIPWAY_ASSIGN(const auto shallow, os::find_file(mirror_.path() + "/shallow"));
        if (shallow) SLIPWAY_TRY(os::write_file(git_dir_ + "/shallow", *shallow));
        return {};
    }

    /// With copies of the objects, and the ref under the name that was asked for.
    Result<void> start_own_repository() const {
        SLIPWAY_TRY(init({}));
        // It may have come as the history, or under a tag, of something else.
        SLIPWAY_TRY(mirror_.keep(commit_.object, stop_));
        std::string refspec = "refs/slipway/" + commit_.object;
        if (!is_commit_id(commit_.ref)) refspec += ":" + local_ref();
        SLIPWAY_TRY(git_.allowing(GitProtocols::kLocal)
                        .run({"fetch", "--quiet", "--update-head-ok", "--no-tags", "--depth=1",
                              "--", "file://" + mirror_.path(), refspec},
                             stop_));
        return {};
    }

    /// As BuildKit leaves it: what is not given in full becomes a tag.
    [[nodiscard]] std::string local_ref() const {
        if (source_.ref.starts_with("refs/")) return source_.ref;
        if (!source_.ref.empty()) return "refs/tags/" + source_.ref;
        constexpr std::string_view kHeads = "refs/heads/";
        return "refs/tags/" +
               (commit_.ref.starts_with(kHeads) ? commit_.ref.substr(kHeads.size()) : commit_.ref);
    }

    /// Nothing in .git tells of the mirror, or of when this happened.
    Result<void> forget_how() const {
        SLIPWAY_TRY(git_.run({"reflog", "expire", "--all", "--expire=now"}, stop_));
        return target_.remove_tree(RelPath::in_root(".git/FETCH_HEAD"));
    }

    Result<void> update_submodules(const os::Dir& tree) const {
        if (source_.skip_submodules) return {};
        SLIPWAY_ASSIGN(const auto list, tree.find(RelPath::in_root(".gitmodules")));
        if (!list) return {};
        SLIPWAY_TRY(git_.run(
            {"submodule", "--quiet", "update", "--init", "--recursive", "--depth=1"}, stop_));
        if (keeps_git_dir_) return {};
        // Each submodule has a file .git that names a folder which is about to go.
        return walk(tree, {}, [&](const RelPath& path, const os::FileInfo& info) -> Result<void> {
            if (path.name() != ".git" || info.is_dir()) return {};
            return tree.unlink(path);
        });
    }

    Result<void> take_subdir(const os::Dir& tree) const {
        SLIPWAY_ASSIGN(const auto path, RelPath::parse(source_.subdir));
        auto found = tree.open_dir(path);
        if (!found) {
            return make_error(ErrorCode::kNotFound,
                              "the repository '{}' has no directory '{}' at {}", remote_.url,
                              source_.subdir, commit_.commit);
        }
        SLIPWAY_ASSIGN(const auto entries, found->list({}));
        for (const auto& entry : entries) {
            const RelPath name = RelPath().child(entry.name);
            SLIPWAY_TRY(found->rename(name, target_, name));
        }
        return {};
    }

    Result<void> set_times() const {
        SLIPWAY_ASSIGN(const auto seconds, mirror_.commit_time(commit_.object, stop_));
        const os::Timestamp time{seconds, 0};
        return walk(target_, {}, [&](const RelPath& path, const os::FileInfo&) {
            return target_.set_times(path, time, time);
        });
    }

    const GitSource& source_;
    const GitCommit& commit_;
    GitMirror& mirror_;
    const GitRemote& remote_;
    const os::Dir& target_;
    bool keeps_git_dir_;
    std::string git_dir_;
    std::string work_tree_;
    GitCommand git_;
    std::stop_token stop_;
};

}  // namespace

Result<std::int64_t> GitRepositories::commit_time(const GitSource& source, const GitCommit& commit,
                                                  std::stop_token stop) {
    SLIPWAY_ASSIGN(const auto mirror, fetch(source, commit, stop));
    return mirror.commit_time(commit.object, std::move(stop));
}

Result<GitMirror> GitRepositories::fetch(const GitSource& source, const GitCommit& commit,
                                         std::stop_token stop) const {
    SLIPWAY_ASSIGN(const auto remote, GitRemote::parse(source.remote, source.authorization));
    SLIPWAY_ASSIGN(auto mirror, GitMirror::open(store_, remote, commit.object, stop));
    if (!mirror.has(commit.object, stop))
        SLIPWAY_TRY(
            mirror.fetch(commit.object, source.by_commit ? commit.object : commit.ref, stop));
    return mirror;
}

Result<snapshot::LayerId> GitRepositories::checkout(const GitSource& source,
                                                    const GitCommit& commit, std::stop_token stop) {
    SLIPWAY_ASSIGN(const auto remote, GitRemote::parse(source.remote, source.authorization));
    SLIPWAY_ASSIGN(auto mirror, fetch(source, commit, stop));
    SLIPWAY_ASSIGN(auto draft, layers_.begin());
    SLIPWAY_ASSIGN(const auto scratch, store_.temp_dir("git"));
    SLIPWAY_TRY(Checkout(source, commit, remote, mirror, draft.diff(), scratch.path(), stop)
                    .run()
                    .context("'{}'", remote.url));
    return layers_.commit(std::move(draft));
}

}  // namespace slipway::source
