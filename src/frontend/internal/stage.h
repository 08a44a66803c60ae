// The stages of one build while they are lowered, and their look-up.
#pragma once

#include "dockerfile/ast.h"
#include "dockerfile/lint/stage_rules.h"
#include "frontend/internal/env_list.h"
#include "image/config.h"
#include "llb/builder.h"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::frontend {

struct Stage;

/// An instruction with the stages that it takes files from: of a COPY its --from, of a RUN one for
/// each --mount.
struct Command {
    const dockerfile::Instruction* instruction = nullptr;
    std::vector<Stage*> sources = {};
    bool from_trigger = false;  ///< was an ONBUILD
};

/// What steps of a stage run in.
struct State {
    llb::Ref files;
    EnvList env;  ///< ENV and ARG together: the last one set wins
    std::string working_dir = "/";
    std::string user;
};

/// A secret or ssh agent that a stage asks for.
struct AskedFor {
    bool required = false;
    dockerfile::Lines lines;  ///< of the first RUN that does
};

/// What lint rules and the outline remember of a stage's instructions so far.
struct SeenInstructions {
    bool workdir = false;  ///< here or in a base stage
    std::optional<dockerfile::Lines> cmd = {};
    std::optional<dockerfile::Lines> entrypoint = {};
    std::optional<dockerfile::Lines> healthcheck = {};
    dockerfile::lint::StageRules rules = {};
    std::map<std::string, AskedFor> secrets = {};  ///< by ID
    std::map<std::string, AskedFor> agents = {};
};

/// A stage of the file, or something used like one: the image of a COPY --from, the nothing of a
/// mount without `from`.
struct Stage {
    std::string name;          ///< lower case; "" when not named
    std::string display_name;  ///< in step names; "" when there is only one stage
    std::string base_name;     ///< of FROM, expanded
    std::string original;      ///< the FROM line
    std::optional<dockerfile::Lines> lines;
    image::Platform platform;   ///< FROM's, else the build's
    bool unregistered = false;  ///< not of the file
    bool placed = true;         ///< its lines are told in the graph, too

    Stage* base = nullptr;                                    ///< an earlier stage that FROM names
    std::vector<std::pair<Stage*, dockerfile::Lines>> needs;  ///< besides `base`
    std::optional<std::string> replacement;  ///< the named context that stands for this stage

    std::vector<Command> commands;
    std::deque<dockerfile::Instruction> triggers;  ///< what commands from ONBUILD point to

    bool resolved = false;        ///< the base image was asked for
    bool dispatched = false;      ///< `state` is final
    bool triggers_taken = false;  ///< the ONBUILD lines of `base` were
    bool ignore_cache = false;

    State state;
    image::ImageConfig image;
    std::optional<image::ImageConfig> base_image;
    /// Every ARG seen so far, those of base stages too, for the history.
    std::vector<std::pair<std::string, std::optional<std::string>>> args;
    bool cmd_set = false;
    /// Where each variable of `image` stands in its list; filled when the stage is dispatched.
    std::map<std::string, std::size_t, std::less<>> env_places;
    SeenInstructions lint;

    std::set<std::string> context_paths;  ///< used of the build context
    /// Used of this stage's own files; shared with the stages based on it.
    std::shared_ptr<std::set<std::string>> paths = std::make_shared<std::set<std::string>>();

    int step = 0;   ///< of the last step named
    int steps = 0;  ///< as step names count them
};

class Stages {
  public:
    /// Links it to the stage that its base name means, if there is one.
    Stage& add(Stage stage);
    /// Whatever the case of the letters; null when there is none.
    [[nodiscard]] Stage* find(std::string_view name) const;
    /// By position, as COPY --from=0 means it.
    [[nodiscard]] Stage* at(std::size_t position) const;
    [[nodiscard]] const std::vector<std::unique_ptr<Stage>>& all() const { return stages_; }
    /// "did you mean 'build' (line 2)?"; "" when no name is near. Only stages that begin above
    /// `before` are thought of, if it is given.
    [[nodiscard]] std::string hint_for(const dockerfile::Dockerfile& file, std::string_view name,
                                       std::optional<dockerfile::Lines> before = {}) const;

  private:
    std::vector<std::unique_ptr<Stage>> stages_;
    std::map<std::string, Stage*, std::less<>> by_name_;
};

/// All that `target` needs, itself included, in no particular order.
std::set<const Stage*> reachable_from(const Stage& target);
/// kInvalidInput when stages need each other in a circle.
Result<void> check_no_circle(const Stages& stages, const dockerfile::Dockerfile& file);

/// "[build 2/5] RUN make": counts one step on.
std::string next_step_name(Stage& stage, std::string_view text, bool from_trigger);
/// The same step again, for a second vertex of it.
std::string same_step_name(const Stage& stage, std::string_view text, bool from_trigger);

}  // namespace slipway::frontend
