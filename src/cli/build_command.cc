// slipway build: a page of named passes, from the flags to the image.
#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/base_images.h"
#include "cli/build_call.h"
#include "cli/build_context.h"
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

struct BuildFlags {
    std::string path;
    std::string file;
    std::vector<std::string> tags;
    std::string target;
    std::vector<std::string> build_args;
    std::vector<std::string> build_contexts;
    std::vector<std::string> secrets;
    std::vector<std::string> ssh;
    std::vector<std::string> allow;
    std::vector<std::string> labels;
    std::vector<std::string> platforms;
    std::string network;
    std::vector<std::string> extra_hosts;
    std::string shm_size;
    std::vector<std::string> limits;
    bool no_cache = false;
    std::vector<std::string> no_cache_filter;
    bool pull = false;
    bool quiet = false;
    std::string progress = "auto";
    std::string iid_file;
    std::string metadata_file;
    std::vector<std::string> outputs;
    bool dry_run = false;
    std::string print;
    std::string call = "build";
    bool check = false;
    unsigned max_parallel = 0;
};

/// Everything that the flags say, checked before anything is read or run.
struct BuildPlan {
    BuildInput input;
    frontend::Request request;
    engine::BuildOptions options;
    std::vector<std::string> names;
    std::vector<exporter::OutputSpec> outputs;
    ui::ProgressMode progress = ui::ProgressMode::kAuto;
    Call call;
};

Result<std::pair<std::string, std::string>> key_value(std::string_view flag,
                                                      std::string_view text) {
    const auto pair = split_once(text, '=');
    if (!pair || pair->first.empty()) {
        return make_error(ErrorCode::kUsage, "{}: '{}' is not NAME=VALUE", flag, text);
    }
    return std::pair(std::string(pair->first), std::string(pair->second));
}

Result<void> add_build_args(const BuildFlags& flags, BuildPlan& plan) {
    if (auto epoch = os::get_env("SOURCE_DATE_EPOCH"))
        plan.request.build_args["SOURCE_DATE_EPOCH"] = *epoch;
    for (const auto& text : flags.build_args) {
        const auto pair = split_once(text, '=');
        const std::string name(pair ? pair->first : std::string_view(text));
        if (name.empty())
            return make_error(ErrorCode::kUsage, "--build-arg: '{}' has no name", text);
        if (pair) {
            plan.request.build_args[name] = pair->second;
        } else if (auto value = os::get_env(
                       name.c_str())) {  // NAME alone: the variable of that name, if it is set
            plan.request.build_args[name] = *value;
        }
    }
    for (const auto* proxy : {"http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy"}) {
        for (const auto& name : {std::string(proxy), to_upper(proxy)}) {
            if (const auto found = plan.request.build_args.find(name);
                found != plan.request.build_args.end()) {
                plan.request.proxy_args[proxy] = found->second;
            }
        }
    }
    return {};
}

/// NAME=DIR, NAME=docker-image://REF, NAME=oci-layout://DIR[:TAG], NAME=URL
Result<void> add_build_contexts(const BuildFlags& flags, BuildPlan& plan) {
    for (const auto& text : flags.build_contexts) {
        SLIPWAY_ASSIGN(auto pair, key_value("--build-context", text));
        auto& [name, value] = pair;
        if (value.starts_with("docker-image://") || value.starts_with("oci-layout://") ||
            (!os::path_exists(value) && names_remote_context(value))) {
            plan.request.named_contexts[name] = value;
            continue;
        }
        SLIPWAY_ASSIGN(plan.options.contexts[name],
                       os::real_path(value).context("--build-context {}", name));
        plan.request.named_contexts[name] = "local:" + name;
        SLIPWAY_ASSIGN(plan.request.named_ignore_patterns[name],
                       load_ignore_patterns(plan.options.contexts[name] + "/.dockerignore"));
    }
    return {};
}

