// What a command line says of the parameters of a stack: --NAME, --set, --build-arg.
#pragma once

#include "cli/build_flags.h"
#include "dockerfile/ast.h"
#include "stack/resolve.h"

#include <string>
#include <vector>

namespace slipway::cli {

/// Words that no other flag took: engines, and `--NAME VALUE` or `--NAME=VALUE`; a bool needs no
/// value. kUsage: a name that is not known, a value that is missing or that a bool does not take.
Result<void> read_parameters(const std::vector<std::string>& words, const stack::Stack& stack,
                             stack::Selection& selection);

/// A --build-arg that is a parameter's sets it, unless its own flag did, and is taken out of
/// `plan`. kUsage: one that sounds like a secret.
Result<void> take_build_args(const BuildFlags& flags, const stack::Stack& stack,
                             stack::Selection& selection, BuildPlan& plan);

/// kUsage: a --build-arg that is no parameter, and that nothing in `file` declares.
Result<void> check_build_args(const BuildFlags& flags, const stack::Stack& stack,
                              const dockerfile::Dockerfile& file);

/// "--base-image"
std::string flag_of(const stack::Parameter& parameter);
/// "none|12.9|13.0"; of other types its name.
std::string choices_of(const stack::Parameter& parameter);

}  // namespace slipway::cli
