// What stages start from: images, named contexts, other stages.
#include "base/path.h"
#include "base/redact.h"
#include "base/text.h"
#include "frontend/git_ref.h"
#include "frontend/internal/build.h"
#include "frontend/internal/lint.h"
#include "image/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace slipway::frontend {
namespace {

constexpr std::string_view kImageScheme = "docker-image://";
constexpr std::string_view kLayoutScheme = "oci-layout://";
constexpr std::string_view kLocalScheme = "local:";
constexpr std::string_view kCommandKey = "com.docker.dockerfile.v1.command";

/// The name as people write it, without ":latest": what a named context goes by.
std::string context_name(const std::string& name) {
    const auto reference = image::ImageRef::parse(name);
    if (!reference) return name;
    std::string familiar = reference->familiar();
    static constexpr std::string_view kLatest = ":latest";
    if (familiar.ends_with(kLatest)) familiar.resize(familiar.size() - kLatest.size());
    return familiar;
}

bool holds_nothing(const image::ImageConfig& config) {
    return config.diff_ids.empty() &&
           std::ranges::all_of(config.history, &image::HistoryEntry::empty_layer);
}

/// Environment, directory and platform of an image, as its config says.
void take_config(Stage& stage, image::ImageConfig config) {
    stage.base_image = config;
    config.created.reset();
    stage.image = std::move(config);
}

llb::SourceSpec image_source(const Stage& stage, const std::string& identifier) {
    return {.identifier = identifier, .platform = to_pb(stage.platform)};
}

/// What was asked for is neither a stage nor an image: says so with the stage that may have been
/// meant.
Error explain_missing(const Build& build, const Stage& stage, Error error) {
    const std::string hint = build.stages.hint_for(build.file, stage.base_name, stage.lines);
    if (hint.empty() || error.code() == ErrorCode::kCancelled) return error;
    return make_error(error.code(), "no stage is called '{}'; {}", stage.base_name,
                      error.to_string())
        .hint(hint);
}

Result<void> load_context_image(Build& build, Stage& stage, const std::string& name,
                                const std::string& reference, const std::string& label) {
    SLIPWAY_ASSIGN(ResolvedImage resolved,
                   build.images.resolve(reference, stage.platform, build.request.resolve_mode)
                       .context("named context '{}'", name));
    llb::About about;
    stage.state.files =
        build.graph.source(image_source(stage, resolved.identifier), about.named(label));
    take_config(stage, std::move(resolved.config));
    return {};
}

void load_local_context(Build& build, Stage& stage, const std::string& name,
                        const std::string& local) {
    llb::SourceSpec spec{.identifier = "local://" + local,
                         .attrs = {{"local.sharedkeyhint", "context:" + name + "-"}}};
    const auto ignores = build.request.named_ignore_patterns.find(local);
    if (ignores != build.request.named_ignore_patterns.end() && !ignores->second.empty()) {
        spec.attrs["local.excludepatterns"] = llb::json_list(ignores->second);
    }
    llb::About about;
    stage.state.files =
        build.graph.source(std::move(spec), about.named("[context " + name + "] load from client"));
    build.local_contexts.emplace_back(stage.state.files, stage.paths);
}

/// `name` is a key of named_contexts.
Result<void> load_named_context(Build& build, Stage& stage, const std::string& name) {
    const std::string& what = build.request.named_contexts.at(name);
    const std::string shown = context_name(name);
    if (what.starts_with(kImageScheme)) {
        const std::string reference = what.substr(kImageScheme.size());
        if (reference == "scratch") return {};
        return load_context_image(build, stage, name, reference,
                                  fmt::format("[context {}] {}", shown, reference));
    }
    if (what.starts_with(kLayoutScheme)) {
        return load_context_image(build, stage, name, what,
                                  fmt::format("[context {}] OCI load from client", shown));
    }
    if (what.starts_with(kLocalScheme)) {
        load_local_context(build, stage, shown, what.substr(kLocalScheme.size()));
        return {};
    }
    SLIPWAY_ASSIGN(auto remote, RemoteContext::find_named(what));
    if (remote && is_http_file(what))
        remote->name = fmt::format("[context {}] {}", shown, redact_urls(what));
    if (!remote) {
        return make_error(ErrorCode::kInvalidInput, "named context '{}': '{}' is of no known kind",
                          name, redact_urls(what))
            .hint(
                "a directory, docker-image://REF, oci-layout://DIR, a git repository or an http "
                "URL");
    }
    stage.state.files = remote->add_to(build.graph);
    return {};
}

Result<void> resolve_image(Build& build, Stage& stage) {
    auto resolved =
        build.images.resolve(stage.base_name, stage.platform, build.request.resolve_mode);
    if (!resolved) return explain_missing(build, stage, std::move(resolved).error());
    const std::string identifier = std::move(resolved->identifier);
    take_config(stage, std::move(resolved->config));
    if (holds_nothing(stage.image)) return {};
    lint_base_platform(build, stage, stage.image.platform);

    llb::SourceSpec spec = image_source(stage, identifier);
    if (build.request.resolve_mode != ResolveMode::kDefault) {
        spec.attrs["image.resolvemode"] =
            build.request.resolve_mode == ResolveMode::kPull ? "pull" : "local";
    }
    const auto scheme = identifier.find("://");
    llb::About about;
    about.description.emplace(kCommandKey, stage.original);
    about.named(next_step_name(
        stage, "FROM " + identifier.substr(scheme == std::string::npos ? 0 : scheme + 3), false));
    about.place = stage.lines && stage.placed ? build.place(*stage.lines)
                                              : llb::Place{.file = build.file_number};
    stage.state.files = build.graph.source(std::move(spec), std::move(about));
    return {};
}

/// Sorted, relative; nothing when all of it is used or none.
std::vector<std::string> relative_paths(const std::set<std::string>& paths) {
    if (paths.contains("/")) return {};
    std::vector<std::string> relative;
    relative.reserve(paths.size());
    for (const std::string& path : paths) relative.push_back(path.substr(1));
    std::ranges::sort(relative);
    return relative;
}

void set_follow_paths(Build& build, llb::Ref local, const std::set<std::string>& paths) {
    const std::vector<std::string> relative = relative_paths(paths);
    if (!relative.empty())
        build.graph.set_attribute(local, "local.followpaths", llb::json_list(relative));
}

}  // namespace

