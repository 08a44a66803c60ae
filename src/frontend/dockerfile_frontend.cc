// The order of things, which decides what is asked for and what names mean (llb-facts 2.4): global
// ARGs, stages, target, who needs whom, base images of what is needed, ONBUILD triggers (which may
// need more), then the instructions.
#include "frontend/dockerfile_frontend.h"

#include "base/text.h"
#include "base/utf8.h"
#include "frontend/internal/build.h"
#include "frontend/internal/lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace slipway::frontend {
namespace {

Error invalid(std::string message) {
    return Error(ErrorCode::kInvalidInput, std::move(message));
}

const dockerfile::From& from_of(const dockerfile::Stage& stage) {
    return std::get<dockerfile::From>(stage.from.body);
}

std::string target_name(const Build& build) {
    if (!build.request.target.empty()) return build.request.target;
    const std::string& last = build.file.stages.back().name;
    return last.empty() ? "default" : last;
}

void set_platform_args(Build& build) {
    for (const std::string prefix : {"BUILD", "TARGET"}) {
        const image::Platform& platform =
            prefix == "BUILD" ? build.request.build_platform : build.request.platform;
        const std::array<std::pair<const char*, std::string>, 5> values = {
            {{"PLATFORM", platform.to_string()},
             {"OS", platform.os},
             {"OSVERSION", ""},
             {"ARCH", platform.architecture},
             {"VARIANT", platform.variant}}};
        for (const auto& [suffix, value] : values) build.global_args.set(prefix + suffix, value);
    }
    build.global_args.set("TARGETSTAGE", target_name(build));
    for (const std::string& name : build.global_args.names()) {
        const auto given = build.build_args.find(name);
        if (given != build.build_args.end()) build.global_args.set(name, given->second);
    }
}

Result<void> set_meta_args(Build& build) {
    for (const dockerfile::Instruction& instruction : build.file.meta_args) {
        if (!is_utf8(instruction.original)) {
            return invalid("ARG holds bytes that are not UTF-8").at(build.range(instruction.lines));
        }
        for (const dockerfile::Arg::Item& item :
             std::get<dockerfile::Arg>(instruction.body).items) {
            const auto given = build.build_args.find(item.name);
            if (given != build.build_args.end()) {
                build.global_args.set(item.name, given->second);
            } else if (item.value) {
                auto value = build.expand(*item.value, build.global_args);
                if (!value) return std::move(value).error().at(build.range(instruction.lines));
                build.grown += value->size();
                build.global_args.set(item.name, *value);
            }
        }
        auto small = build.check_size();
        if (!small) return std::move(small).error().at(build.range(instruction.lines));
    }
    return {};
}

void set_proxy(Build& build) {
    using Setter = void (*)(pb::ProxyEnv&, const std::string&);
    static constexpr std::array<std::pair<std::string_view, Setter>, 5> kSetters = {{
        {"http_proxy",
         [](pb::ProxyEnv& proxy, const std::string& value) { proxy.set_http_proxy(value); }},
        {"https_proxy",
         [](pb::ProxyEnv& proxy, const std::string& value) { proxy.set_https_proxy(value); }},
        {"ftp_proxy",
         [](pb::ProxyEnv& proxy, const std::string& value) { proxy.set_ftp_proxy(value); }},
        {"no_proxy",
         [](pb::ProxyEnv& proxy, const std::string& value) { proxy.set_no_proxy(value); }},
        {"all_proxy",
         [](pb::ProxyEnv& proxy, const std::string& value) { proxy.set_all_proxy(value); }},
    }};
    // Sorted maps: a lower-case name wins over an upper-case one, a build argument over the
    // surroundings.
    for (const auto& args :
         {std::cref(build.request.proxy_args), std::cref(std::as_const(build.build_args))}) {
        for (const auto& [name, value] : args.get()) {
            for (const auto& [known, set] : kSetters) {
                if (!equals_ignoring_case(name, known)) continue;
                if (!build.proxy) build.proxy.emplace();
                set(*build.proxy, value);
            }
        }
    }
}

bool is_no_cache(const Request& request, const std::string& stage) {
    return request.no_cache ||
           std::ranges::any_of(request.no_cache_stages, [&stage](const std::string& name) {
               return equals_ignoring_case(name, stage);
           });
}

int count_steps(const dockerfile::Stage& parsed) {
    return static_cast<int>(
        std::ranges::count_if(parsed.instructions, [](const dockerfile::Instruction& instruction) {
            return std::holds_alternative<dockerfile::Run>(instruction.body) ||
                   std::holds_alternative<dockerfile::Copy>(instruction.body) ||
                   std::holds_alternative<dockerfile::Workdir>(instruction.body);
        }));
}

Result<std::string> expand_from(const Build& build, const std::string& word,
                                std::string_view what) {
    SLIPWAY_ASSIGN(const dockerfile::Expanded expanded,
                   dockerfile::expand_word(word, build.global_args.lookup(), build.file.escape));
    if (!expanded.text.empty()) return expanded.text;
    Error error = make_error(ErrorCode::kInvalidInput, "{} '{}' is empty", what, word);
    for (const std::string& name : expanded.unset) {
        if (const auto nearest = find_nearest(name, build.global_args.names())) {
            return std::move(error).hint(fmt::format(
                "no ARG before the first FROM sets '{}'; did you mean '{}'?", name, *nearest));
        }
        return std::move(error).hint(fmt::format("set '{}' by an ARG before the first FROM", name));
    }
    return error;
}

Result<Stage> make_stage(const Build& build, const dockerfile::Stage& parsed,
                         std::size_t position) {
    Stage stage;
    stage.name = parsed.name;
    stage.display_name = parsed.name.empty() ? fmt::format("stage-{}", position) : parsed.name;
    stage.original = trim(parsed.from.original);
    stage.lines = parsed.from.lines;
    stage.platform = build.request.platform;
    SLIPWAY_ASSIGN(stage.base_name, expand_from(build, from_of(parsed).image, "the base image"));
    if (const auto& platform = from_of(parsed).platform) {
        SLIPWAY_ASSIGN(const std::string text, expand_from(build, *platform, "--platform"));
        SLIPWAY_ASSIGN(stage.platform, image::Platform::parse(text));
    }
    if (!stage.name.empty())
        stage.replacement = find_named_context(build, stage.name, stage.platform);
    stage.ignore_cache = is_no_cache(build.request, stage.name);
    return stage;
}

Result<void> add_stages(Build& build) {
    for (std::size_t i = 0; i < build.file.stages.size(); ++i) {
        const dockerfile::Stage& parsed = build.file.stages[i];
        if (!is_utf8(parsed.from.original)) {
            return invalid("FROM holds bytes that are not UTF-8")
                .at(build.range(parsed.from.lines));
        }
        lint_from(build, parsed);
        auto made = make_stage(build, parsed, i);
        if (!made) return std::move(made).error().at(build.range(parsed.from.lines));
        build.grown += made->base_name.size();
        auto small = build.check_size();
        if (!small) return std::move(small).error().at(build.range(parsed.from.lines));
        Stage& stage = build.stages.add(std::move(*made));
        if (stage.replacement) {
            stage.base = nullptr;
            continue;
        }
        stage.steps =
            count_steps(parsed) + (stage.base == nullptr && stage.base_name != "scratch" ? 1 : 0);
    }
    return {};
}

Result<Stage*> find_target(Build& build) {
    if (build.request.target.empty()) return build.stages.all().back().get();
    if (Stage* stage = build.stages.find(build.request.target)) return stage;
    Error error = make_error(ErrorCode::kNotFound, "no stage is called '{}'", build.request.target);
    const std::string hint = build.stages.hint_for(build.file, build.request.target);
    if (hint.empty()) return error;
    return std::move(error).hint(hint);
}

Result<void> add_commands(Build& build) {
    for (std::size_t i = 0; i < build.file.stages.size(); ++i) {
        Stage& stage = *build.stages.at(i);
        if (stage.replacement) continue;  // its instructions are nobody's
        for (const dockerfile::Instruction& instruction : build.file.stages[i].instructions) {
            auto command = make_command(build, stage, instruction);
            if (!command) return std::move(command).error().at(build.range(instruction.lines));
            stage.commands.push_back(std::move(*command));
        }
    }
    SLIPWAY_TRY(check_no_circle(build.stages, build.file));
    if (build.stages.all().size() == 1) build.stages.at(0)->display_name.clear();
    return {};
}

/// Puts the ONBUILD instructions of the base before the stage's own. True when they need stages not
/// seen before.
Result<bool> take_triggers(Build& build, Stage& stage) {
    if (stage.unregistered || stage.replacement) return false;  // only its files are wanted
    std::vector<std::string> texts = std::exchange(stage.image.on_build, {});
    if (stage.base != nullptr && !std::exchange(stage.triggers_taken, true)) {
        for (const Command& command : stage.base->commands) {
            if (const auto* trigger =
                    std::get_if<dockerfile::OnBuild>(&command.instruction->body)) {
                texts.push_back(trigger->trigger);
            }
        }
    }
    std::vector<Command> commands;
    bool needs_more = false;
    for (const std::string& text : texts) {
        const dockerfile::Lines lines = stage.lines.value_or(dockerfile::Lines{});
        SLIPWAY_ASSIGN(
            dockerfile::Instruction parsed,
            dockerfile::parse_instruction(text, build.file.name_of(lines.file), lines, '\\'));
        stage.triggers.push_back(std::move(parsed));
        SLIPWAY_ASSIGN(Command command, make_command(build, stage, stage.triggers.back()));
        command.from_trigger = true;
        needs_more = needs_more || !command.sources.empty();
        commands.push_back(std::move(command));
    }
    stage.steps += static_cast<int>(commands.size());
    stage.commands.insert(stage.commands.begin(), commands.begin(), commands.end());
    return needs_more;
}

std::set<const Stage*> needed_stages(const Build& build, const Stage& target) {
    if (build.scope == Scope::kTarget) return reachable_from(target);
    std::set<const Stage*> all;
    for (const auto& stage : build.stages.all()) all.insert(stage.get());
    return all;
}

/// Asks for the base images of what is needed until no trigger needs more.
Result<void> resolve_stages(Build& build, const Stage& target) {
    bool again = true;
    while (again) {
        again = false;
        const std::set<const Stage*> reachable = needed_stages(build, target);
        for (std::size_t i = 0; i < build.stages.all().size(); ++i) {
            Stage& stage = *build.stages.at(i);
            if (stage.base != nullptr || stage.dispatched || stage.resolved) continue;
            stage.resolved = reachable.contains(&stage);
            auto done = resolve_base(build, stage, stage.resolved);
            if (!done) {
                return stage.lines
                           ? Result<void>(std::move(done).error().at(build.range(*stage.lines)))
                           : done;
            }
        }
        for (std::size_t i = 0; i < build.stages.all().size(); ++i) {
            Stage& stage = *build.stages.at(i);
            if (!reachable.contains(&stage)) continue;
            inherit(build, stage);
            auto needs_more = take_triggers(build, stage);
            if (!needs_more) {
                const auto lines = stage.lines.value_or(dockerfile::Lines{});
                return std::move(needs_more)
                    .error()
                    .context("an ONBUILD instruction")
                    .at(build.range(lines));
            }
            again = again || *needs_more;
        }
    }
    return check_no_circle(build.stages, build.file);
}

Result<void> dispatch_stages(Build& build, const Stage& target) {
    const std::set<const Stage*> reachable = needed_stages(build, target);
    for (const auto& stage : build.stages.all()) {
        if (!reachable.contains(stage.get()) || stage->dispatched) continue;
        inherit(build, *stage);
        if (auto small = build.check_size(); !small)
            return std::move(small).error().at(
                build.range(stage->lines.value_or(dockerfile::Lines{})));
        if (stage->base != nullptr) {
            stage->args = stage->base->args;
            stage->lint.workdir = stage->base->lint.workdir;
            stage->lint.rules.inherit(stage->base->lint.rules);
        }
        stage->dispatched = true;
        SLIPWAY_TRY(dispatch_stage(build, *stage));
    }
    return {};
}

/// The graph's texts must be UTF-8; what the Dockerfile says is looked at instruction by
/// instruction.
Result<void> check_texts(const Request& request) {
    for (const auto* texts :
         {&request.build_args, &request.proxy_args, &request.labels, &request.named_contexts}) {
        for (const auto& [name, value] : *texts) {
            if (is_utf8(name) && is_utf8(value)) continue;
            return make_error(ErrorCode::kUsage, "the value given for '{}' is not UTF-8",
                              is_utf8(name) ? name : "?");
        }
    }
    return {};
}

Result<void> check_multi_platform(const Build& build) {
    static constexpr std::array<std::string_view, 7> kNo = {"",      "0",     "f",    "F",
                                                            "FALSE", "false", "False"};
    const auto given = build.build_args.find("BUILDKIT_MULTI_PLATFORM");
    if (given == build.build_args.end() || std::ranges::find(kNo, given->second) != kNo.end())
        return {};
    return make_error(
        ErrorCode::kUnsupported,
        "BUILDKIT_MULTI_PLATFORM={}: an image of several platforms cannot be made yet",
        given->second);
}

/// Without a platform asked for, the image keeps that of its base.
void mark_platform(image::Platform& platform, const Request& request) {
    const image::Platform& wanted = request.platform;
    if (platform.architecture.empty()) platform = wanted;
    if (request.platform_given) {
        const bool same = platform.os == wanted.os && platform.architecture == wanted.architecture;
        if (same && wanted.variant.empty()) return;
        platform = wanted;
    }
    platform = platform.normalized();
}

void add_context(Build& build) {
    if (build.request.remote_context) {
        build.context = build.request.remote_context->add_to(build.graph);
        return;
    }
    llb::SourceSpec spec{.identifier = "local://context",
                         .attrs = {{"local.sharedkeyhint", "context"}}};
    if (!build.request.ignore_patterns.empty()) {
        spec.attrs["local.excludepatterns"] = llb::json_list(build.request.ignore_patterns);
    }
    llb::About about;
    build.context =
        build.graph.source(std::move(spec), about.named("[internal] load build context"));
}

/// The options of "# check=", or those that a build argument puts in their place.
Result<void> set_linter(Build& build) {
    static constexpr const char* kName = "BUILDKIT_DOCKERFILE_CHECK";
    const auto given = build.build_args.find(kName);
    // Of the line, the first word counts.
    const std::string line = build.file.check.value_or("");
    const std::string text =
        given != build.build_args.end() ? given->second : line.substr(0, line.find_first_of(" \t"));
    SLIPWAY_ASSIGN(auto options, dockerfile::lint::parse_options(text).context(
                                     "{}", given != build.build_args.end() ? kName : "# check="));
    build.linter = dockerfile::lint::Linter(std::move(options));
    build.file_args = dockerfile::lint::collect_args(build.file);
    // A malformed ignore file is told by whoever reads it.
    build.ignored = PatternList::parse(build.request.ignore_patterns).value_or(PatternList());
    return {};
}

Build begin(const dockerfile::Dockerfile& file, const Request& request, ImageResolver& images,
            Scope scope) {
    return {.file = file,
            .request = request,
            .images = images,
            .scope = scope,
            .build_args = request.build_args};
}

/// Everything up to the graph's last vertex; the stage to build.
Result<Stage*> convert(Build& build) {
    if (build.file.stages.empty()) return invalid("the Dockerfile has no FROM");
    SLIPWAY_TRY(check_texts(build.request));
    SLIPWAY_TRY(set_linter(build));
    dockerfile::lint::check_file(build.file, build.linter);
    const auto add_file = [&build](const std::string& name, const std::string& text) {
        return build.graph.add_file(is_utf8(name) ? name : "Dockerfile", text, "Dockerfile");
    };
    build.file_number = add_file(build.file.file_name, build.file.text);
    for (const auto& [name, text] : build.file.more_files) add_file(name, text);
    set_platform_args(build);
    lint_default_args(build);
    SLIPWAY_TRY(set_meta_args(build));
    SLIPWAY_TRY(set_epoch(build));
    SLIPWAY_TRY(check_multi_platform(build));
    set_proxy(build);
    add_context(build);

    SLIPWAY_TRY(add_stages(build));
    SLIPWAY_ASSIGN(Stage* const target, find_target(build));
    SLIPWAY_TRY(add_commands(build));
    SLIPWAY_TRY(resolve_stages(build, *target));
    SLIPWAY_TRY(dispatch_stages(build, *target));
    set_paths(build, *target);
    return target;
}

}  // namespace

