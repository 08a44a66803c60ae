// slipway build: a page of named passes, from the flags to the image.
#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/base_images.h"
#include "cli/build_call.h"
#include "cli/build_context.h"
#include "cli/build_flags.h"
#include "cli/build_output.h"
#include "cli/build_report.h"
#include "cli/command.h"
#include "cli/remote_input.h"
#include "cli/step_flags.h"
#include "dockerfile/ast.h"
#include "engine/build.h"
#include "engine/source_time.h"
#include "exporter/exporter.h"
#include "frontend/dockerfile_frontend.h"
#include "llb/graph.h"
#include "os/file.h"
#include "os/system.h"
#include "ui/renderer.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <map>

namespace slipway::cli {

namespace {

struct Flags : BuildFlags {
    std::string path;
    std::string file;
    std::string target;
    std::vector<std::string> platforms;
    std::string iid_file;
    std::string print;
    std::string call = "build";
    bool check = false;
};

/// Everything that the flags say, checked before anything is read or run.
struct Plan : BuildPlan {
    BuildInput input;
    Call call;
};

/// "local" is this machine's.
Result<void> set_platform(const Flags& flags, Plan& plan) {
    plan.request.build_platform = plan.request.platform = plan.options.platform;
    for (const auto& text : flags.platforms) {
        image::Platform platform = plan.options.platform;
        if (text != "local") {
            SLIPWAY_ASSIGN(platform, image::Platform::parse(text).context("--platform {}", text));
        }
        if (plan.request.platform_given && platform != plan.request.platform) {
            return make_error(ErrorCode::kUnsupported,
                              "--platform {}: several platforms in one build are not supported yet",
                              join(flags.platforms, ","))
                .hint("build once for each platform");
        }
        plan.request.platform = platform;
        plan.request.platform_given = true;
    }
    return {};
}

Result<Plan> make_plan(const Flags& flags) {
    Plan plan;
    SLIPWAY_ASSIGN(static_cast<BuildPlan&>(plan), plan_build(flags));
    SLIPWAY_ASSIGN(plan.call, Call::parse(flags.check ? "check" : flags.call));
    SLIPWAY_TRY(set_platform(flags, plan));
    if (!flags.print.empty() && flags.print != "llb" && flags.print != "dot" &&
        flags.print != "json") {
        return make_error(ErrorCode::kUsage, "--print '{}' is none of llb, dot and json",
                          flags.print);
    }
    plan.request.target = flags.target;
    SLIPWAY_ASSIGN(plan.input, load_build_input(flags.path, flags.file, plan.request.build_args));
    plan.request.ignore_patterns = plan.input.ignore_patterns;
    plan.request.has_context =
        plan.input.context_dir || plan.input.remote || plan.input.archive_head;
    if (plan.input.context_dir) plan.options.contexts["context"] = *plan.input.context_dir;
    plan.options.slot_prefix = plan.input.context_name + ":" + plan.input.dockerfile_name;
    return plan;
}

Result<void> write_result_files(const Flags& flags, const Plan& plan,
                                const exporter::Exported& exported,
                                const std::vector<SccacheSection>& sections) {
    if (!flags.iid_file.empty()) {
        SLIPWAY_TRY(os::write_file(flags.iid_file, exported.manifest_digest.to_string()));
    }
    if (flags.metadata_file.empty()) return {};
    Json metadata = describe_exported(exported, plan.names);
    if (!sections.empty()) metadata["sccache"] = sccache_json(sections);
    return os::write_file(flags.metadata_file, dump_json(metadata, 2) + "\n");
}

Result<void> run_build(const Flags& flags, Plan& plan, engine::Workspace& workspace,
                       const std::stop_token& stop) {
    const auto started = std::chrono::steady_clock::now();
    const auto renderer = ui::make_renderer(plan.progress, fileno(stderr));
    SccacheSink sink(*renderer);
    const auto finish = [&](bool ok) {
        renderer->emit(progress::BuildDone{ok, std::chrono::steady_clock::now() - started});
        renderer->finish();
        print_sccache(sink.sections(), plan.progress);
    };
    if (auto loaded = load_remote_input(plan.input, plan.options, workspace, *renderer, stop);
        !loaded) {
        finish(false);
        return loaded;
    }
    plan.request.remote_context = plan.input.remote;
    SLIPWAY_TRY(frontend::check_syntax(plan.input.dockerfile_text, plan.input.dockerfile_name,
                                       plan.request.build_args));
    SLIPWAY_ASSIGN(const auto file, dockerfile::parse_dockerfile(plan.input.dockerfile_text,
                                                                 plan.input.dockerfile_name));
    StoreResolver resolver(workspace.images(), stop);
    plan.request.source_time = [&](const llb::SourceSpec& source) {
        return engine::source_time(source, plan.options, workspace, *renderer, stop);
    };
    const auto lowering = frontend::lower(file, plan.request, resolver);
    if (!lowering) return resolver.as_outside(lowering.error());
    const frontend::Lowered& lowered = *lowering;
    SLIPWAY_ASSIGN(const auto graph, llb::Graph::load(lowered.definition));
    if (!flags.print.empty()) {
        const std::string text = flags.print == "llb"
                                     ? llb::marshal_deterministic(lowered.definition)
                                 : flags.print == "dot" ? llb::to_dot(graph)
                                                        : llb::to_json(graph) + "\n";
        std::fwrite(text.data(), 1, text.size(), stdout);
        return {};
    }
    emit_findings(lowered.findings, file, *renderer);
    if (lowered.lint_error) {
        renderer->finish();
        return *lowered.lint_error;
    }
    renderer->emit(progress::BuildStarted{lowered.target_stage, graph.vertices().size()});
    auto built = engine::build(graph, plan.options, workspace, sink, stop);
    if (!built) {
        finish(false);
        return std::move(built).error();
    }
    if (flags.dry_run) {
        finish(true);
        print_dry_run(built->reports);
        return {};
    }
    const auto exported = export_image({.snapshot = built->snapshot,
                                        .config = lowered.config,
                                        .names = plan.names,
                                        .origins = built->origins,
                                        .source_date_epoch = lowered.source_date_epoch},
                                       plan.outputs, workspace, *renderer, stop);
    finish(exported.has_value());
    if (!exported) return exported.error();
    SLIPWAY_TRY(write_result_files(flags, plan, *exported, sink.sections()));
    print_build_result(*exported, plan.names, plan.outputs, plan.progress);
    return {};
}

int show(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return 0;
}

/// --call=targets, outline, check: nothing is built.
int run_call(const Globals& globals, Plan& plan) {
    const auto& [method, format, ignore_status] = plan.call;
    if (plan.input.remote || plan.input.archive_head) {
        auto workspace = engine::Workspace::open(globals.root, os::LockMode::kShared);
        if (!workspace) return report(workspace.error());
        progress::NullSink nobody;
        const auto loaded = load_remote_input(plan.input, plan.options, **workspace, nobody, {});
        if (!loaded) return report(loaded.error());
        plan.request.remote_context = plan.input.remote;
    }
    const auto fail = [&](const Error& error) { return report(error, plan.input.dockerfile_text); };
    const auto served = frontend::check_syntax(plan.input.dockerfile_text,
                                               plan.input.dockerfile_name, plan.request.build_args);
    if (!served) return fail(served.error());
    auto parsed =
        dockerfile::parse_dockerfile(plan.input.dockerfile_text, plan.input.dockerfile_name);
    if (!parsed && method != Call::Method::kCheck) return fail(parsed.error());
    if (method == Call::Method::kTargets) return show(print_targets(*parsed, format));

    auto workspace = engine::Workspace::open(globals.root, os::LockMode::kShared);
    if (!workspace) return report(workspace.error());
    StoreResolver resolver((*workspace)->images(), {});
    if (method == Call::Method::kOutline) {
        const auto outline = frontend::outline(*parsed, plan.request, resolver);
        if (!outline) return fail(resolver.as_outside(outline.error()));
        return show(print_outline(*outline, *parsed, format));
    }
    dockerfile::Dockerfile file;
    file.file_name = plan.input.dockerfile_name;
    file.text = plan.input.dockerfile_text;
    frontend::Checked checked;
    if (parsed) {
        file = *std::move(parsed);
        checked = frontend::check(file, plan.request, resolver);
        if (checked.error) checked.error = resolver.as_outside(*std::move(checked.error));
    } else {
        checked.error = std::move(parsed).error();
    }
    show(print_check(checked, file, format));
    if (checked.error) return fail(*checked.error);
    return ignore_status ? 0 : check_status(checked);
}

int build(const Globals& globals, const Flags& flags) {
    auto plan = make_plan(flags);
    if (!plan) return report(plan.error());
    if (plan->call.method != Call::Method::kBuild) return run_call(globals, *plan);
    return with_engine(globals, [&](engine::Workspace& workspace, const std::stop_token& stop) {
        const auto done = run_build(flags, *plan, workspace, stop);
        return done ? 0 : report(done.error(), plan->input.dockerfile_text);
    });
}

}  // namespace

void add_build_command(CLI::App& app, Globals& globals, Action& action) {
    auto flags = std::make_shared<Flags>();
    auto* command = app.add_subcommand("build", "Build an image from a Dockerfile");
    command->footer(
        "Examples:\n"
        "  slipway build -t app .\n"
        "  slipway build -t app:dev --target dev --build-arg VERSION=1.2 -f docker/Dockerfile .\n"
        "  slipway build --secret id=token,env=TOKEN -o type=oci,dest=app.tar .\n"
        "  slipway build --dry-run .                  what would run, and why\n"
        "  slipway build --print=dot . | dot -Tsvg    the graph as a picture\n");
    command
        ->add_option("PATH", flags->path,
                     "Build context: a directory, a git repository, the URL of an archive or of "
                     "a Dockerfile, or - for either on standard input")
        ->required();
    command->add_option("-f,--file", flags->file,
                        "Dockerfile (default: PATH/Dockerfile); - for standard input");
    add_build_flags(*command, *flags);
    command->add_option("--target", flags->target, "Stage to build (default: the last)");
    command
        ->add_option("--platform", flags->platforms,
                     "Platform to build for (default: this machine's)")
        ->type_name("OS/ARCH[/VARIANT]")
        ->delimiter(',')
        ->allow_extra_args(false);
    command->add_option("--iidfile", flags->iid_file, "Write the image's digest to this file");
    command->add_option("--print", flags->print, "Print the build graph and stop")
        ->type_name("llb|dot|json");
    command
        ->add_option("--call", flags->call,
                     "Tell about the Dockerfile instead of building: what lint rules say (check), "
                     "its stages (targets), its parameters (outline)")
        ->type_name("METHOD[,format=json]")
        ->capture_default_str();
    command->add_flag("--check", flags->check, "Short for --call=check");
    command->callback([&globals, &action, flags] {
        action = [&globals, flags] { return build(globals, *flags); };
    });
}

}  // namespace slipway::cli
