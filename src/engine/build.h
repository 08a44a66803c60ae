// The embedded engine: graphs, built on this machine.
#pragma once

#include "engine/entitlements.h"
#include "engine/secrets.h"
#include "engine/workspace.h"
#include "exec/sandbox.h"
#include "exec/ssh_agent.h"
#include "image/platform.h"
#include "llb/graph.h"
#include "progress/event.h"
#include "solver/solver.h"

#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace slipway::engine {

struct BuildOptions {
    /// NAME of `local://NAME` -> host directory.
    std::map<std::string, std::string> contexts;
    Secrets secrets;
    exec::SshSources ssh;
    Entitlements allowed;
    image::Platform platform;  ///< for image sources that do not say
    solver::Mode mode = solver::Mode::kBuild;
    unsigned max_parallel = 0;
    /// Images that cannot be had: identifier -> why. Their steps fail with that.
    std::map<std::string, Error> missing_images;
    /// As solver::SolveOptions has it.
    std::vector<solver::FailedSource>* failed_sources = nullptr;
    /// Set apart steps of different builds in cache explanations: the Dockerfile's path.
    std::string slot_prefix;
};

struct Built {
    snapshot::Snapshot snapshot;  ///< of the graph's output; empty for scratch and in a dry run
    /// How each layer of `snapshot` came to be, for the history.
    std::vector<std::string> origins;
    std::vector<solver::StepReport> reports;
};

struct BuiltAll {
    std::vector<snapshot::Snapshot> snapshots;      ///< one for each graph, as Built has it
    std::vector<std::vector<std::string>> origins;  ///< the same
    std::vector<solver::StepReport> reports;
};

/// Several graphs as one: a vertex that they share is one step. Errors as of build().
Result<BuiltAll> build_all(std::span<const llb::Graph> graphs, const BuildOptions& options,
                           Workspace& workspace, progress::Sink& sink, std::stop_token stop);

/// Before anything runs: kUnsupported for an operation that this engine cannot do yet,
/// kInvalidInput for one that the options do not allow, kResource for a platform whose programs
/// cannot run here. Else what solver::solve says.
Result<Built> build(const llb::Graph& graph, const BuildOptions& options, Workspace& workspace,
                    progress::Sink& sink, std::stop_token stop);

}  // namespace slipway::engine
