#include "engine/internal/layer_origins.h"

#include "base/redact.h"
#include "base/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace slipway::engine {

namespace {

using Edges = std::vector<llb::Edge>;

std::string attribute(const pb::SourceOp& op, const std::string& name) {
    const auto found = op.attrs().find(name);
    return found == op.attrs().end() ? "" : found->second;
}

std::string describe_git(const pb::SourceOp& op, std::string_view rest) {
    std::string remote = attribute(op, "git.fullurl");
    if (remote.empty()) remote = "https://" + std::string(rest.substr(0, rest.find('#')));
    const auto fragment = split_once(rest, '#');
    const std::string_view ref = fragment ? fragment->second : std::string_view();
    return fmt::format("git snapshot for {}#{}", redact_urls(remote), ref.substr(0, ref.find(':')));
}

std::string describe(const pb::SourceOp& op) {
    const auto parts = split_once(op.identifier(), ':');
    if (!parts) return {};
    const std::string_view scheme = parts->first;
    const std::string_view rest =
        parts->second.substr(std::min<std::size_t>(2, parts->second.size()));
    if (scheme == "local") return fmt::format("local source for {}", rest);
    if (scheme == "git") return describe_git(op, rest);
    if (scheme == "http" || scheme == "https") return "http url " + redact_urls(op.identifier());
    return fmt::format("pulled from {}", rest);
}

bool is_image(const llb::Vertex& vertex) {
    return vertex.op.has_source() &&
           (vertex.op.source().identifier().starts_with("docker-image:") ||
            vertex.op.source().identifier().starts_with("oci-layout:"));
}

Edges input_of(const llb::Vertex& vertex, std::int64_t index) {
    if (index < 0 || static_cast<std::size_t>(index) >= vertex.inputs.size()) return {};
    return {vertex.inputs[static_cast<std::size_t>(index)]};
}

/// A layer's origin, and what lies below it.
std::pair<std::string, Edges> look_at(const llb::Vertex& vertex, const pb::ExecOp& op,
                                      std::int64_t output) {
    for (const auto& mount : op.mounts()) {
        if (mount.output() != output) continue;
        return {
            fmt::format("mount {} from exec {}", mount.dest(), fmt::join(op.meta().args(), " ")),
            input_of(vertex, mount.input())};
    }
    return {};
}

std::pair<std::string, Edges> look_at(const llb::Vertex& vertex, const pb::FileOp& op,
                                      std::int64_t output) {
    const auto inputs = static_cast<std::int64_t>(vertex.inputs.size());
    int action = 0;
    while (action < op.actions_size() && op.actions(action).output() != output) ++action;
    if (action == op.actions_size()) return {};
    std::int64_t input = op.actions(action).input();
    // Actions work on what earlier ones left, which are numbered behind the inputs.
    for (int left = op.actions_size(); left > 0 && input >= inputs; --left) {
        if (input - inputs >= op.actions_size()) return {};
        input = op.actions(static_cast<int>(input - inputs)).input();
    }
    return {redact_urls(vertex.name()), input_of(vertex, input)};
}

}  // namespace

std::vector<std::string> layer_origins(const llb::Graph& graph, std::size_t count) {
    std::vector<std::string> origins;  // highest first
    Edges below;
    if (graph.output()) below.push_back(*graph.output());
    while (!below.empty() && origins.size() < count) {
        const llb::Edge edge = below.back();
        below.pop_back();
        const llb::Vertex* vertex = graph.find(edge.vertex);
        if (vertex == nullptr) break;
        if (vertex->op.has_merge()) {
            below.insert(below.end(), vertex->inputs.begin(), vertex->inputs.end());
            continue;
        }
        if (is_image(*vertex)) {  // of as many layers as remain, when nothing lies below it
            if (below.empty()) origins.resize(count, describe(vertex->op.source()));
            break;
        }
        if (vertex->op.has_source()) {
            origins.push_back(describe(vertex->op.source()));
            continue;
        }
        auto [origin, inputs] = vertex->op.has_exec()
                                    ? look_at(*vertex, vertex->op.exec(), edge.output)
                                    : look_at(*vertex, vertex->op.file(), edge.output);
        origins.push_back(std::move(origin));
        below.insert(below.end(), inputs.begin(), inputs.end());
    }
    origins.resize(count);
    std::ranges::reverse(origins);
    return origins;
}

}  // namespace slipway::engine
