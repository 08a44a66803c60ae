// What every kind of step needs from the build it belongs to.
#pragma once

#include "engine/build.h"
#include "engine/context_source.h"
#include "exec/sandbox.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace slipway::engine {

/// One build. Shared by its steps; any thread.
struct BuildContext {
    Workspace& workspace;
    const BuildOptions& options;
    progress::Sink& sink;
    std::string scratch_dir;  ///< of this build, on the store's file system: mount points
    std::optional<exec::Runtime> runtime;  ///< there when the graph has a process to run
    exec::SshAgents ssh;                   ///< started when a process asks for one
    exec::CdiRegistry devices;             ///< loaded when a process asks for one
};

/// One input of a step, as far as it is known before anything is built.
struct StepInput {
    std::string name;                        ///< of the step that makes it, for explanations
    std::shared_ptr<ContextSource> context;  ///< set when it is a local directory
};

/// Is there no input whose content is known only after it was built? Then the definition key says
/// it all, and there is no content key.
bool only_contexts(const std::vector<StepInput>& inputs);

std::unique_ptr<solver::Step> make_image_step(BuildContext& build, const llb::Vertex& vertex,
                                              const image::Platform& platform);
std::unique_ptr<solver::Step> make_context_step();
std::unique_ptr<solver::Step> make_exec_step(BuildContext& build, const llb::Vertex& vertex,
                                             std::vector<StepInput> inputs);
std::unique_ptr<solver::Step> make_file_step(BuildContext& build, const llb::Vertex& vertex,
                                             std::vector<StepInput> inputs);
std::unique_ptr<solver::Step> make_merge_step(BuildContext& build, std::vector<StepInput> inputs);

/// The kUnsupported error for an op of the graph that this engine cannot do, if it cannot.
Result<void> check_supported(const llb::Vertex& vertex);

/// Base of the steps whose results are snapshots.
class SnapshotStep : public solver::Step {
  public:
    explicit SnapshotStep(BuildContext& build) : build_(build) {}
    [[nodiscard]] bool usable(std::span<const solver::Output> outputs) const override;

  protected:
    BuildContext& build_;
};

/// Adds the digest of what `selections` take from a context, with the single files where that helps
/// to explain.
Result<void> add_context_ingredients(ContextSource& context,
                                     const std::vector<snapshot::Selection>& selections,
                                     std::vector<solver::Ingredient>& ingredients,
                                     std::stop_token stop);

}  // namespace slipway::engine
