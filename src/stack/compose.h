// From variants to what is built: one Dockerfile for all of them, with a stage "src_NAME" for each
// component, and the build arguments that pin what is downloaded.
#pragma once

#include "dockerfile/ast.h"
#include "stack/resolve.h"

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace slipway::stack {

/// By component: the URL (git or http) that its files come from instead, or "" when a named context
/// "src_NAME" of the caller's takes the place of the stage.
using Sources = std::map<std::string, std::string>;

/// The name of the stage, and of the named context that replaces it.
std::string source_stage(const Component& component);

/// The build argument with the commit or checksum of a component.
std::string checksum_arg(const Component& component);

/// Each component that a variant needs, and `sources` does not replace, gets its commit or checksum
/// as a build argument. kInvalidInput: one is not locked in this version.
Result<void> pin(const Stack& stack, const Sources& sources, std::vector<Variant>& variants);

/// A file of its own for each stage file, in the order of the stack, behind one that is generated:
/// the global ARGs, with the values of the first variant as defaults, and the source stages.
/// kUsage: `sources` names no component. Else what is wrong with a stage file.
Result<dockerfile::Dockerfile> compose(const Stack& stack, const Sources& sources,
                                       std::span<const Variant> variants);

/// The same as one text, for any builder.
std::string to_text(const dockerfile::Dockerfile& file);

}  // namespace slipway::stack
