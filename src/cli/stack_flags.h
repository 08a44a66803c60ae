// What `slipway stack COMMAND` is given, and what becomes of it: the stack, the variants chosen and
// their one Dockerfile.
#pragma once

#include "cli/build_flags.h"
#include "dockerfile/ast.h"
#include "stack/compose.h"
#include "stack/stack.h"

#include <CLI/CLI.hpp>

#include <map>
#include <string>
#include <vector>

namespace slipway::cli {

/// The named context that is the stack's own folder.
inline constexpr const char* kOwnContext = "stack";

struct StackFlags : BuildFlags {
    std::string stack;  ///< folder or name
    std::vector<std::string> engines;
    std::vector<std::string> targets;
    std::vector<std::string> platforms;
    std::string flavour;
    std::vector<std::string> values;   ///< NAME=VALUE
    std::vector<std::string> sources;  ///< NAME=WHERE
    std::string context = ".";
    bool no_tag_latest = false;
    bool load = false;
    bool no_load = false;
    bool push = false;
    std::vector<std::string> cache_from;
    std::vector<std::string> cache_to;
};

/// Those that choose variants. The command takes words that it does not know: flags of parameters.
void add_stack_flags(CLI::App& command, StackFlags& flags);

/// Those of commands that build, besides those of every build.
void add_stack_build_flags(CLI::App& command, StackFlags& flags);

/// The stack's own folder, or the one of that name under ./stacks or the installed ones. "": the
/// only one under ./stacks, then "dynamo". kNotFound.
Result<stack::Stack> load_stack(const std::string& name);

struct StackPlan : BuildPlan {
    stack::Stack stack;
    std::vector<stack::Variant> variants;
    std::vector<std::vector<std::string>> tags;  ///< of each variant; full names
    stack::Sources sources;
    std::map<std::string, std::string> contexts;  ///< as --build-context takes them
    dockerfile::Dockerfile file;
    stack::Selection selection;
};

/// `rest`: words of the command line that no flag took: engines, and flags of parameters. kUsage,
/// before anything is read besides the stack. `pinned`: components must be locked.
Result<StackPlan> plan_stack(const StackFlags& flags, const std::vector<std::string>& rest,
                             bool pinned = true);

/// The names of named contexts.
std::vector<std::string> context_names(const std::map<std::string, std::string>& contexts);

/// The command line that does it, with every choice spelled out.
std::string command_line(const StackFlags& flags, const StackPlan& plan);

}  // namespace slipway::cli
