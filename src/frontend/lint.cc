#include "frontend/internal/lint.h"

#include "base/path.h"
#include "base/pattern.h"
#include "base/text.h"
#include "dockerfile/lint/secret_name.h"
#include "frontend/internal/add_remote.h"
#include "frontend/internal/values.h"
#include "image/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <variant>

namespace slipway::frontend {
namespace {

namespace lint = dockerfile::lint;
using lint::Rule;

/// More than that is no Dockerfile to give advice on.
constexpr std::size_t kMostDefaults = std::size_t{16} << 20U;
constexpr std::size_t kMostCompared = std::size_t{1} << 15U;

/// " (did you mean v?)", or "". `known` returns the `count` names that there are.
template <typename Known>
std::string did_you_mean(Build& build, std::string_view name, std::size_t count, const Known& known,
                         std::string_view mark) {
    build.names_compared += count;
    if (build.names_compared > kMostCompared) return "";
    const auto nearest = find_nearest(name, known());
    return nearest ? fmt::format(" (did you mean {}{}?)", mark, *nearest) : "";
}

/// The ARGs before the first FROM as they are without any build argument; nothing when one of them
/// cannot be expanded.
std::optional<EnvList> default_args(const Build& build) {
    EnvList args = build.global_args;
    for (const dockerfile::Instruction& instruction : build.file.meta_args) {
        for (const dockerfile::Arg::Item& item :
             std::get<dockerfile::Arg>(instruction.body).items) {
            if (!item.value) continue;
            const auto value = build.expand(*item.value, args);
            if (!value) return std::nullopt;
            args.set(item.name, *value);
            if (args.size() > kMostDefaults) return std::nullopt;
        }
    }
    return args;
}

/// A path of the context that its ignore file leaves out for certain: exceptions are not thought
/// through.
bool is_ignored(const PatternList& ignored, std::span<const std::string> patterns,
                const std::string& path) {
    if (ignored.empty() || ignored.has_exceptions()) return false;
    if (path == "." || path == "/") {
        return std::ranges::any_of(patterns, [](const std::string& pattern) {
            return pattern == "*" || pattern == "**" || pattern == "**/*";
        });
    }
    return ignored.matches(path);
}

/// Visits the body of an instruction.
class InstructionLint {
  public:
    explicit InstructionLint(const Step& step)
        : step_(step), instruction_(step.instruction()), seen_(step.stage.lint) {}

    void operator()(const dockerfile::Arg& arg) const {
        for (const dockerfile::Arg::Item& item : arg.items) {
            check_secret("ARG", item.name);
            if (item.value && !step_.build.build_args.contains(item.name)) expand(*item.value);
        }
    }
    void operator()(const dockerfile::Env& env) const {
        for (const auto& [key, value] : env.items) {
            const std::string name = expand(key);
            expand(value);
            if (env.legacy) report_legacy();
            check_secret("ENV", name);
        }
    }
    void operator()(const dockerfile::Label& label) const {
        for (const auto& [key, value] : label.items) {
            expand(key);
            expand(value);
            if (label.legacy) report_legacy();
        }
    }
    void operator()(const dockerfile::Run& run) const {
        for (const std::string& mount : run.mounts) {
            const auto parsed = dockerfile::parse_mount(mount, [this](std::string_view value) {
                return Result<std::string>(expand(value));
            });
            if (parsed) note_mount(*parsed);  // what is wrong with it is told when it is lowered
        }
    }
    void operator()(const dockerfile::Copy& copy) const {
        for (const std::string* word : {&copy.chown, &copy.chmod, &copy.checksum}) expand(*word);
        std::vector<std::string> sources;
        for (const std::string& source : copy.sources) sources.push_back(expand(source));
        expand(copy.dest);
        for (const dockerfile::Heredoc& heredoc : copy.heredocs) {
            if (heredoc.expand) expand(heredoc.body, dockerfile::Quotes::kKeepRaw);
        }
        if (!copy.from.empty()) return;
        for (const std::string& source : sources) {
            if (is_remote_source(source)) continue;
            const std::string path = clean_path(source);
            if (is_ignored(step_.build.ignored, step_.build.request.ignore_patterns, path)) {
                report(Rule::kCopyIgnoredFile,
                       fmt::format("{} of '{}', which the ignore file excludes",
                                   copy.is_add ? "ADD" : "COPY", path));
            }
        }
    }
    void operator()(const dockerfile::Workdir& workdir) const {
        const std::string path = expand(workdir.path);
        if (!std::exchange(seen_.workdir, true) && !path.starts_with('/')) {
            report(Rule::kWorkdirRelativePath,
                   fmt::format("relative workdir '{}' depends on the base image", path));
        }
    }
    void operator()(const dockerfile::User& user) const { expand(user.user); }
    void operator()(const dockerfile::Volume& volume) const {
        for (const std::string& path : volume.paths) expand(path);
    }
    void operator()(const dockerfile::StopSignal& stop) const { expand(stop.signal); }
    void operator()(const dockerfile::Cmd& cmd) const {
        check_once(seen_.cmd);
        check_form(cmd.command);
    }
    void operator()(const dockerfile::Entrypoint& entrypoint) const {
        check_once(seen_.entrypoint);
        check_form(entrypoint.command);
    }
    void operator()(const dockerfile::Healthcheck& /*check*/) const {
        check_once(seen_.healthcheck);
    }
    void operator()(const dockerfile::Expose& expose) const {
        for (const std::string& words : expose.ports) {
            const auto ports = dockerfile::expand_words(words, step_.stage.state.env.lookup(),
                                                        step_.build.file.escape);
            if (!ports) return;
            for (const std::string& port : *ports) check_port(port);
        }
    }
    template <typename Other>
    void operator()(const Other& /*has no rule*/) const {}

