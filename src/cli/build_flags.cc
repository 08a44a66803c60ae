#include "cli/build_flags.h"

#include "base/text.h"
#include "cli/build_context.h"
#include "cli/step_flags.h"
#include "os/file.h"
#include "os/system.h"

namespace slipway::cli {

namespace {

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

}  // namespace

std::vector<std::string> words_of(const BuildFlags& flags) {
    std::vector<std::string> words;
    const auto add = [&](const char* flag, const std::vector<std::string>& values) {
        for (const std::string& value : values) words.insert(words.end(), {flag, value});
    };
    const auto add_one = [&](const char* flag, const std::string& value) {
        if (!value.empty()) words.insert(words.end(), {flag, value});
    };
    add("--tag", flags.tags);
    add("--build-arg", flags.build_args);
    add("--build-context", flags.build_contexts);
    add("--secret", flags.secrets);
    add("--ssh", flags.ssh);
    add("--allow", flags.allow);
    add("--label", flags.labels);
    add_one("--network", flags.network);
    add("--add-host", flags.extra_hosts);
    add_one("--shm-size", flags.shm_size);
    add("--ulimit", flags.limits);
    if (flags.no_cache) words.emplace_back("--no-cache");
    add("--no-cache-filter", flags.no_cache_filter);
    if (flags.pull) words.emplace_back("--pull");
    add_one("--metadata-file", flags.metadata_file);
    add("--output", flags.outputs);
    if (flags.max_parallel > 0) add_one("--max-parallelism", std::to_string(flags.max_parallel));
    return words;
}

Result<std::pair<std::string, std::string>> key_value(std::string_view flag,
                                                      std::string_view text) {
    const auto pair = split_once(text, '=');
    if (!pair || pair->first.empty()) {
        return make_error(ErrorCode::kUsage, "{}: '{}' is not NAME=VALUE", flag, text);
    }
    return std::pair(std::string(pair->first), std::string(pair->second));
}

Result<void> add_build_context(const std::string& name, const std::string& value, BuildPlan& plan) {
    if (value.starts_with("docker-image://") || value.starts_with("oci-layout://") ||
        (!os::path_exists(value) && names_remote_context(value))) {
        plan.request.named_contexts[name] = value;
        return {};
    }
    SLIPWAY_ASSIGN(plan.options.contexts[name], os::real_path(value));
    plan.request.named_contexts[name] = "local:" + name;
    SLIPWAY_ASSIGN(plan.request.named_ignore_patterns[name],
                   load_ignore_patterns(plan.options.contexts[name] + "/.dockerignore"));
    return {};
}

Result<BuildPlan> plan_build(const BuildFlags& flags) {
    BuildPlan plan;
    SLIPWAY_ASSIGN(plan.progress, ui::parse_progress_mode(flags.quiet ? "quiet" : flags.progress));
    SLIPWAY_ASSIGN(plan.options.platform,
                   image::Platform::parse("linux/" + os::machine_architecture()));
    plan.request.build_platform = plan.request.platform = plan.options.platform;
    if (!flags.network.empty() && flags.network != "host" && flags.network != "none" &&
        flags.network != "default") {
        return make_error(ErrorCode::kUsage, "--network '{}' is neither host nor none",
                          flags.network);
    }
    plan.request.network = flags.network == "default" ? "" : flags.network;
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
    for (const auto& text : flags.build_contexts) {
        SLIPWAY_ASSIGN(const auto pair, key_value("--build-context", text));
        SLIPWAY_TRY(add_build_context(pair.first, pair.second, plan)
                        .context("--build-context {}", pair.first));
    }
    plan.request.no_cache = flags.no_cache;
    plan.request.no_cache_stages = flags.no_cache_filter;
    plan.request.resolve_mode =
        flags.pull ? frontend::ResolveMode::kPull : frontend::ResolveMode::kDefault;
    plan.options.mode = flags.dry_run ? solver::Mode::kDryRun : solver::Mode::kBuild;
    plan.options.max_parallel = flags.max_parallel;
    return plan;
}

void add_build_flags(CLI::App& command, BuildFlags& flags) {
    command.add_option("-t,--tag", flags.tags, "Name and optional tag of the image")
        ->type_name("NAME[:TAG]")
        ->allow_extra_args(false);
    command
        .add_option("--build-arg", flags.build_args,
                    "Value of an ARG; without a value: the variable of that name")
        ->type_name("NAME[=VALUE]")
        ->allow_extra_args(false);
    command
        .add_option("--build-context", flags.build_contexts,
                    "Named context: a directory, docker-image://REF, oci-layout://DIR, a git "
                    "repository or a URL")
        ->type_name("NAME=SOURCE")
        ->allow_extra_args(false);
    command.add_option("--secret", flags.secrets, "Secret for RUN --mount=type=secret")
        ->type_name("id=ID[,src=FILE|,env=NAME]")
        ->allow_extra_args(false);
    command
        .add_option("--ssh", flags.ssh,
                    "SSH agent or keys for RUN --mount=type=ssh (default: SSH_AUTH_SOCK)")
        ->type_name("default|ID[=SOCKET|KEY[,KEY]]")
        ->allow_extra_args(false);
    command
        .add_option("--allow", flags.allow,
                    "Allow network.host, security.insecure, device or device=NAME to RUN steps")
        ->type_name("ENTITLEMENT")
        ->allow_extra_args(false);
    command.add_option("--label", flags.labels, "Label of the image")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    command.add_option("--network", flags.network, "Network of RUN steps")->type_name("host|none");
    command.add_option("--add-host", flags.extra_hosts, "Line for /etc/hosts of RUN steps")
        ->type_name("NAME:ADDRESS")
        ->allow_extra_args(false);
    command.add_option("--shm-size", flags.shm_size, "Size of /dev/shm in RUN steps")
        ->type_name("BYTES");
    command.add_option("--ulimit", flags.limits, "Resource limit of RUN steps")
        ->type_name("NAME=SOFT[:HARD]")
        ->allow_extra_args(false);
    command.add_flag("--no-cache", flags.no_cache, "Run every step again");
    command
        .add_option("--no-cache-filter", flags.no_cache_filter,
                    "Run the steps of these stages again")
        ->delimiter(',')
        ->allow_extra_args(false);
    command.add_flag("--pull", flags.pull, "Ask the registry for newer base images");
    command.add_flag("-q,--quiet", flags.quiet, "Print the image's digest only");
    command.add_option("--progress", flags.progress, "How progress is shown")
        ->type_name("auto|tty|plain|json|quiet")
        ->capture_default_str();
    command.add_option("--metadata-file", flags.metadata_file,
                       "Write what was built to this file, as JSON");
    command
        .add_option("-o,--output", flags.outputs,
                    "What to write: type=image|oci|docker|local|tar[,dest=PATH]")
        ->type_name("SPEC")
        ->allow_extra_args(false);
    command.add_flag("--dry-run", flags.dry_run,
                     "Print each step and whether it would run; change nothing");
    command.add_option("--max-parallelism", flags.max_parallel,
                       "Steps running at once (default: one per processor)");
}

}  // namespace slipway::cli
