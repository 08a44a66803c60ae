#include "engine/build.h"

#include "base/json.h"
#include "base/redact.h"
#include "base/text.h"
#include "engine/internal/context_layers.h"
#include "engine/internal/emulation.h"
#include "engine/internal/layer_origins.h"
#include "engine/internal/remote_sources.h"
#include "engine/internal/step_context.h"
#include "engine/value.h"
#include "os/temp.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <unordered_map>
#include <unordered_set>

namespace slipway::engine {

namespace {

/// It goes to the terminal, and into the records of the cache.
std::string shown_name(const llb::Vertex& vertex) {
    return redact_urls(vertex.name());
}

Result<std::vector<std::string>> string_list(const pb::SourceOp& op, const std::string& key) {
    const auto found = op.attrs().find(key);
    if (found == op.attrs().end()) return std::vector<std::string>();
    SLIPWAY_ASSIGN(const Json json, parse_json(found->second).context("attribute {}", key));
    std::vector<std::string> list;
    if (!json.is_array())
        return make_error(ErrorCode::kInvalidInput, "attribute {} is not a list", key);
    for (const auto& item : json) {
        if (!item.is_string())
            return make_error(ErrorCode::kInvalidInput, "attribute {} is not a list of texts", key);
        list.push_back(item.get<std::string>());
    }
    return list;
}

std::string scheme_of(const std::string& identifier) {
    return identifier.substr(0, identifier.find("://"));
}

/// "Dockerfile:[runtime 3/7]" -> what the step is called apart from its text, so that an edited
/// instruction is still the same step. Steps without a position are told apart by their whole name.
std::string slot_of(const std::string& prefix, const std::string& name) {
    const auto end = name.starts_with('[') ? name.find(']') : std::string::npos;
    const std::string position = end == std::string::npos ? name : name.substr(0, end + 1);
    return prefix + ":" + (position == "[internal]" ? name : position);
}

/// Makes the steps of graphs, in their order; a vertex that several have is one step.
class Planner {
  public:
    explicit Planner(BuildContext& build) : build_(build) {}

    Result<void> add(const llb::Graph& graph) {
        for (const auto& vertex : graph.vertices()) {
            if (const auto known = index_.find(vertex.digest); known != index_.end()) {
                if (vertex.metadata.ignore_cache()) plan_.steps[known->second].ignore_cache = true;
                continue;
            }
            auto step = make(graph, vertex);
            if (!step) return locate(std::move(step).error(), graph, vertex);
            if (const int same = slots_[step->slot]++; same > 0)
                step->slot += fmt::format(":{}", same + 1);
            index_.emplace(vertex.digest, plan_.steps.size());
            plan_.steps.push_back(*std::move(step));
        }
        if (graph.output()) {
            SLIPWAY_ASSIGN(const auto target, edge(*graph.output()));
            plan_.targets.push_back(target);
        }
        return {};
    }

    [[nodiscard]] solver::Plan& plan() { return plan_; }

    [[nodiscard]] const std::unordered_map<Digest, std::shared_ptr<ContextSource>>& contexts()
        const {
        return contexts_;
    }

  private:
    static Error locate(Error error, const llb::Graph& graph, const llb::Vertex& vertex) {
        const auto where = graph.where(vertex.digest);
        if (!where) return std::move(error).context(shown_name(vertex));
        return std::move(error).at(*where).context(shown_name(vertex));
    }

    Result<solver::InputEdge> edge(const llb::Edge& edge) const {
        const auto found = index_.find(edge.vertex);
        if (found == index_.end()) {
            return make_error(ErrorCode::kInvalidInput,
                              "the graph names a vertex {} that is not in it", edge.vertex);
        }
        return solver::InputEdge{found->second, static_cast<std::size_t>(edge.output)};
    }