std::optional<std::string> find_named_context(const Build& build, const std::string& name,
                                              const image::Platform& platform) {
    if (equals_ignoring_case(name, "scratch") || equals_ignoring_case(name, "context"))
        return std::nullopt;
    const std::string wanted = context_name(name);
    const std::string for_platform = wanted + "::" + platform.to_string();
    if (build.request.named_contexts.contains(for_platform)) return for_platform;
    for (const auto& [known, what] : build.request.named_contexts) {
        if (context_name(known) == wanted) return known;
    }
    return std::nullopt;
}

pb::Platform to_pb(const image::Platform& platform) {
    pb::Platform made;
    made.set_os(platform.os);
    made.set_architecture(platform.architecture);
    made.set_variant(platform.variant);
    return made;
}

Result<void> resolve_base(Build& build, Stage& stage, bool needed) {
    if (stage.unregistered) stage.dispatched = true;
    if (stage.base_name == "scratch" && !stage.replacement) {
        stage.platform = build.request.platform;
        stage.image = image::ImageConfig::for_scratch(stage.platform);
        return {};
    }
    auto reference = image::ImageRef::parse(stage.base_name);
    if (!reference) return explain_missing(build, stage, std::move(reference).error());
    if (!needed) return {};
    if (stage.replacement) {
        stage.dispatched = true;
        SLIPWAY_TRY(load_named_context(build, stage, *stage.replacement));
        if (stage.base_image) stage.platform = stage.base_image->platform;
        return {};
    }
    if (const auto name = find_named_context(build, stage.base_name, stage.platform)) {
        stage.image = image::ImageConfig::for_scratch(stage.platform);
        SLIPWAY_TRY(load_named_context(build, stage, *name));
        if (!stage.base_image) stage.base_image = stage.image;
        return {};
    }
    return resolve_image(build, stage);
}

void inherit(Build& build, Stage& stage) {
    if (stage.base == nullptr) return;
    build.grown += stage.base->state.env.size();
    for (const auto& entry : stage.base->image.history) build.grown += entry.created_by.size();
    stage.state = stage.base->state;
    stage.platform = stage.base->platform;
    stage.image = stage.base->image;
    stage.image.on_build.clear();
    stage.base_image = stage.base->base_image;
    stage.paths = stage.base->paths;
}

void set_paths(Build& build, const Stage& target) {
    target.paths->insert("/");
    std::set<std::string> paths;
    for (const auto& stage : build.stages.all())
        paths.insert(stage->context_paths.begin(), stage->context_paths.end());
    if (!build.request.remote_context) set_follow_paths(build, build.context, paths);
    for (const auto& [local, used] : build.local_contexts) set_follow_paths(build, local, *used);
}

}  // namespace slipway::frontend
