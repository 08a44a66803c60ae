// Repositories made by the git command, in a temporary folder beside a store. They are reached by
// a stand-in for ssh that runs git's own server here, by its old protocol: it gives out only what
// refs point to. The smart protocol over HTTP is the matter of tests/e2e/cases/add_git.sh.
#pragma once

#include "async/thread_pool.h"
#include "base/text.h"
#include "content/blob_store.h"
#include "content/store.h"
#include "os/child.h"
#include "os/file.h"
#include "os/system.h"
#include "os/temp.h"
#include "snapshot/layer_store.h"
#include "source/git_repositories.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace slipway::testing {

class GitTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!os::is_root()) GTEST_SKIP() << "needs root: layers keep owners";
        if (!os::find_program("git")) GTEST_SKIP() << "needs git";
        auto dir = os::TempDir::create(::testing::TempDir(), "git");
        ASSERT_THAT(dir, IsOk());
        dir_.emplace(*std::move(dir));
        ASSERT_THAT(os::write_file(dir_->path() + "/transport",
                                   "#!/bin/sh\n[ \"$1\" = -G ] && exit 1\n"
                                   "echo \"$*\" >>\"${0%/*}/asked\"\n"
                                   "while [ \"${1#git-}\" = \"$1\" ]; do shift; done\n"
                                   "exec sh -c \"$1\"\n"),
                    IsOk());
        shell("chmod 755 transport; mkdir repos work");
        ::setenv("GIT_SSH_COMMAND", (dir_->path() + "/transport").c_str(), 1);
        reopen();
    }
    void TearDown() override { ::unsetenv("GIT_SSH_COMMAND"); }

    /// As another process would find the store.
    void reopen() {
        git_.reset();
        layers_.reset();
        blobs_.reset();
        store_.reset();
        auto store = content::Store::open(store_path(), os::LockMode::kShared);
        ASSERT_THAT(store, IsOk());
        store_ = *std::move(store);
        blobs_.emplace(*store_);
        layers_.emplace(*store_, *blobs_, pool_);
        git_.emplace(*store_, *layers_);
    }

    /// In the temporary folder: `git` knows an author, its time is 1700000000. What is written to
    /// standard output, without the last end of line; the test fails with the script.
    std::string shell(const std::string& script) const {
        os::SpawnOptions options;
        options.argv = {"/bin/bash", "-euo", "pipefail", "-c", script};
        options.cwd = dir_->path();
        options.env = {"PATH=/usr/local/bin:/usr/bin:/bin",
                       "HOME=/dev/null",
                       "GIT_CONFIG_NOSYSTEM=1",
                       "GIT_AUTHOR_NAME=a",
                       "GIT_AUTHOR_EMAIL=a@example.com",
                       "GIT_COMMITTER_NAME=a",
                       "GIT_COMMITTER_EMAIL=a@example.com",
                       "GIT_AUTHOR_DATE=@1700000000 +0000",
                       "GIT_COMMITTER_DATE=@1700000000 +0000",
                       "GIT_CONFIG_COUNT=2",
                       "GIT_CONFIG_KEY_0=protocol.file.allow",
                       "GIT_CONFIG_VALUE_0=always",
                       "GIT_CONFIG_KEY_1=init.defaultBranch",
                       "GIT_CONFIG_VALUE_1=main"};
        const auto output = os::run_command(std::move(options));
        EXPECT_THAT(output, IsOk());
        if (!output) return {};
        EXPECT_TRUE(output->status.ok()) << script << ":\n" << output->err;
        return std::string(trim(output->out));
    }
    /// A bare repository in repos/<name>.git with its clone in work/<name>.
    void make_repository(const std::string& name, const std::string& init_options = "") const {
        shell("git init -q --bare " + init_options + " repos/" + name + ".git; git init -q " +
              init_options + " work/" + name + "; git -C work/" + name +
              " remote add origin ../../repos/" + name + ".git");
    }
    /// Runs `script` in the clone, commits everything and pushes; the commit's ID.
    std::string commit(const std::string& name, const std::string& script,
                       const std::string& branch = "main") const {
        return shell("cd work/" + name + "; " + script +
                     "; git add -A; git commit -qm change; git push -q origin HEAD:" + branch +
                     "; git rev-parse HEAD");
    }
    [[nodiscard]] std::string url(const std::string& name) const {
        return "ssh://git@here.invalid" + dir_->path() + "/repos/" + name + ".git";
    }
    [[nodiscard]] std::string store_path() const { return dir_->path() + "/store"; }
    /// How often the server was asked for something.
    [[nodiscard]] std::string asked() const {
        return shell("[ ! -e asked ] || cut -d' ' -f2 asked | sort | uniq -c | tr -s ' \\n' ' '");
    }

    Result<source::GitCommit> resolve(const source::GitSource& source) {
        return git_->resolve(source, {});
    }
    Result<std::shared_ptr<const snapshot::Layer>> load(const source::GitSource& source) {
        SLIPWAY_ASSIGN(const auto commit, git_->resolve(source, {}));
        return load(source, commit);
    }
    Result<std::shared_ptr<const snapshot::Layer>> load(const source::GitSource& source,
                                                        const source::GitCommit& commit) {
        SLIPWAY_ASSIGN(const auto id, git_->checkout(source, commit, {}));
        return layers_->load(id);
    }
    /// Path -> content, or "-> target", or "/" for a directory; without the root.
    Result<std::map<std::string, std::string>> files(const source::GitSource& source) {
        SLIPWAY_ASSIGN(const auto layer, load(source));
        return files(*layer);
    }
    static Result<std::map<std::string, std::string>> files(const snapshot::Layer& layer) {
        std::map<std::string, std::string> found;
        for (const auto& entry : layer.manifest().entries()) {
            if (entry.path.empty()) continue;
            std::string& text = found[entry.path];
            text = entry.is_symlink() ? "-> " + entry.link_target : "/";
            if (!entry.is_regular()) continue;
            SLIPWAY_ASSIGN(const auto path, RelPath::parse(entry.path));
            SLIPWAY_ASSIGN(const auto fd, layer.root().open_file(path));
            os::FdReader reader(fd);
            SLIPWAY_ASSIGN(text, read_text(reader, 1U << 20));
        }
        return found;
    }

    std::optional<os::TempDir> dir_;
    async::ThreadPool pool_{2};
    std::unique_ptr<content::Store> store_;
    std::optional<content::BlobStore> blobs_;
    std::optional<snapshot::LayerStore> layers_;
    std::optional<source::GitRepositories> git_;
};

}  // namespace slipway::testing
