// The git program, shut off from what surrounds it: no configuration of the user or the system, no
// hooks, no questions, no protocols but those named, nothing left running. What it is given by
// refs and URLs stands behind "--" or is checked before; credentials go by the environment, which
// only root and the user see, never by the command line.
#pragma once

#include "base/result.h"

#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace slipway::source {

/// A header for the requests below a URL.
struct GitCredential {
    std::string scope;   ///< "https://host/path"
    std::string header;  ///< "Authorization: …"
};

enum class GitProtocols { kRemote, kLocal };  ///< http, https, ssh and git; or files, too

class GitCommand {
  public:
    explicit GitCommand(std::vector<GitCredential> credentials = {})
        : credentials_(std::move(credentials)) {}

    [[nodiscard]] GitCommand in(std::string git_dir, std::string work_tree = {}) const;
    [[nodiscard]] GitCommand allowing(GitProtocols protocols) const;

    /// What it wrote to its standard output, at most 1 MiB. kUnavailable with what it says when it
    /// fails, kDenied when that is about credentials, kResource when there is no git.
    [[nodiscard]] Result<std::string> run(std::vector<std::string> args,
                                          std::stop_token stop) const;

  private:
    [[nodiscard]] std::vector<std::string> environment() const;

    std::vector<GitCredential> credentials_;
    std::string git_dir_;
    std::string work_tree_;
    GitProtocols protocols_ = GitProtocols::kRemote;
};

}  // namespace slipway::source
