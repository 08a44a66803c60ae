// Steps that bring in what lies elsewhere: files by http, git repositories.
#pragma once

#include "engine/internal/step_context.h"

#include <memory>

namespace slipway::engine {

/// kInvalidInput for attributes that cannot be read, or that name a secret which the build does not
/// have.
Result<std::unique_ptr<solver::Step>> make_http_step(BuildContext& build,
                                                     const llb::Vertex& vertex);
/// The same, and kUnsupported for bundles and signatures.
Result<std::unique_ptr<solver::Step>> make_git_step(BuildContext& build, const llb::Vertex& vertex);

/// As the steps read them; for who wants to know of a source without building it.
Result<source::HttpFile> read_http_op(const pb::SourceOp& op, const Secrets& secrets);
Result<source::GitSource> read_git_op(const pb::SourceOp& op, const Secrets& secrets);

}  // namespace slipway::engine
