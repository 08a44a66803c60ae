#include "dockerfile/lint/stage_rules.h"

#include "base/path.h"
#include "base/text.h"
#include "dockerfile/lint/commands.h"

#include <fmt/format.h>

#include <cctype>
#include <utility>

namespace slipway::dockerfile::lint {

namespace {

std::string without_quotes(std::string_view text) {
    const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
                        text.back() == text.front();
    return std::string(quoted ? text.substr(1, text.size() - 2) : text);
}

bool is_boolean_word(std::string_view text) {
    static constexpr std::array<std::string_view, 6> kWords = {"true", "false", "yes",
                                                               "no",   "on",    "off"};
    return is_one_of(to_lower(text), kWords);
}

bool is_digit_word(std::string_view text) {
    return text == "0" || text == "1";
}

bool has_boolean_name(std::string_view name) {
    const std::string lower = to_lower(name);
    for (const std::string_view begin :
         {"enable_", "disable_", "skip_", "use_", "with_", "is_", "has_"}) {
        if (lower.starts_with(begin)) return true;
    }
    for (const std::string_view end : {"_enabled", "_enable", "_disabled", "_disable"}) {
        if (lower.ends_with(end)) return true;
    }
    return false;
}

/// "1.2.3", "v20240601", a commit's digest: somebody pins it and changes it on purpose.
bool is_pinned_value(std::string_view value) {
    if (value.starts_with('v')) value.remove_prefix(1);
    const auto is_hex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
    if (value.size() >= 7 && std::ranges::all_of(value, is_hex)) return true;
    return !value.empty() && std::isdigit(static_cast<unsigned char>(value[0])) != 0 &&
           !value.starts_with("0.0.0") && value != "0";
}

/// Names that build systems give to what is another one with every commit or build.
bool is_volatile_name(std::string_view name) {
    static constexpr std::array<std::string_view, 34> kNames = {"git_sha",
                                                                "git_commit",
                                                                "git_commit_sha",
                                                                "git_hash",
                                                                "git_rev",
                                                                "git_revision",
                                                                "git_describe",
                                                                "git_commit_hash",
                                                                "commit",
                                                                "commit_sha",
                                                                "commit_hash",
                                                                "commit_id",
                                                                "sha",
                                                                "revision",
                                                                "vcs_ref",
                                                                "vcs_revision",
                                                                "source_commit",
                                                                "build_date",
                                                                "build_time",
                                                                "build_timestamp",
                                                                "build_number",
                                                                "build_id",
                                                                "build_version",
                                                                "app_version",
                                                                "release_version",
                                                                "ci_commit_sha",
                                                                "ci_pipeline_id",
                                                                "ci_commit_short_sha",
                                                                "github_sha",
                                                                "github_run_id",
                                                                "buildkite_commit",
                                                                "timestamp",
                                                                "version",
                                                                "date"};
    static constexpr std::array<std::string_view, 7> kEnds = {
        "_commit_sha", "_git_sha",      "_git_commit", "_build_date",
        "_build_time", "_build_number", "_build_id"};
    const std::string lower = to_lower(name);
    return is_one_of(lower, kNames) ||
           std::ranges::any_of(kEnds, [&](std::string_view end) { return lower.ends_with(end); });
}

/// Does the command fetch packages or files, and not build what the ARG may be stamped into?
bool is_expensive(std::span<const ShellWord> words) {
    static constexpr std::array<std::string_view, 12> kInstallers = {
        "apt",    "apt-get", "dnf",   "yum", "microdnf", "apk",
        "zypper", "conda",   "mamba", "npm", "yarn",     "pnpm"};
    static constexpr std::array<std::string_view, 4> kInstall = {"install", "add", "ci", "i"};
    const std::string program = program_name(words);
    const std::string sub = subcommand(words);
    if (is_one_of(program, kInstallers)) return is_one_of(sub, kInstall) || program == "yarn";
    if (program == "curl" || program == "wget" || program == "rustup") return true;
    if (program == "git") return sub == "clone";
    if (program == "cargo" || program == "go") return sub == "install" || sub == "fetch";
    const bool pip = program.starts_with("pip") || program == "uv" ||
                     (program.starts_with("python") && has_word(words, "pip"));
    if (!pip || !has_word(words, "install")) return false;
    // an installation of the project itself may take the version from its environment
    return std::ranges::none_of(words, [](const ShellWord& word) {
        return word.text.starts_with('.') || word.text == "-e" || word.text == "--editable" ||
               word.text.starts_with('/') || word.text.ends_with(".whl");
    });
}

/// "${NAME:+…" of a Dockerfile's own words.
std::vector<VariableRead> presence_tests(std::string_view word) {
    std::vector<VariableRead> reads;
    for (std::size_t at = word.find("${"); at != word.npos; at = word.find("${", at + 2)) {
        if (at > 0 && word[at - 1] == '\\') continue;
        const std::size_t begin = at + 2;
        std::size_t end = begin;
        while (end < word.size() &&
               (std::isalnum(static_cast<unsigned char>(word[end])) != 0 || word[end] == '_'))
            ++end;
        const std::size_t op = end;
        if (end < word.size() && word[end] == ':') ++end;
        if (end >= word.size() || word[end] != '+') continue;
        const std::string name(word.substr(begin, op - begin));
        const std::string_view rest = word.substr(end, word.find('}', end) - end);
        reads.push_back(
            {name, std::string(word.substr(op, end + 1 - op)),
             rest.find("$" + name) != rest.npos || rest.find("${" + name) != rest.npos});
    }
    return reads;
}

bool names_ninja(std::string_view text) {
    return text.find("Ninja") != text.npos || text.find("ninja") != text.npos;
}

/// The absolute path that a word is, or names as a prefix of an installation; "".
std::string path_in(const ShellWord& word) {
    if (!word.is_known()) return "";
    std::string_view text = word.text;
    const auto option = split_once(text, '=');
    if (option && to_lower(option->first).ends_with("prefix")) text = option->second;
    if (text.size() < 2 || !text.starts_with('/') || text.starts_with("/dev/") ||
        text.starts_with("/proc/"))
        return "";
    return clean_path(text);
}

/// Programs that leave the content of the paths they are given alone.
bool writes_nothing(std::string_view program) {
    static constexpr std::array<std::string_view, 30> kHarmless = {
        "chown", "chmod", "chgrp",   "ls",       "test",    "[",        "cd",      "echo",
        "rm",    "mkdir", "useradd", "groupadd", "adduser", "addgroup", "usermod", "groupmod",
        "set",   "true",  "id",      "getent",   "export",  "stat",     "cat",     "find",
        "which", "umask", "pwd",     "printenv", "du",      "rmdir"};
    return is_one_of(program, kHarmless);
}

/// Directories that no base image leaves empty.
bool is_full_in_base_image(std::string_view path) {
    static constexpr std::array<std::string_view, 8> kFull = {
        "/usr", "/usr/bin", "/usr/lib", "/usr/share", "/etc", "/lib", "/bin", "/sbin"};
    return is_one_of(path, kFull);
}

bool changes_recursively(std::string_view program, std::span<const ShellWord> words) {
    if (program != "chown" && program != "chmod" && program != "chgrp") return false;
    return std::ranges::any_of(words, [](const ShellWord& word) {
        return word.text == "--recursive" || has_short_flag(word.text, 'R');
    });
}

bool is_in_mount(const std::string& path, const Moment& moment, const RunFacts& facts) {
    return std::ranges::any_of(facts.mounts, [&](const Mount& mount) {
        return !mount.target.empty() && is_below(path, join_path(moment.working_dir, mount.target));
    });
}

}  // namespace

FileArgs collect_args(const Dockerfile& file) {
    FileArgs args;
    const auto add = [&args](const Instruction& instruction, bool global) {
        const auto* arg = std::get_if<Arg>(&instruction.body);
        if (arg == nullptr) return;
        for (const Arg::Item& item : arg->items) {
            args.names.insert(item.name);
            if (global && item.value) args.global_defaults.insert_or_assign(item.name, *item.value);
        }
    };
    for (const Instruction& instruction : file.meta_args) add(instruction, true);
    for (const Stage& stage : file.stages) {
        for (const Instruction& instruction : stage.instructions) add(instruction, false);
    }
    return args;
}

void StageRules::check(const Moment& moment, const FileArgs& args, Linter& linter) {
    const Body& body = moment.instruction.body;
    if (const auto* arg = std::get_if<Arg>(&body)) {
        see_arg(moment, *arg, args);
        for (const Arg::Item& item : arg->items)
            check_presence_tests(moment, presence_tests(item.value.value_or("")), linter);
    } else if (const auto* env = std::get_if<Env>(&body)) {
        see_env(moment, *env, linter);
    } else if (const auto* label = std::get_if<Label>(&body)) {
        for (const KeyValue& item : label->items)
            check_presence_tests(moment, presence_tests(item.value), linter);
    } else if (const auto* copy = std::get_if<Copy>(&body)) {
        see_copy(moment, *copy);
    } else if (const auto* run = std::get_if<Run>(&body)) {
        see_run(moment, *run, args, linter);
    }
}

const StageRules::DeclaredArg* StageRules::find_arg(std::string_view name) const {
    for (const StageRules* stage = this; stage != nullptr; stage = stage->base_) {
        if (stage->overridden_.contains(name)) return nullptr;
        const auto found = stage->args_.find(name);
        if (found != stage->args_.end()) return &found->second;
    }
    return nullptr;
}

namespace {

template <typename Stage, typename Find>
std::optional<int> find_in_chain(const Stage* stage, Find find) {
    for (; stage != nullptr; stage = stage->base()) {
        if (const int* const line = find(*stage)) return *line;
    }
    return std::nullopt;
}

}  // namespace

std::optional<int> StageRules::find_copied(std::string_view path) const {
    return find_in_chain(
        this, [path](const StageRules& stage) { return stage.copied_.find_at_or_below(path); });
}
std::optional<int> StageRules::find_copied_above(std::string_view path) const {
    return find_in_chain(
        this, [path](const StageRules& stage) { return stage.copied_.find_at_or_above(path); });
}
std::optional<int> StageRules::find_written(std::string_view path) const {
    return find_in_chain(
        this, [path](const StageRules& stage) { return stage.written_.find_at_or_below(path); });
}

void StageRules::see_arg(const Moment& moment, const Arg& arg, const FileArgs& args) {
    for (const Arg::Item& item : arg.items) {
        DeclaredArg declared{.default_value = item.value.value_or(""),
                             .has_default = item.value.has_value(),
                             .lines = moment.instruction.lines,
                             .comments = moment.instruction.comments};
        if (!item.value) {
            const auto global = args.global_defaults.find(item.name);
            if (global != args.global_defaults.end()) {
                declared.default_value = global->second;
                declared.has_default = true;
            }
        }
        declared.default_value = without_quotes(declared.default_value);
        const bool known = std::ranges::find(volatile_, item.name) != volatile_.end();
        if (!known && is_volatile_name(item.name) && !is_pinned_value(declared.default_value))
            volatile_.push_back(item.name);
        overridden_.erase(item.name);
        args_.insert_or_assign(item.name, std::move(declared));
    }
}

void StageRules::see_env(const Moment& moment, const Env& env, Linter& linter) {
    check_make_flags(moment, env, linter);
    for (const KeyValue& item : env.items) {
        check_presence_tests(moment, presence_tests(item.value), linter);
        overridden_.insert(item.key);
        if (item.key == "CMAKE_GENERATOR" && names_ninja(item.value)) ninja_ = true;
    }
}

void StageRules::see_copy(const Moment& moment, const Copy& copy) {
    const auto dest = expand_word(copy.dest, moment.variables, moment.escape);
    if (!dest || !dest->unset.empty() || dest->text.empty()) return;
    std::string path = join_path(moment.working_dir, dest->text);
    // What `COPY dir /` writes is not known from its destination.
    if (path == "/") return;
    copied_.set(std::move(path), moment.instruction.lines.first);
}

void StageRules::see_run(const Moment& moment, const Run& run, const FileArgs& args,
                         Linter& linter) {
    RunFacts facts{
        .run = run, .script = read_script(run, moment.shell, moment.variables), .mounts = {}};
    for (const std::string& text : run.mounts) {
        auto mount = parse_mount(text, [&](std::string_view value) -> Result<std::string> {
            SLIPWAY_ASSIGN(Expanded expanded, expand_word(value, moment.variables, moment.escape));
            return std::move(expanded.text);
        });
        if (mount) facts.mounts.push_back(*std::move(mount));
    }
    ninja_ = ninja_ || names_ninja(run.command.shell) ||
             std::ranges::any_of(run.heredocs,
                                 [](const Heredoc& heredoc) { return names_ninja(heredoc.body); });
    if (!facts.script) return;
    check_undeclared(moment, facts, args, linter);
    check_presence_tests(moment, facts.script->reads, linter);
    check_cache_mounts(moment, facts, linter);
    check_jobs(moment, facts, ninja_, linter);
    check_recursive_changes(moment, facts, linter);
    check_volatile_args(moment, facts, linter);
    check_downloads(moment, facts, linter);
    for (const ShellCommand& command : facts.script->commands) {
        const auto words = without_wrappers(command);
        const std::string program = program_name(words);
        if (program.empty() || writes_nothing(program)) continue;
        for (const ShellWord& word : words.subspan(1)) {
            const std::string path = path_in(word);
            if (!path.empty()) written_.set(path, moment.instruction.lines.first);
        }
    }
}

void StageRules::check_presence_tests(const Moment& moment, std::span<const VariableRead> reads,
                                      Linter& linter) {
    std::set<std::string_view> reported;
    for (const VariableRead& read : reads) {
        if ((read.op != ":+" && read.op != "+") || read.uses_itself) continue;
        const DeclaredArg* const arg = find_arg(read.name);
        if (arg == nullptr || !reported.insert(read.name).second) continue;
        const bool boolean_name = has_boolean_name(read.name);
        const bool boolean_value = is_boolean_word(arg->default_value) ||
                                   (boolean_name && is_digit_word(arg->default_value));
        if (!boolean_value && !(boolean_name && arg->default_value.empty())) continue;
        linter.report(Rule::kBooleanArgPresenceTest, moment.instruction.lines,
                      fmt::format("'${{{}{}…}}' is switched on by 'false' and '0' as well: compare "
                                  "the value with 'true'",
                                  read.name, read.op),
                      moment.instruction.comments);
    }
}

void StageRules::check_undeclared(const Moment& moment, const RunFacts& facts, const FileArgs& args,
                                  Linter& linter) const {
    if (facts.script->sources_others) return;
    static constexpr std::array<std::string_view, 11> kPlatform = {
        "TARGETPLATFORM", "TARGETOS",        "TARGETARCH",    "TARGETVARIANT",
        "TARGETSTAGE",    "BUILDPLATFORM",   "BUILDOS",       "BUILDARCH",
        "BUILDVARIANT",   "TARGETOSVERSION", "BUILDOSVERSION"};
    std::set<std::string_view> reported;
    for (const VariableRead& read : facts.script->reads) {
        const bool has_fallback = read.op == "-" || read.op == ":-" || read.op == "=" ||
                                  read.op == ":=" || read.op == "?" || read.op == ":?";
        if (has_fallback || !(args.names.contains(read.name) || is_one_of(read.name, kPlatform)))
            continue;
        if (facts.script->assigned.contains(read.name) || moment.variables(read.name) ||
            find_arg(read.name) != nullptr)
            continue;
        const bool is_secret = std::ranges::any_of(
            facts.mounts, [&](const Mount& mount) { return mount.env == read.name; });
        if (is_secret || !reported.insert(read.name).second) continue;
        linter.report(Rule::kUndeclaredArgInRun, moment.instruction.lines,
                      fmt::format("'${0}' is empty here: the stage has no 'ARG {0}'", read.name),
                      moment.instruction.comments);
    }
}

void StageRules::check_volatile_args(const Moment& moment, const RunFacts& facts, Linter& linter) {
    const Script& script = *facts.script;
    const bool expensive = std::ranges::any_of(script.commands, [](const ShellCommand& command) {
        return is_expensive(without_wrappers(command));
    });
    if (!expensive) return;
    const auto is_read = [&script](std::string_view name) {
        return std::ranges::any_of(script.reads,
                                   [name](const VariableRead& read) { return read.name == name; });
    };
    for (StageRules* stage = this; stage != nullptr; stage = stage->base_) {
        std::erase_if(stage->volatile_, [&](const std::string& name) {
            if (is_read(name)) return false;
            const DeclaredArg& arg = stage->args_.at(name);
            linter.report(Rule::kVolatileArgTooEarly, arg.lines,
                          fmt::format("a new value of '{}' makes line {} run again, which does not "
                                      "use it: declare it further down",
                                      name, moment.instruction.lines.first),
                          arg.comments);
            return true;
        });
    }
}

/// What a script has done to paths before a chown or chmod in it.
class StageRules::PathsInScript {
  public:
    explicit PathsInScript(const Moment& moment) : moment_(moment) {}

