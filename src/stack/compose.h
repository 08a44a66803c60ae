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

/// Where a component's files come from instead of where the stack has them.
struct Source {
    /// Of git or http; "apt:PACKAGE" until it is known what that is; "" when a named context
    /// "src_NAME" of the caller's takes the place of the stage.
    std::string url = {};
    std::string checksum = {};  ///< "sha256:…", or "" when any content will do
};
using Sources = std::map<std::string, Source>;  ///< by component

/// The name of the stage, and of the named context that replaces it.
std::string source_stage(const Component& component);

/// The build argument with the commit or checksum of a component.
std::string checksum_arg(const Component& component);

/// The commit or checksum of each component that is locked in the variant's version, and that
/// `sources` does not replace, as a build argument. kInvalidInput: words that do not expand.
Result<void> pin(const Stack& stack, const Sources& sources, std::vector<Variant>& variants);

/// Those whose files the variant's image takes, without what `sources` replaces. `file` is what
/// compose() made, `contexts` the names of named contexts.
Result<std::vector<const Component*>> needed_components(const Stack& stack, const Sources& sources,
                                                        const dockerfile::Dockerfile& file,
                                                        const Variant& variant,
                                                        const std::vector<std::string>& contexts);

/// kInvalidInput: one of those is not locked.
Result<void> require_pins(const Stack& stack, const Sources& sources,
                          const dockerfile::Dockerfile& file, const Variant& variant,
                          const std::vector<std::string>& contexts);

/// A file of its own for each stage file, in the order of the stack, behind one that is generated:
/// the global ARGs, with the values of the first variant as defaults, and the source stages.
/// kUsage: `sources` names no component. Else what is wrong with a stage file.
Result<dockerfile::Dockerfile> compose(const Stack& stack, const Sources& sources,
                                       std::span<const Variant> variants);

/// The same as one text, for any builder.
std::string to_text(const dockerfile::Dockerfile& file);

}  // namespace slipway::stack
