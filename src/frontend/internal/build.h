// What one call of lower() works on.
#pragma once

#include "base/pattern.h"
#include "dockerfile/lint/linter.h"
#include "frontend/dockerfile_frontend.h"
#include "frontend/internal/env_list.h"
#include "frontend/internal/stage.h"
#include "llb/builder.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::frontend {

/// Which stages are lowered.
enum class Scope { kTarget, kAllStages };

struct Build {
    const dockerfile::Dockerfile& file;
    const Request& request;
    ImageResolver& images;
    Scope scope = Scope::kTarget;

    dockerfile::lint::Linter linter = dockerfile::lint::Linter({});
    PatternList ignored = {};  ///< request.ignore_patterns
    dockerfile::lint::FileArgs file_args = {};

    Stages stages = {};
    EnvList global_args = {};  ///< platform ARGs and those before the first FROM
    std::map<std::string, std::string> build_args =
        {};                                  ///< the request's, SOURCE_DATE_EPOCH as a number
    std::optional<std::int64_t> epoch = {};  ///< seconds since 1970

    llb::Builder graph = {};
    int file_number = 0;  ///< of the Dockerfile's first file; the others follow
    std::optional<pb::ProxyEnv> proxy = {};
    llb::Ref context = {};  ///< its paths are filled in at the end
    /// Named local contexts, with the paths that are used of them.
    std::vector<std::pair<llb::Ref, std::shared_ptr<std::set<std::string>>>> local_contexts = {};

    /// Bytes that came out of the file besides the graph: values, history, what stages inherit.
    std::size_t grown = 0;
    /// By lint rules that name the variable which may have been meant.
    std::size_t names_compared = 0;

    /// kInvalidInput when file and arguments grow into more than any build can need: variables that
    /// hold each other many times over.
    [[nodiscard]] Result<void> check_size() const;
    [[nodiscard]] SourceRange range(dockerfile::Lines lines) const { return file.range(lines); }
    [[nodiscard]] llb::Place place(dockerfile::Lines lines) const {
        return {file_number + lines.file, lines.first, lines.last};
    }
    /// A word with the variables of `env`.
    [[nodiscard]] Result<std::string> expand(std::string_view word, const EnvList& env) const;
};

/// In bases.cc: what `stage` starts from, which is not another stage. When nobody needs the stage,
/// nothing is asked for.
Result<void> resolve_base(Build& build, Stage& stage, bool needed);
/// In bases.cc: takes over what the base stage has; no effect without one.
void inherit(Build& build, Stage& stage);
/// In bases.cc: the named context that stands for `name` in FROM, a stage name or --from; nothing
/// when there is none. One for the platform alone, "NAME::PLATFORM", goes first.
std::optional<std::string> find_named_context(const Build& build, const std::string& name,
                                              const image::Platform& platform);
/// In bases.cc: sets the attributes of local contexts that say which paths are used.
void set_paths(Build& build, const Stage& target);

/// In epoch.cc: the build's SOURCE_DATE_EPOCH. From here on both the build argument and the global
/// ARG, where they are set, are a number.
Result<void> set_epoch(Build& build);

pb::Platform to_pb(const image::Platform& platform);

/// In commands.cc: the stages that an instruction takes files from; unknown names become
/// unregistered stages.
Result<Command> make_command(Build& build, Stage& stage,
                             const dockerfile::Instruction& instruction);

/// In outline.cc: what `target` and the stages it needs can be given.
Outline describe(const Build& build, const Stage& target);

/// In dispatch.cc: all instructions of a stage whose needs are dispatched.
Result<void> dispatch_stage(Build& build, Stage& stage);

}  // namespace slipway::frontend
