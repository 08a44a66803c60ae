// Build contexts that are no directory: git repositories, and archives or single files by http.
#pragma once

#include "base/digest.h"
#include "base/result.h"
#include "llb/builder.h"

#include <optional>
#include <string>

namespace slipway::frontend {

struct RemoteContext {
    /// What a source by http calls its one file.
    static constexpr const char* kFile = "context";

    llb::SourceSpec source = {};
    std::string name = {};  ///< of the vertex
    bool unpack = false;    ///< the file is an archive, which is to be unpacked

    /// The repository `text` names, if it names one; kInvalidInput for a wrong query.
    /// `keep_git_dir` and `commit_time` (files get the time of the commit) hold besides what the
    /// query asks for.
    static Result<std::optional<RemoteContext>> find_git(const std::string& text, bool keep_git_dir,
                                                         bool commit_time);
    static RemoteContext of_url(const std::string& url);
    /// The git repository or URL that a named context is; nothing when it is neither.
    static Result<std::optional<RemoteContext>> find_named(const std::string& text);
    /// A file that is in the store already, by its content.
    static RemoteContext of_content(const Digest& digest);

    /// Its files.
    llb::Ref add_to(llb::Builder& graph) const;
    /// Nothing but it.
    [[nodiscard]] pb::Definition graph() const;
};

}  // namespace slipway::frontend