  private:
    void report(Rule rule, std::string message) const {
        report(rule, instruction_.lines, std::move(message));
    }
    void report(Rule rule, dockerfile::Lines lines, std::string message) const {
        step_.build.linter.report(rule, lines, std::move(message), instruction_.comments);
    }
    void note_mount(const dockerfile::Mount& mount) const {
        const AskedFor asked{mount.required, instruction_.lines};
        if (mount.type == dockerfile::Mount::Type::kSecret) {
            const std::string& id = !mount.source.empty() ? mount.source : mount.id;
            seen_.secrets.emplace(id.empty() ? std::string(base_name(mount.target)) : id, asked);
        } else if (mount.type == dockerfile::Mount::Type::kSsh) {
            seen_.agents.emplace(mount.id.empty() ? "default" : mount.id, asked);
        }
    }
    [[nodiscard]] std::string keyword() const {
        const std::string text = step_.original();
        return text.substr(0, text.find_first_of(" \t"));
    }

    /// The word's value; reports the variables that nothing has set. "" when it cannot be expanded:
    /// lowering tells why.
    std::string expand(std::string_view word,
                       dockerfile::Quotes quotes = dockerfile::Quotes::kRemove) const {
        if (word.find('$') == std::string_view::npos && quotes == dockerfile::Quotes::kKeepRaw)
            return {};
        const EnvList& env = step_.stage.state.env;
        const char escape = quotes == dockerfile::Quotes::kKeepRaw ? '\\' : step_.build.file.escape;
        auto expanded = dockerfile::expand_word(word, env.lookup(), escape, quotes);
        if (!expanded) return {};
        for (const std::string& name : expanded->unset) {
            if (is_declared(name)) continue;
            report(Rule::kUndefinedVar, fmt::format("nothing sets the variable '${}'{}", name,
                                                    did_you_mean(
                                                        step_.build, name, env.count(),
                                                        [&] { return env.names(); }, "$")));
        }
        return std::move(expanded->text);
    }

    /// An ARG without a value is known, too.
    [[nodiscard]] bool is_declared(const std::string& name) const {
        if (name == "BUILDKIT_SBOM_SCAN_CONTEXT" || name == "BUILDKIT_SBOM_SCAN_STAGE") return true;
        return std::ranges::any_of(step_.stage.args,
                                   [&](const auto& arg) { return arg.first == name; });
    }

    void check_secret(std::string_view what, std::string_view name) const {
        if (!lint::sounds_secret(name)) return;
        report(
            Rule::kSecretsUsedInArgOrEnv,
            fmt::format("'{} {}' sounds like a secret: give it to the step by --mount=type=secret",
                        what, name));
    }
    void report_legacy() const {
        report(Rule::kLegacyKeyValueFormat,
               fmt::format("write '{0} key=value' instead of '{0} key value'", keyword()));
    }
    /// The one before it is what has no effect.
    void check_once(std::optional<dockerfile::Lines>& before) const {
        if (before) {
            report(Rule::kMultipleInstructionsDisallowed, *before,
                   fmt::format("a later {} of the stage takes the place of this one", keyword()));
        }
        before = instruction_.lines;
    }
    void check_form(const dockerfile::CommandLine& command) const {
        if (command.exec_form || !step_.stage.image.shell.empty()) return;
        report(Rule::kJSONArgsRecommended,
               fmt::format("{} in JSON form would receive signals itself", keyword()));
    }
    void check_port(const std::string& port) const {
        const std::vector<std::string_view> parts = split(port, ':');
        const auto protocol = split_once(parts.back(), '/');
        if (protocol && protocol->second != to_lower(protocol->second)) {
            report(Rule::kExposeProtoCasing,
                   fmt::format("the protocol of '{}' should be lowercase", port));
        }
        if (std::ranges::any_of(parts.begin(), parts.end() - 1,
                                [](std::string_view part) { return !part.empty(); })) {
            report(Rule::kExposeInvalidFormat,
                   fmt::format("'{}' has an address or a port of the host", port));
        }
    }

