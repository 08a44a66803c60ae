// The bare copy of a remote that the store keeps, held locked.
#pragma once

#include "content/store.h"
#include "os/lock.h"
#include "source/internal/git_command.h"

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace slipway::source {

/// A remote as git is given it: without credentials, those as a header.
struct GitRemote {
    std::string url;
    std::vector<GitCredential> credentials;

    /// `authorization`: value of that header for requests to the remote; "" for none (then what the
    /// URL holds). kInvalidInput for what is no git URL, or would be read as an option, and for a
    /// password that only a command line could bring to git. No message repeats a credential.
    static Result<GitRemote> parse(const std::string& remote, const std::string& authorization);
};

class GitMirror {
  public:
    /// Waits until no other build uses the mirror. `object_id`: any of the remote, whose length
    /// tells the hash that it uses; a mirror with another one is made anew.
    static Result<GitMirror> open(const content::Store& store, const GitRemote& remote,
                                  const std::string& object_id, std::stop_token stop);

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] const GitCommand& git() const { return git_; }
    /// "sha1" or "sha256".
    [[nodiscard]] const std::string& format() const { return format_; }
    [[nodiscard]] bool has(const std::string& object_id, std::stop_token stop) const;
    /// Gives the object, which is here, its name refs/slipway/<object_id>.
    Result<void> keep(const std::string& object_id, std::stop_token stop) const;
    /// When the commit was made, in Unix seconds; it is here.
    Result<std::int64_t> commit_time(const std::string& object_id, std::stop_token stop) const;
    /// The object, with what it needs but for its history, under refs/slipway/<object_id>. `ref`
    /// (full) is where the remote had it, or the ID itself.
    Result<void> fetch(const std::string& object_id, const std::string& ref, std::stop_token stop);

  private:
    GitMirror(os::FileLock lock, std::string path, const GitRemote& remote, std::string format)
        : lock_(std::move(lock)),
          path_(std::move(path)),
          url_(remote.url),
          format_(std::move(format)),
          git_(GitCommand(remote.credentials).in(path_)) {}
    Result<void> mark() const;
    Result<void> fetch_object(const std::string& object_id, const std::string& ref,
                              std::stop_token stop) const;
    Result<void> fetch_shallow(const std::string& refspec, std::stop_token stop) const;
    Result<void> fetch_all(const std::string& object_id, std::stop_token stop) const;

    os::FileLock lock_;
    std::string path_;
    std::string url_;
    std::string format_;
    GitCommand git_;
};

}  // namespace slipway::source