    /// Absolute; nothing when only the shell knows.
    [[nodiscard]] std::optional<std::string> resolve(const ShellWord& word) const {
        if (!word.is_known() || word.text.empty()) return std::nullopt;
        if (moved_ && !word.text.starts_with('/')) return std::nullopt;
        return join_path(moment_.working_dir, word.text);
    }
    void see(const std::string& program, std::span<const ShellWord> words) {
        if (program == "cd" || program == "pushd" || program == "popd") moved_ = true;
        const bool writes = program.empty() ? !words.empty() : !writes_nothing(program);
        if (!writes && program != "mkdir") return;
        wrote_ = wrote_ || writes;
        for (const ShellWord& word : words.subspan(1)) {
            if (word.text.starts_with('-')) continue;
            if (const auto path = resolve(word)) named_.set(*path, true);
        }
    }
    /// May something in the script have made `path`?
    [[nodiscard]] bool may_have_made(const std::string& path) const {
        return wrote_ || has_named(path);
    }
    [[nodiscard]] bool has_named(const std::string& path) const {
        return named_.find_at_or_above(path) != nullptr || named_.find_at_or_below(path) != nullptr;
    }

  private:
    const Moment& moment_;
    bool moved_ = false;
    bool wrote_ = false;
    PathMap<bool> named_;
};

void StageRules::check_recursive_changes(const Moment& moment, const RunFacts& facts,
                                         Linter& linter) const {
    PathsInScript before(moment);
    for (const ShellCommand& command : facts.script->commands) {
        const auto words = without_wrappers(command);
        const std::string program = program_name(words);
        if (!changes_recursively(program, words)) {
            before.see(program, words);
            continue;
        }
        std::size_t operands = 0;
        for (const ShellWord& word : words.subspan(1)) {
            if (word.text.starts_with('-') || operands++ == 0) continue;
            const auto path = before.resolve(word);
            if (!path || *path == "/" || is_in_mount(*path, moment, facts)) continue;
            const std::string origin = origin_of(*path, before);
            if (origin.empty()) continue;
            linter.report(Rule::kRecursiveChangeDuplicatesFiles, moment.instruction.lines,
                          fmt::format("{} -R stores the files of '{}' a second time: {}", program,
                                      *path, origin),
                          moment.instruction.comments);
            return;
        }
    }
}

std::string StageRules::origin_of(const std::string& path, const PathsInScript& before) const {
    if (const auto line = find_copied(path))
        return fmt::format("line {} copied them, with --chown and --chmod if told so", *line);
    if (const auto line = find_written(path); line && !before.has_named(path))
        return fmt::format("line {} wrote them, change them there", *line);
    if (before.may_have_made(path)) return "";
    if (const auto line = find_copied_above(path))
        return fmt::format("line {} copied them, with --chown and --chmod if told so", *line);
    return is_full_in_base_image(path) ? "they are in the base image" : "";
}

}  // namespace slipway::dockerfile::lint