    const Step& step_;
    const dockerfile::Instruction& instruction_;
    SeenInstructions& seen_;
};

}  // namespace

void lint_default_args(Build& build) {
    const auto args = default_args(build);
    if (!args) return;
    for (const dockerfile::Stage& stage : build.file.stages) {
        const std::string& image = std::get<dockerfile::From>(stage.from.body).image;
        const auto name = build.expand(image, *args);
        if (!name) return;
        if (image::ImageRef::parse(*name)) continue;
        build.linter.report(
            Rule::kInvalidDefaultArgInFrom, stage.from.lines,
            fmt::format("'{}' names no image while its ARGs have their defaults", image));
    }
}

void lint_from(Build& build, const dockerfile::Stage& stage) {
    const dockerfile::Instruction& instruction = stage.from;
    const auto& from = std::get<dockerfile::From>(instruction.body);
    const auto report = [&](Rule rule, std::string message) {
        build.linter.report(rule, instruction.lines, std::move(message), instruction.comments);
    };
    const auto is_declared = [&](const std::string& name) {
        return std::ranges::any_of(build.file.meta_args, [&](const auto& meta) {
            return std::ranges::any_of(std::get<dockerfile::Arg>(meta.body).items,
                                       [&](const auto& item) { return item.name == name; });
        });
    };
    const auto known_names = [&] {
        std::vector<std::string> known = build.global_args.names();
        for (const dockerfile::Instruction& meta : build.file.meta_args) {
            for (const auto& item : std::get<dockerfile::Arg>(meta.body).items)
                known.push_back(item.name);
        }
        return known;
    };
    const auto expand = [&](const std::string& word) -> std::optional<dockerfile::Expanded> {
        auto expanded =
            dockerfile::expand_word(word, build.global_args.lookup(), build.file.escape);
        if (!expanded) return std::nullopt;
        if (expanded->unset.empty()) return *std::move(expanded);
        for (const std::string& name : expanded->unset) {
            if (is_declared(name)) continue;
            report(Rule::kUndefinedArgInFrom,
                   fmt::format("no ARG before the first FROM declares '{}'{}", name,
                               did_you_mean(build, name,
                                            build.global_args.count() + build.file.meta_args.size(),
                                            known_names, "")));
        }
        return *std::move(expanded);
    };
    expand(from.image);
    if (!from.platform || from.platform->empty()) return;
    const auto platform = expand(*from.platform);
    if (!platform) return;
    static constexpr const char* kTarget = "TARGETPLATFORM";
    if (platform->unset.empty() && platform->used == std::set<std::string>{kTarget} &&
        platform->text == build.global_args.find(kTarget)) {
        report(Rule::kRedundantTargetPlatform,
               fmt::format("--platform={} is what FROM takes anyway", *from.platform));
    }
    const auto parsed = image::Platform::parse(platform->text);
    if (!platform->unset.empty() || !platform->used.empty() || !parsed) return;
    const auto named_after = [&](const std::string& part) {
        return stage.name.find(part) != std::string::npos;
    };
    if (named_after(parsed->os) || named_after(parsed->architecture)) return;
    report(Rule::kFromPlatformFlagConstDisallowed,
           fmt::format("--platform={} is a constant", platform->text));
}

void lint_base_platform(Build& build, const Stage& stage, const image::Platform& actual) {
    const image::Platform& expected = build.request.platform;
    if (!stage.lines || (expected.os == actual.os && expected.architecture == actual.architecture))
        return;
    build.linter.report(Rule::kInvalidBaseImagePlatform, *stage.lines,
                        fmt::format("'{}' is an image for {}, but {} is built", stage.base_name,
                                    actual.to_string(), expected.to_string()));
}

void lint_instruction(const Step& step) {
    std::visit(InstructionLint(step), step.instruction().body);
    // Who builds on an image cannot change the triggers it brings along.
    if (step.command.from_trigger) return;
    const State& state = step.stage.state;
    step.stage.lint.rules.check({.instruction = step.instruction(),
                                 .variables = state.env.lookup(),
                                 .working_dir = state.working_dir,
                                 .user = state.user,
                                 .shell = step.stage.image.shell,
                                 .escape = step.build.file.escape},
                                step.build.file_args, step.build.linter);
}

}  // namespace slipway::frontend
