// Sources of ADD that are no paths.
#pragma once

#include "dockerfile/ast.h"
#include "llb/builder.h"

#include <optional>
#include <string>

namespace slipway::frontend {

struct RemoteSource {
    llb::SourceSpec spec;
    std::string path;        ///< in what the source makes
    bool unpack = false;     ///< if it is an archive
    bool described = false;  ///< BuildKit writes a (blank) command into the vertex's description
};

/// What `source`, an expanded word of a COPY or ADD, stands for; nothing when it is a path. COPY
/// takes paths only: kInvalidInput. So are contradicting or malformed checksums.
Result<std::optional<RemoteSource>> find_remote_source(const dockerfile::Copy& copy,
                                                       const std::string& source,
                                                       const std::string& checksum);

/// A URL or a git repository, well-formed or not.
bool is_remote_source(const std::string& source);

}  // namespace slipway::frontend
