// Our own rules: what goes wrong, or slow, in the steps of a stage. They are shown the instructions
// one by one, with what is known when each runs, and remember what later ones need.
#pragma once

#include "dockerfile/ast.h"
#include "dockerfile/lint/linter.h"
#include "dockerfile/lint/path_set.h"
#include "dockerfile/lint/shell.h"
#include "dockerfile/words.h"

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile::lint {

/// The ARGs of a whole file.
struct FileArgs {
    std::set<std::string, std::less<>> names;  ///< of any stage, and before the first FROM
    /// Of those before the first FROM, as written.
    std::map<std::string, std::string, std::less<>> global_defaults;
};
FileArgs collect_args(const Dockerfile& file);

/// What holds when an instruction begins.
struct Moment {
    const Instruction& instruction;
    Lookup variables;  ///< ENV and ARG with a value, the base image's too
    std::string working_dir;
    std::string user;
    std::span<const std::string> shell;  ///< empty: the default
    char escape = '\\';
};

/// A RUN as the rules see it.
struct RunFacts {
    const Run& run;
    std::optional<Script> script;
    std::vector<Mount> mounts;  ///< those that can be read
};

class StageRules {
  public:
    /// Of the stage that FROM names; it must outlive this one.
    void inherit(StageRules& base) {
        base_ = &base;
        ninja_ = base.ninja_;
    }

    /// The next instruction of the stage.
    void check(const Moment& moment, const FileArgs& args, Linter& linter);

    [[nodiscard]] const StageRules* base() const { return base_; }

  private:
    struct DeclaredArg {
        std::string default_value;  ///< as written; "" without one
        bool has_default = false;
        Lines lines;
        std::vector<std::string> comments;
    };
    void see_arg(const Moment& moment, const Arg& arg, const FileArgs& args);
    void see_env(const Moment& moment, const Env& env, Linter& linter);
    void see_copy(const Moment& moment, const Copy& copy);
    void see_run(const Moment& moment, const Run& run, const FileArgs& args, Linter& linter);

    void check_presence_tests(const Moment& moment, std::span<const VariableRead> reads,
                              Linter& linter);
    void check_undeclared(const Moment& moment, const RunFacts& facts, const FileArgs& args,
                          Linter& linter) const;
    void check_volatile_args(const Moment& moment, const RunFacts& facts, Linter& linter);
    void check_recursive_changes(const Moment& moment, const RunFacts& facts, Linter& linter) const;

    class PathsInScript;
    /// Whence the files at `path` came, if a layer before this one has them; "" when that is not
    /// certain.
    [[nodiscard]] std::string origin_of(const std::string& path, const PathsInScript& before) const;

    [[nodiscard]] const DeclaredArg* find_arg(std::string_view name) const;
    /// The line of the instruction that wrote files at `path`, below it, or (copied) above it.
    [[nodiscard]] std::optional<int> find_copied(std::string_view path) const;
    [[nodiscard]] std::optional<int> find_copied_above(std::string_view path) const;
    [[nodiscard]] std::optional<int> find_written(std::string_view path) const;

    StageRules* base_ = nullptr;
    std::map<std::string, DeclaredArg, std::less<>> args_;
    std::set<std::string, std::less<>> overridden_;  ///< ARGs that an ENV took the place of
    std::vector<std::string> volatile_;              ///< ARGs that no finding has named yet
    PathMap<int> copied_;   ///< destinations of COPY and ADD, with the line
    PathMap<int> written_;  ///< paths that programs of a RUN were given
    bool ninja_ = false;    ///< cmake --build means ninja
};

/// The rules that look at one RUN alone.
void check_downloads(const Moment& moment, const RunFacts& facts, Linter& linter);
void check_cache_mounts(const Moment& moment, const RunFacts& facts, Linter& linter);
/// `uses_ninja`: cmake --build means ninja, which bounds itself.
void check_jobs(const Moment& moment, const RunFacts& facts, bool uses_ninja, Linter& linter);
void check_make_flags(const Moment& moment, const Env& env, Linter& linter);

}  // namespace slipway::dockerfile::lint