Result<void> Build::check_size() const {
    constexpr std::size_t kMost = std::size_t{256} << 20U;
    if (grown + graph.size() <= kMost) return {};
    return make_error(ErrorCode::kInvalidInput,
                      "the values and steps of the Dockerfile grow to more than {}",
                      format_bytes(kMost));
}

Result<std::string> Build::expand(std::string_view word, const EnvList& env) const {
    SLIPWAY_ASSIGN(dockerfile::Expanded expanded,
                   dockerfile::expand_word(word, env.lookup(), file.escape));
    return std::move(expanded.text);
}

Result<Lowered> lower(const dockerfile::Dockerfile& file, const Request& request,
                      ImageResolver& images) {
    Build build = begin(file, request, images, Scope::kTarget);
    SLIPWAY_ASSIGN(Stage* const target, convert(build));

    Lowered lowered;
    lowered.definition = build.graph.marshal(target->state.files);
    lowered.config = std::move(target->image);
    mark_platform(lowered.config.platform, request);
    for (const auto& [name, value] : request.labels)
        lowered.config.labels.insert_or_assign(name, value);
    lowered.base_config = std::move(target->base_image);
    lowered.source_date_epoch = build.epoch;
    lowered.findings = build.linter.findings();
    if (auto verdict = build.linter.verdict(); !verdict)
        lowered.lint_error = std::move(verdict).error();
    lowered.target_stage =
        target->name.empty() ? fmt::format("stage-{}", file.stages.size() - 1) : target->name;
    return lowered;
}

Result<Outline> outline(const dockerfile::Dockerfile& file, const Request& request,
                        ImageResolver& images) {
    Build build = begin(file, request, images, Scope::kTarget);
    SLIPWAY_ASSIGN(const Stage* const target, convert(build));
    return describe(build, *target);
}

Checked check(const dockerfile::Dockerfile& file, const Request& request, ImageResolver& images) {
    Build build =
        begin(file, request, images, request.target.empty() ? Scope::kAllStages : Scope::kTarget);
    const auto converted = convert(build);
    const auto verdict = build.linter.verdict();
    Checked checked{.findings = build.linter.findings(), .error = {}};
    if (!converted) {
        checked.error = converted.error();
    } else if (!verdict) {
        checked.error = verdict.error();
    }
    return checked;
}

}  // namespace slipway::frontend