/// "local" is this machine's.
Result<void> set_platform(const BuildFlags& flags, BuildPlan& plan) {
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

Result<void> set_step_conditions(const BuildFlags& flags, frontend::Request& request) {
    for (const auto& text : flags.extra_hosts) {
        SLIPWAY_ASSIGN(auto host, parse_extra_host(text));
        request.extra_hosts.push_back(std::move(host));
    }
    for (const auto& text : flags.limits) {
        SLIPWAY_ASSIGN(auto limit, parse_limit(text));
        request.limits.push_back(std::move(limit));
    }
    if (!flags.shm_size.empty()) {
        SLIPWAY_ASSIGN(request.shm_size, parse_shm_size(flags.shm_size));
    }
    return {};
}

Result<BuildPlan> make_plan(const BuildFlags& flags) {
    BuildPlan plan;
    SLIPWAY_ASSIGN(plan.call, Call::parse(flags.check ? "check" : flags.call));
    SLIPWAY_ASSIGN(plan.progress, ui::parse_progress_mode(flags.quiet ? "quiet" : flags.progress));
    SLIPWAY_ASSIGN(plan.options.platform,
                   image::Platform::parse("linux/" + os::machine_architecture()));
    SLIPWAY_TRY(set_platform(flags, plan));
    if (!flags.network.empty() && flags.network != "host" && flags.network != "none" &&
        flags.network != "default") {
        return make_error(ErrorCode::kUsage, "--network '{}' is neither host nor none",
                          flags.network);
    }
    plan.request.network = flags.network == "default" ? "" : flags.network;
    if (!flags.print.empty() && flags.print != "llb" && flags.print != "dot" &&
        flags.print != "json") {
        return make_error(ErrorCode::kUsage, "--print '{}' is none of llb, dot and json",
                          flags.print);
    }
    for (const auto& tag : flags.tags) {
        SLIPWAY_ASSIGN(const auto ref, image::ImageRef::parse(tag).context("-t {}", tag));
        if (ref.digest)
            return make_error(ErrorCode::kUsage, "-t {}: a name for a new image has no digest",
                              tag);
        plan.names.push_back(ref.to_string());
    }
    for (const auto& output : flags.outputs) {
        SLIPWAY_ASSIGN(auto spec,
                       exporter::OutputSpec::parse(output).context("--output {}", output));
        plan.outputs.push_back(std::move(spec));
    }
    if (plan.outputs.empty()) plan.outputs.emplace_back();
    for (const auto& secret : flags.secrets)
        SLIPWAY_TRY(engine::add_secret(secret, plan.options.secrets));
    for (const auto& ssh : flags.ssh) SLIPWAY_TRY(exec::add_ssh(ssh, plan.options.ssh));
    for (const auto& entitlement : flags.allow)
        SLIPWAY_TRY(engine::add_entitlement(entitlement, plan.options.allowed));
    if (flags.network == "host") plan.options.allowed.network_host = true;
    for (const auto& label : flags.labels) {
        SLIPWAY_ASSIGN(auto pair, key_value("--label", label));
        plan.request.labels.insert(std::move(pair));
    }
    SLIPWAY_TRY(set_step_conditions(flags, plan.request));
    SLIPWAY_TRY(add_build_args(flags, plan));
    SLIPWAY_TRY(add_build_contexts(flags, plan));
    plan.request.target = flags.target;
    plan.request.no_cache = flags.no_cache;
    plan.request.no_cache_stages = flags.no_cache_filter;
    plan.request.resolve_mode =
        flags.pull ? frontend::ResolveMode::kPull : frontend::ResolveMode::kDefault;
    plan.options.mode = flags.dry_run ? solver::Mode::kDryRun : solver::Mode::kBuild;
    plan.options.max_parallel = flags.max_parallel;

    SLIPWAY_ASSIGN(plan.input, load_build_input(flags.path, flags.file, plan.request.build_args));
    plan.request.ignore_patterns = plan.input.ignore_patterns;
    plan.request.has_context =
        plan.input.context_dir || plan.input.remote || plan.input.archive_head;
    if (plan.input.context_dir) plan.options.contexts["context"] = *plan.input.context_dir;
    plan.options.slot_prefix = plan.input.context_name + ":" + plan.input.dockerfile_name;
    return plan;
}

Result<void> write_result_files(const BuildFlags& flags, const BuildPlan& plan,
                                const exporter::Exported& exported) {
    if (!flags.iid_file.empty()) {
        SLIPWAY_TRY(os::write_file(flags.iid_file, exported.manifest_digest.to_string()));
    }
    if (!flags.metadata_file.empty()) {
        Json metadata = Json::object();
        if (!exported.manifest_digest.is_zero()) {
            metadata["containerimage.digest"] = exported.manifest_digest.to_string();
            metadata["containerimage.config.digest"] = exported.config_digest.to_string();
            metadata["containerimage.descriptor"] = exported.descriptor.to_json();
        }
        if (!plan.names.empty()) metadata["image.name"] = join(plan.names, ",");
        SLIPWAY_TRY(os::write_file(flags.metadata_file, dump_json(metadata, 2) + "\n"));
    }
    return {};
}

void emit_findings(std::span<const dockerfile::lint::Finding> findings,
                   const std::string& file_name, progress::Sink& sink) {
    for (const auto& finding : findings) {
        const dockerfile::lint::RuleInfo& about = dockerfile::lint::info(finding.rule);
        sink.emit(progress::Warning{
            .text = finding.message,
            .where = SourceRange{file_name, finding.lines.first, finding.lines.last},
            .rule = std::string(about.name),
            .level = std::string(to_string(about.level)),
            .url = dockerfile::lint::url(finding.rule)});
    }
}

Result<void> run_build(const BuildFlags& flags, BuildPlan& plan, engine::Workspace& workspace,
                       const std::stop_token& stop) {
    const auto started = std::chrono::steady_clock::now();
    const auto renderer = ui::make_renderer(plan.progress, fileno(stderr));
    const auto finish = [&](bool ok) {
        renderer->emit(progress::BuildDone{ok, std::chrono::steady_clock::now() - started});
        renderer->finish();
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
    emit_findings(lowered.findings, file.file_name, *renderer);
    if (lowered.lint_error) {
        renderer->finish();
        return *lowered.lint_error;
    }
    renderer->emit(progress::BuildStarted{lowered.target_stage, graph.vertices().size()});
    auto built = engine::build(graph, plan.options, workspace, *renderer, stop);
    if (!built) {
        finish(false);
        return std::move(built).error();
    }
    if (flags.dry_run) {
        finish(true);
        print_dry_run(built->reports);
        return {};
    }
    exporter::Exporter exporter(workspace.store(), workspace.blobs(), workspace.names(),
                                workspace.layers(), workspace.cpu_pool(), *renderer);
    exporter::Exported exported;
    for (const auto& output : plan.outputs) {
        exporter::ImageToExport image{built->snapshot, lowered.config, plan.names, built->origins,
                                      lowered.source_date_epoch};
        for (const auto& name : output.names) image.names.push_back(name);
        auto written = exporter.write(image, output, stop);
        if (!written) {
            finish(false);
            return std::move(written).error().context("exporting the image");
        }
        if (!written->manifest_digest.is_zero()) exported = *std::move(written);
    }
    finish(true);
    SLIPWAY_TRY(write_result_files(flags, plan, exported));
    print_build_result(exported, plan.names, plan.outputs, plan.progress);
    return {};
}

int show(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return 0;
}

/// --call=targets, outline, check: nothing is built.
int run_call(const Globals& globals, BuildPlan& plan) {
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

int build(const Globals& globals, const BuildFlags& flags) {
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
    auto flags = std::make_shared<BuildFlags>();
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
    command->add_option("-t,--tag", flags->tags, "Name and optional tag of the image")
        ->type_name("NAME[:TAG]")
        ->allow_extra_args(false);
    command->add_option("--target", flags->target, "Stage to build (default: the last)");
    command
        ->add_option("--build-arg", flags->build_args,
                     "Value of an ARG; without a value: the variable of that name")
        ->type_name("NAME[=VALUE]")
        ->allow_extra_args(false);
    command
        ->add_option("--build-context", flags->build_contexts,
                     "Named context: a directory, docker-image://REF, oci-layout://DIR, a git "
                     "repository or a URL")
        ->type_name("NAME=SOURCE")
        ->allow_extra_args(false);
    command->add_option("--secret", flags->secrets, "Secret for RUN --mount=type=secret")
        ->type_name("id=ID[,src=FILE|,env=NAME]")
        ->allow_extra_args(false);
    command
        ->add_option("--ssh", flags->ssh,
                     "SSH agent or keys for RUN --mount=type=ssh (default: SSH_AUTH_SOCK)")
        ->type_name("default|ID[=SOCKET|KEY[,KEY]]")
        ->allow_extra_args(false);
    command
        ->add_option("--allow", flags->allow,
                     "Allow network.host, security.insecure, device or device=NAME to RUN steps")
        ->type_name("ENTITLEMENT")
        ->allow_extra_args(false);
    command->add_option("--label", flags->labels, "Label of the image")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    command
        ->add_option("--platform", flags->platforms,
                     "Platform to build for (default: this machine's)")
        ->type_name("OS/ARCH[/VARIANT]")
        ->delimiter(',')
        ->allow_extra_args(false);
    command->add_option("--network", flags->network, "Network of RUN steps")
        ->type_name("host|none");
    command->add_option("--add-host", flags->extra_hosts, "Line for /etc/hosts of RUN steps")
        ->type_name("NAME:ADDRESS")
        ->allow_extra_args(false);
    command->add_option("--shm-size", flags->shm_size, "Size of /dev/shm in RUN steps")
        ->type_name("BYTES");
    command->add_option("--ulimit", flags->limits, "Resource limit of RUN steps")
        ->type_name("NAME=SOFT[:HARD]")
        ->allow_extra_args(false);
    command->add_flag("--no-cache", flags->no_cache, "Run every step again");
    command
        ->add_option("--no-cache-filter", flags->no_cache_filter,
                     "Run the steps of these stages again")
        ->delimiter(',')
        ->allow_extra_args(false);
    command->add_flag("--pull", flags->pull, "Ask the registry for newer base images");
    command->add_flag("-q,--quiet", flags->quiet, "Print the image's digest only");
    command->add_option("--progress", flags->progress, "How progress is shown")
        ->type_name("auto|tty|plain|json|quiet")
        ->capture_default_str();
    command->add_option("--iidfile", flags->iid_file, "Write the image's digest to this file");
    command->add_option("--metadata-file", flags->metadata_file,
                        "Write what was built to this file, as JSON");
    command
        ->add_option("-o,--output", flags->outputs,
                     "What to write: type=image|oci|docker|local|tar[,dest=PATH]")
        ->type_name("SPEC")
        ->allow_extra_args(false);
    command->add_flag("--dry-run", flags->dry_run,
                      "Print each step and whether it would run; change nothing");
    command->add_option("--print", flags->print, "Print the build graph and stop")
        ->type_name("llb|dot|json");
    command
        ->add_option("--call", flags->call,
                     "Tell about the Dockerfile instead of building: what lint rules say (check), "
                     "its stages (targets), its parameters (outline)")
        ->type_name("METHOD[,format=json]")
        ->capture_default_str();
    command->add_flag("--check", flags->check, "Short for --call=check");
    command->add_option("--max-parallelism", flags->max_parallel,
                        "Steps running at once (default: one per processor)");
    command->callback([&globals, &action, flags] {
        action = [&globals, flags] { return build(globals, *flags); };
    });
}

}  // namespace slipway::cli
