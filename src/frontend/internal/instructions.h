// The instructions that make vertices, and what all instructions share.
#pragma once

#include "frontend/internal/build.h"

#include <string>
#include <string_view>

namespace slipway::frontend {

enum class Layer { kNone, kOne };

/// One instruction of one stage on its way into the graph.
struct Step {
    Build& build;
    Stage& stage;
    const Command& command;

    [[nodiscard]] const dockerfile::Instruction& instruction() const {
        return *command.instruction;
    }
    /// As written, but for blanks around it.
    [[nodiscard]] std::string original() const;
    /// A word with the variables of the stage.
    [[nodiscard]] Result<std::string> expand(std::string_view word) const {
        return build.expand(word, stage.state.env);
    }
    void add_history(std::string created_by, Layer layer) const;
    /// The instruction as written, variables filled in where that works, its keyword in capitals.
    [[nodiscard]] std::string shown() const;
    /// The name of the next step and the lines it comes from.
    [[nodiscard]] llb::About about_next(std::string_view text) const;
};

Result<void> lower_run(const Step& step, const dockerfile::Run& run);
Result<void> lower_copy(const Step& step, const dockerfile::Copy& copy);
Result<void> lower_workdir(const Step& step, const dockerfile::Workdir& workdir);

/// "run make" becomes "RUN make".
std::string with_keyword_in_capitals(std::string_view text);

/// The command that runs `command`: through the stage's shell, unless it is in exec form.
std::vector<std::string> with_shell(const Stage& stage, const dockerfile::CommandLine& command);

/// A vertex that holds one file, `name` in its root.
llb::Ref inline_file(Build& build, const std::string& name, const std::string& data,
                     std::int32_t mode);

}  // namespace slipway::frontend