    Result<solver::PlannedStep> make(const llb::Graph& graph, const llb::Vertex& vertex) {
        SLIPWAY_TRY(check_supported(vertex));
        solver::PlannedStep planned;
        planned.id = vertex.digest;
        planned.name = shown_name(vertex);
        planned.where = graph.where(vertex.digest);
        planned.slot = slot_of(build_.options.slot_prefix, planned.name);
        planned.ignore_cache = vertex.metadata.ignore_cache();
        std::vector<StepInput> inputs;
        for (const auto& input : vertex.inputs) {
            SLIPWAY_ASSIGN(const auto planned_edge, edge(input));
            planned.inputs.push_back(planned_edge);
            const auto context = contexts_.find(input.vertex);
            inputs.push_back({shown_name(*graph.find(input.vertex)),
                              context == contexts_.end() ? nullptr : context->second});
        }
        if (vertex.op.has_source()) {
            SLIPWAY_TRY(make_source(vertex, planned));
        } else if (vertex.op.has_exec()) {
            SLIPWAY_TRY(check_platform(vertex));
            SLIPWAY_TRY(check_demands(vertex.op.exec()));
            planned.step = make_exec_step(build_, vertex, std::move(inputs));
        } else if (vertex.op.has_file()) {
            planned.step = make_file_step(build_, vertex, std::move(inputs));
        } else {
            planned.step = make_merge_step(build_, std::move(inputs));
        }
        return planned;
    }

    static image::Platform platform_of(const llb::Vertex& vertex) {
        const pb::Platform& platform = vertex.op.platform();
        return {platform.os(), platform.architecture(), platform.variant()};
    }

    /// Can this machine run the process at all?
    Result<void> check_platform(const llb::Vertex& vertex) {
        if (!vertex.op.has_platform()) return {};
        const image::Platform platform = platform_of(vertex);
        if (!runnable_.insert(platform.to_string()).second) return {};
        return check_runnable(platform, build_.options.platform, build_.scratch_dir);
    }

    /// Are network, security, devices and SSH agents that the process asks for to be had?
    Result<void> check_demands(const pb::ExecOp& op) {
        SLIPWAY_TRY(check_allowed(op, build_.options.allowed));
        std::vector<std::string> missing;
        SLIPWAY_TRY(choose_devices(op, build_.options.allowed, build_.devices, &missing));
        for (const std::string& name : missing) {
            build_.sink.emit(progress::Warning{
                fmt::format("device '{}' is not registered: the step runs without it", name),
                std::nullopt});
        }
        for (const auto& mount : op.mounts()) {
            if (mount.mounttype() != pb::SSH || mount.sshopt().optional()) continue;
            const std::string& id = mount.sshopt().id();
            if (build_.options.ssh.contains(id.empty() ? "default" : id)) continue;
            return make_error(ErrorCode::kNotFound, "SSH agent '{}' was not given",
                              id.empty() ? "default" : id)
                .hint(fmt::format("add --ssh {}", id.empty() ? "default" : id));
        }
        return {};
    }

    Result<void> make_source(const llb::Vertex& vertex, solver::PlannedStep& planned) {
        const auto& source = vertex.op.source();
        const std::string scheme = scheme_of(source.identifier());
        if (scheme == "http" || scheme == "https" || scheme == "git") {
            // The step that takes the files has the same name.
            planned.slot = build_.options.slot_prefix + ":" + source.identifier();
            planned.kind = solver::StepKind::kSource;
            SLIPWAY_ASSIGN(planned.step, scheme == "git" ? make_git_step(build_, vertex)
                                                         : make_http_step(build_, vertex));
            return {};
        }
        if (scheme != "local") {
            const image::Platform platform =
                vertex.op.has_platform() ? platform_of(vertex) : build_.options.platform;
            planned.kind = solver::StepKind::kSource;
            planned.step = make_image_step(build_, vertex, platform);
            return {};
        }
        const std::string name = source.identifier().substr(std::string_view("local://").size());
        const auto context = build_.options.contexts.find(name);
        if (context == build_.options.contexts.end()) {
            return make_error(ErrorCode::kInvalidInput, "the build has no local directory '{}'",
                              name);
        }
        source::ContextOptions options;
        options.host_path = context->second;
        SLIPWAY_ASSIGN(options.ignore_patterns, string_list(source, "local.excludepatterns"));
        SLIPWAY_ASSIGN(options.follow_paths, string_list(source, "local.followpaths"));
        contexts_[vertex.digest] = std::make_shared<ContextSource>(
            name, std::move(options), build_.workspace.store(), build_.workspace.cpu_pool());
        planned.kind = solver::StepKind::kVolatile;
        planned.step = make_context_step();
        return {};
    }

