// Git repositories as sources: refs pinned to commits, commits checked out into layers. What was
// fetched is kept in a bare mirror for each remote, shared by builds:
//
//   git/<hex of the remote>       the mirror; refs/slipway/<object ID> for what was asked for
//   git/<hex of the remote>.lock  held while it is written or read
#pragma once

#include "async/single_flight.h"
#include "content/store.h"
#include "snapshot/layer_store.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>

namespace slipway::source {

class GitMirror;

struct GitSource {
    std::string remote = {};    ///< what git takes; a password in it becomes a header
    std::string ref = {};       ///< branch, tag or commit; "" is the default branch
    std::string subdir = {};    ///< "" is all of it
    std::string checksum = {};  ///< the beginning of the commit's ID; "" when it is not checked
    bool keep_git_dir = false;
    bool skip_submodules = false;
    bool commit_time = false;  ///< files get the commit's time
    bool by_commit = false;    ///< `checksum` is a full ID, and fetched whatever `ref` points to
    std::string authorization = {};  ///< a credential: goes nowhere but to the server
};

/// What a ref pointed to.
struct GitCommit {
    std::string object;  ///< ID of the commit, or of the tag that points to it
    std::string commit;  ///< ID of the commit, as far as it is known: `object` otherwise
    std::string ref;     ///< in full ("refs/heads/main"); the ID itself when that was asked for
};

struct PrunedMirrors {
    std::uint64_t mirrors = 0;
    std::uint64_t bytes = 0;
};

/// Any thread, any process.
class GitRepositories {
  public:
    GitRepositories(const content::Store& store, const snapshot::LayerStore& layers)
        : store_(store), layers_(layers) {}

    /// Asks the remote, unless a full commit ID is given; once for each object of this class.
    /// kInvalidInput for a remote or ref that git must not be given, kNotFound for a ref that is
    /// not there, kCorrupt when it is not what `checksum` says; else as GitCommand::run.
    Result<GitCommit> resolve(const GitSource& source, std::stop_token stop);
    /// When it was committed, in Unix seconds. Fetched as checkout() does.
    Result<std::int64_t> commit_time(const GitSource& source, const GitCommit& commit,
                                     std::stop_token stop);
    /// The tree as a layer: owner 0:0, with its submodules.
    Result<snapshot::LayerId> checkout(const GitSource& source, const GitCommit& commit,
                                       std::stop_token stop);

    /// Removes (to the store's trash) the mirrors nobody uses. Layers that came from them stay, and
    /// a ref that still points to what a build record names is not fetched again.
    Result<PrunedMirrors> prune(content::Prune prune) const;

  private:
    Result<GitCommit> ask_once(const GitSource& source, std::stop_token stop);
    Result<GitCommit> ask(const GitSource& source, std::stop_token stop);
    /// The mirror, with the commit in it.
    Result<GitMirror> fetch(const GitSource& source, const GitCommit& commit,
                            std::stop_token stop) const;

    const content::Store& store_;
    const snapshot::LayerStore& layers_;
    using Key = std::pair<std::string, std::string>;  ///< remote and ref
    async::SingleFlight<Key, GitCommit> flights_;
    std::mutex mutex_;
    std::map<Key, GitCommit> resolved_;
};

}  // namespace slipway::source
