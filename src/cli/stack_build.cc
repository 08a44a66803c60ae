#include "cli/stack_build.h"

#include "base/json.h"
#include "cli/base_images.h"
#include "cli/build_context.h"
#include "cli/build_output.h"
#include "cli/build_report.h"
#include "cli/missing_sources.h"
#include "cli/stack_sources.h"
#include "engine/build.h"
#include "engine/source_time.h"
#include "frontend/dockerfile_frontend.h"
#include "llb/graph.h"
#include "os/file.h"
#include "stack/bake.h"
#include "ui/renderer.h"

#include <chrono>
#include <cstdio>

namespace slipway::cli {

namespace {

/// The request of one variant: what the flags say, and what the variant is.
Result<frontend::Request> request_of(const StackPlan& plan, const stack::Variant& variant) {
    frontend::Request request = plan.request;
    request.target = variant.stage;
    for (const auto& [name, value] : variant.args) request.build_args.try_emplace(name, value);
    SLIPWAY_ASSIGN(request.platform, image::Platform::parse(variant.platform));
    request.platform_given = true;
    return request;
}

Result<void> set_contexts(const StackFlags& flags, StackPlan& plan) {
    for (const auto& [name, where] : plan.contexts)
        SLIPWAY_TRY(add_build_context(name, where, plan).context("context {}", name));
    SLIPWAY_ASSIGN(const std::string context,
                   os::real_path(flags.context).context("--context {}", flags.context));
    plan.options.contexts["context"] = context;
    SLIPWAY_ASSIGN(plan.request.ignore_patterns, load_ignore_patterns(context + "/.dockerignore"));
    plan.request.has_context = true;
    plan.options.slot_prefix = plan.stack.folder;
    return {};
}

/// Findings that several variants have are told once.
void emit_once(const std::vector<frontend::Lowered>& lowered, const dockerfile::Dockerfile& file,
               progress::Sink& sink) {
    std::vector<dockerfile::lint::Finding> all;
    for (const auto& each : lowered) {
        for (const auto& finding : each.findings) {
            const bool known = std::ranges::any_of(all, [&](const auto& other) {
                return other.rule == finding.rule && other.lines == finding.lines &&
                       other.message == finding.message;
            });
            if (!known) all.push_back(finding);
        }
    }
    emit_findings(all, file, sink);
}

}  // namespace

Result<void> build_stack(const StackFlags& flags, StackPlan& plan, engine::Workspace& workspace,
                         const std::stop_token& stop) {
    const auto started = std::chrono::steady_clock::now();
    SLIPWAY_TRY(find_source_packages(plan, workspace, stop));
    SLIPWAY_TRY(set_contexts(flags, plan));
    const auto renderer = ui::make_renderer(plan.progress, fileno(stderr));
    SccacheSink sink(*renderer);
    const auto finish = [&](bool ok) {
        renderer->emit(progress::BuildDone{ok, std::chrono::steady_clock::now() - started});
        renderer->finish();
        print_sccache(sink.sections(), plan.progress);
    };
    StoreResolver images(workspace.images(), stop);
    TolerantResolver tolerant(images);
    frontend::ImageResolver& resolver =
        flags.dry_run ? static_cast<frontend::ImageResolver&>(images) : tolerant;
    plan.request.source_time = [&](const llb::SourceSpec& source) {
        return engine::source_time(source, plan.options, workspace, *renderer, stop);
    };
    std::vector<frontend::Lowered> lowered;
    std::vector<llb::Graph> graphs;
    for (const stack::Variant& variant : plan.variants) {
        SLIPWAY_ASSIGN(const auto request, request_of(plan, variant));
        auto made = frontend::lower(plan.file, request, resolver);
        if (!made) return images.as_outside(std::move(made).error()).context(variant.name());
        SLIPWAY_ASSIGN(auto graph, llb::Graph::load(made->definition));
        lowered.push_back(*std::move(made));
        graphs.push_back(std::move(graph));
    }
    emit_once(lowered, plan.file, *renderer);
    std::set<Digest> vertices;
    std::size_t total = 0;
    for (const auto& graph : graphs) {
        total += graph.vertices().size();
        for (const auto& vertex : graph.vertices()) vertices.insert(vertex.digest);
    }
    renderer->emit(progress::BuildStarted{plan.stack.name, vertices.size()});
    std::vector<solver::FailedSource> missing;
    plan.options.failed_sources = &missing;
    plan.options.missing_images = tolerant.missing();
    auto built = engine::build_all(graphs, plan.options, workspace, sink, stop);
    if (!built) {
        finish(false);
        if (!missing.empty()) return describe_missing(missing);
        return std::move(built).error();
    }
    const std::string shared =
        plan.variants.size() == 1
            ? ""
            : fmt::format("{} images of {} steps, {} of them shared", plan.variants.size(),
                          vertices.size(), total - vertices.size());
    if (flags.dry_run) {
        finish(true);
        print_dry_run(built->reports);
        if (!shared.empty()) print(shared);
        return {};
    }
    std::vector<stack::BakeTarget> targets;
    for (const auto& variant : plan.variants) targets.push_back({&variant, {}});
    const auto names = stack::target_names(targets);
    std::vector<exporter::Exported> results;
    Json metadata = Json::object();
    for (std::size_t i = 0; i < plan.variants.size(); ++i) {
        auto exported = export_image({.snapshot = built->snapshots[i],
                                      .config = lowered[i].config,
                                      .names = plan.tags[i],
                                      .origins = built->origins[i],
                                      .source_date_epoch = lowered[i].source_date_epoch},
                                     plan.outputs, workspace, *renderer, stop);
        if (!exported) {
            finish(false);
            return std::move(exported).error().context(names[i]);
        }
        metadata[names[i]] = describe_exported(*exported, plan.tags[i]);
        results.push_back(*std::move(exported));
    }
    finish(true);
    if (const Json sccache = sccache_json(sink.sections()); !sccache.empty())
        metadata["sccache"] = sccache;
    if (!flags.metadata_file.empty())
        SLIPWAY_TRY(os::write_file(flags.metadata_file, dump_json(metadata, 2) + "\n"));
    for (std::size_t i = 0; i < results.size(); ++i)
        print_build_result(results[i], plan.tags[i], plan.outputs, plan.progress);
    if (!shared.empty() && plan.progress != ui::ProgressMode::kQuiet)
        std::fprintf(stderr, "%s\n", shared.c_str());
    return {};
}

}  // namespace slipway::cli