    BuildContext& build_;
    solver::Plan plan_;
    std::map<std::string, int> slots_;  ///< how many steps have it
    std::unordered_map<Digest, std::size_t> index_;
    std::unordered_set<std::string> runnable_;  ///< platforms that were asked about
    std::unordered_map<Digest, std::shared_ptr<ContextSource>> contexts_;
};

template <typename Asks>
bool any_process(std::span<const llb::Graph> graphs, const Asks& asks) {
    return std::ranges::any_of(graphs, [&](const llb::Graph& graph) {
        return std::ranges::any_of(graph.vertices(), [&](const llb::Vertex& vertex) {
            return vertex.op.has_exec() && asks(vertex.op.exec());
        });
    });
}

bool uses_ssh(const pb::ExecOp& op) {
    return std::ranges::any_of(op.mounts(),
                               [](const pb::Mount& mount) { return mount.mounttype() == pb::SSH; });
}

}  // namespace

Result<void> check_supported(const llb::Vertex& vertex) {
    const auto& op = vertex.op;
    if (op.has_source()) {
        const std::string scheme = scheme_of(op.source().identifier());
        if (op.source().attrs().contains("http.sig.pubkey") ||
            op.source().attrs().contains("http.sig.signature")) {
            return make_error(ErrorCode::kUnsupported,
                              "signatures of downloads are not supported yet");
        }
        static constexpr std::array<std::string_view, 6> kKnown = {
            "docker-image", "oci-layout", "git", "local", "http", "https"};
        if (std::ranges::find(kKnown, scheme) != kKnown.end()) return {};
        return make_error(ErrorCode::kUnsupported, "sources of type '{}' cannot be fetched yet",
                          scheme);
    }
    if (op.has_exec() || op.has_file() || op.has_merge()) return {};
    return make_error(ErrorCode::kUnsupported,
                      "the graph has an operation of a kind that is not supported yet");
}

Result<BuiltAll> build_all(std::span<const llb::Graph> graphs, const BuildOptions& options,
                           Workspace& workspace, progress::Sink& sink, std::stop_token stop) {
    SLIPWAY_ASSIGN(const auto scratch, workspace.store().temp_dir("build"));
    BuildContext context{workspace, options, sink, scratch.path(), std::nullopt, {}, {}};
    if (any_process(graphs, [](const auto& op) { return op.cdidevices_size() > 0; }))
        context.devices = exec::CdiRegistry::load();
    Planner planner(context);
    for (const auto& graph : graphs) SLIPWAY_TRY(planner.add(graph));
    if (options.mode == solver::Mode::kBuild) {
        if (any_process(graphs, [](const auto&) { return true; })) {
            SLIPWAY_ASSIGN(context.runtime, exec::Runtime::find(scratch.path() + "/runtime"));
        }
        if (any_process(graphs, uses_ssh)) {
            SLIPWAY_ASSIGN(context.ssh, exec::SshAgents::start(options.ssh, scratch.path(), stop));
        }
    }
    auto solved = solver::solve(planner.plan(), workspace.cache(), sink,
                                {.mode = options.mode,
                                 .max_parallel = options.max_parallel,
                                 .failed_sources = options.failed_sources,
                                 .stop = stop});
    for (const auto& [digest, source] : planner.contexts()) {
        // Losing it only means hashing again; a full disk will be reported by what needs the room.
        static_cast<void>(source->save());
    }
    SLIPWAY_TRY(solved);
    BuiltAll built;
    built.reports = std::move(solved->reports);
    built.snapshots.resize(graphs.size());
    built.origins.resize(graphs.size());
    if (solved->targets.empty()) return built;
    std::size_t target = 0;
    for (std::size_t i = 0; i < graphs.size(); ++i) {
        if (!graphs[i].output()) continue;
        const auto directory = planner.contexts().find(graphs[i].output()->vertex);
        SLIPWAY_ASSIGN(built.snapshots[i],
                       directory == planner.contexts().end()
                           ? to_snapshot(solved->targets[target])
                           : materialize(context, *directory->second, "/", stop));
        built.origins[i] = layer_origins(graphs[i], built.snapshots[i].size());
        ++target;
    }
    return built;
}

Result<Built> build(const llb::Graph& graph, const BuildOptions& options, Workspace& workspace,
                    progress::Sink& sink, std::stop_token stop) {
    SLIPWAY_ASSIGN(auto built, build_all({&graph, 1}, options, workspace, sink, std::move(stop)));
    return Built{std::move(built.snapshots[0]), std::move(built.origins[0]),
                 std::move(built.reports)};
}

}  // namespace slipway::engine
