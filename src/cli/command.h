// What every command shares: the global options, and how it reports and ends.
#pragma once

#include "base/result.h"
#include "engine/workspace.h"

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace slipway::cli {

struct Globals {
    std::string root;  ///< the store
    std::string log_file;
};

/// Set by the subcommand that was chosen; run by main. Returns the exit code.
using Action = std::function<int()>;

/// Adds one subcommand to `app`; its callback sets `action`.
void add_build_command(CLI::App& app, Globals& globals, Action& action);
void add_run_command(CLI::App& app, Globals& globals, Action& action);
void add_bootstrap_command(CLI::App& app, Globals& globals, Action& action);
void add_image_commands(CLI::App& app, Globals& globals,
                        Action& action);  ///< images inspect history tag rmi save load
/// list show params build plan render graph
void add_stack_command(CLI::App& app, Globals& globals, Action& action);
void add_prune_command(CLI::App& app, Globals& globals, Action& action);
void add_version_command(CLI::App& app, Action& action);
void add_completion_command(CLI::App& app, Globals& globals, Action& action);
void add_man_command(CLI::App& app, Action& action);

/// The exit code of an error (the table in docs/cli.md).
int exit_code_of(const Error& error);
/// "error: …" to stderr, with the excerpt when the place is in `file_text`; returns the exit code.
int report(const Error& error, std::string_view file_text = {});

/// Opens the store and does `body` with it, reporting its error.
int with_workspace(const Globals& globals, os::LockMode mode,
                   const std::function<Result<void>(engine::Workspace&)>& body);

/// Like with_workspace, in the supervised process tree that steps need, with SIGINT and SIGTERM as
/// the stop request. `body` returns the exit code.
int with_engine(const Globals& globals,
                const std::function<int(engine::Workspace&, std::stop_token)>& body);

/// A result for stdout: `text` and a line end.
void print(std::string_view text);

}  // namespace slipway::cli
