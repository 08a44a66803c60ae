#include "llb/graph.h"

#include "base/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <unordered_set>

namespace slipway::llb {
namespace {

template <typename... Args>
Error invalid(fmt::format_string<Args...> format, Args&&... args) {
    return make_error(ErrorCode::kInvalidInput, format, std::forward<Args>(args)...);
}

/// Is `number` one of `count` inputs, or -1 for scratch?
bool is_input(std::int64_t number, std::int64_t count) {
    return number >= -1 && number < count;
}

bool is_secret_or_ssh(const pb::Mount& mount) {
    return mount.mounttype() == pb::SECRET || mount.mounttype() == pb::SSH;
}

Result<void> check_exec(const pb::ExecOp& exec, std::int64_t inputs) {
    if (!exec.has_meta() || exec.meta().args().empty()) return invalid("exec op without arguments");
    if (exec.mounts().empty()) return invalid("exec op without mounts");
    bool has_root = false;
    std::unordered_set<std::int64_t> outputs;
    for (const pb::Mount& mount : exec.mounts()) {
        if (is_secret_or_ssh(mount)) continue;
        if (!is_input(mount.input(), inputs)) {
            return invalid("mount of '{}' uses input {} of {}", mount.dest(), mount.input(),
                           inputs);
        }
        if (mount.output() < -1 ||
            (mount.output() >= 0 && !outputs.insert(mount.output()).second)) {
            return invalid("mount of '{}' has the output number {}", mount.dest(), mount.output());
        }
        has_root = has_root || mount.dest() == "/";
    }
    if (!has_root) return invalid("exec op without a mount of '/'");
    return {};
}

Result<void> check_owner(const pb::ChownOpt& owner, std::int64_t inputs) {
    for (const pb::UserOpt* user : {&owner.user(), &owner.group()}) {
        if (user->has_byname() && !is_input(user->byname().input(), inputs)) {
            return invalid("owner '{}' is looked up in input {} of {}", user->byname().name(),
                           user->byname().input(), inputs);
        }
    }
    return {};
}

const pb::ChownOpt& owner_of(const pb::FileAction& action) {
    if (action.has_copy()) return action.copy().owner();
    if (action.has_mkfile()) return action.mkfile().owner();
    if (action.has_mkdir()) return action.mkdir().owner();
    return action.symlink().owner();
}

Result<void> check_file(const pb::FileOp& file, std::int64_t inputs) {
    if (file.actions().empty()) return invalid("file op without actions");
    std::unordered_set<std::int64_t> outputs;
    for (int i = 0; i < file.actions_size(); ++i) {
        const pb::FileAction& action = file.actions(i);
        if (action.action_case() == pb::FileAction::ACTION_NOT_SET)
            return invalid("file action {} is empty", i);
        if (!is_input(action.input(), inputs + i) ||
            !is_input(action.secondaryinput(), inputs + i)) {
            return invalid("file action {} uses an input that is not there", i);
        }
        if (action.output() < -1 ||
            (action.output() >= 0 && !outputs.insert(action.output()).second)) {
            return invalid("file action {} has the output number {}", i, action.output());
        }
        SLIPWAY_TRY(check_owner(owner_of(action), inputs));
    }
    return {};
}

Result<void> check_op(const pb::Op& op) {
    const std::int64_t inputs = op.inputs_size();
    switch (op.op_case()) {
        case pb::Op::kExec:
            return check_exec(op.exec(), inputs);
        case pb::Op::kSource:
            if (op.source().identifier().empty()) return invalid("source op without an identifier");
            return {};
        case pb::Op::kFile:
            return check_file(op.file(), inputs);
        case pb::Op::kMerge:
            for (const pb::MergeInput& input : op.merge().inputs()) {
                if (!is_input(input.input(), inputs))
                    return invalid("merge op uses input {} of {}", input.input(), inputs);
            }
            return {};
        case pb::Op::kDiff:
            if (!op.diff().has_lower() || !op.diff().has_upper())
                return invalid("diff op needs a lower and an upper side");
            if (!is_input(op.diff().lower().input(), inputs) ||
                !is_input(op.diff().upper().input(), inputs)) {
                return invalid("diff op uses an input that is not there");
            }
            return {};
        case pb::Op::kPassthrough:
            if (op.passthrough().id().empty() || op.passthrough().outputs().empty()) {
                return invalid("passthrough op needs an id and outputs");
            }
            return {};
        case pb::Op::kBuild:
            return {};
        case pb::Op::OP_NOT_SET:
            return invalid("an op without an operation stands before the end");
    }
    return invalid("unknown kind of op");
}

/// Has the op an output of this number?
bool has_output(const pb::Op& op, std::int64_t number) {
    switch (op.op_case()) {
        case pb::Op::kExec:
            return std::ranges::any_of(op.exec().mounts(), [number](const pb::Mount& mount) {
                return !is_secret_or_ssh(mount) && mount.output() == number;
            });
        case pb::Op::kFile:
            return std::ranges::any_of(op.file().actions(), [number](const pb::FileAction& action) {
                return action.output() == number;
            });
        case pb::Op::kPassthrough:
            return number < op.passthrough().outputs_size();
        case pb::Op::kBuild:
            return true;
        case pb::Op::kSource:
        case pb::Op::kMerge:
        case pb::Op::kDiff:
        case pb::Op::OP_NOT_SET:
            break;
    }
    return number == 0;
}

Result<pb::Op> parse_op(const std::string& bytes) {
    pb::Op op;
    if (!op.ParseFromString(bytes)) return invalid("the graph holds bytes that are not an op");
    return op;
}

Result<std::vector<Edge>> parse_inputs(const pb::Op& op) {
    std::vector<Edge> edges;
    edges.reserve(static_cast<std::size_t>(op.inputs_size()));
    for (const pb::Input& input : op.inputs()) {
        SLIPWAY_ASSIGN(const Digest digest, Digest::parse(input.digest()));
        if (input.index() < 0)
            return invalid("input of vertex {} has the index {}", digest, input.index());
        edges.push_back({digest, input.index()});
    }
    return edges;
}

std::string name_of_action(const pb::FileAction& action) {
    switch (action.action_case()) {
        case pb::FileAction::kCopy:
            return fmt::format("copy {} {}", action.copy().src(), action.copy().dest());
        case pb::FileAction::kMkfile:
            return "mkfile " + action.mkfile().path();
        case pb::FileAction::kMkdir:
            return "mkdir " + action.mkdir().path();
        case pb::FileAction::kRm:
            return "rm " + action.rm().path();
        case pb::FileAction::kSymlink:
            return fmt::format("symlink {} {}", action.symlink().oldpath(),
                               action.symlink().newpath());
        case pb::FileAction::ACTION_NOT_SET:
            break;
    }
    return "";
}

std::string automatic_name(const pb::Op& op) {
    switch (op.op_case()) {
        case pb::Op::kExec:
            return fmt::format("{}", fmt::join(op.exec().meta().args(), " "));
        case pb::Op::kSource:
            return op.source().identifier();
        case pb::Op::kFile: {
            std::vector<std::string> names;
            for (const pb::FileAction& action : op.file().actions())
                names.push_back(name_of_action(action));
            return join(names, ",");
        }
        case pb::Op::kMerge:
            return "merge";
        case pb::Op::kDiff:
            return "diff";
        case pb::Op::kBuild:
            return "build";
        case pb::Op::kPassthrough:
            return op.passthrough().id();
        case pb::Op::OP_NOT_SET:
            break;
    }
    return "";
}

}  // namespace

std::string Vertex::name() const {
    const auto custom = metadata.description().find("llb.customname");
    if (custom != metadata.description().end()) return custom->second;
    return automatic_name(op);
}

Result<Graph> Graph::load(const pb::Definition& definition) {
    Graph graph;
    graph.source_ = definition.source();
    if (definition.def().empty()) return graph;
    if (definition.def_size() < 2) return invalid("the graph has no vertices besides its end");

    SLIPWAY_ASSIGN(const pb::Op terminal, parse_op(definition.def(definition.def_size() - 1)));
    if (terminal.op_case() != pb::Op::OP_NOT_SET || terminal.inputs_size() != 1) {
        return invalid("the last op of the graph must only name the wanted result");
    }
    SLIPWAY_ASSIGN(const std::vector<Edge> wanted, parse_inputs(terminal));

    std::vector<Vertex> loaded;
    std::unordered_map<Digest, std::size_t> places;
    for (int i = 0; i + 1 < definition.def_size(); ++i) {
        Vertex vertex{.digest = Digest::of(definition.def(i)), .bytes = definition.def(i)};
        if (!places.emplace(vertex.digest, loaded.size()).second) continue;
        SLIPWAY_ASSIGN(vertex.op, parse_op(vertex.bytes));
        SLIPWAY_TRY(check_op(vertex.op).context("vertex {}", vertex.digest));
        SLIPWAY_ASSIGN(vertex.inputs, parse_inputs(vertex.op));
        const auto metadata = definition.metadata().find(vertex.digest.to_string());
        if (metadata != definition.metadata().end()) vertex.metadata = metadata->second;
        loaded.push_back(std::move(vertex));
    }

    const auto find_producer = [&](const Edge& edge) -> Result<std::size_t> {
        const auto place = places.find(edge.vertex);
        if (place == places.end()) return invalid("the graph lacks the vertex {}", edge.vertex);
        if (!has_output(loaded[place->second].op, edge.output)) {
            return invalid("vertex {} has no output {}", edge.vertex, edge.output);
        }
        return place->second;
    };

    // Depth first with a stack of our own: how deep a graph is, is for its sender to say. There are
    // no cycles, because a vertex is named by the digest of bytes that name its inputs.
    struct Visit {
        std::size_t vertex;
        std::size_t next_input = 0;
    };
    SLIPWAY_ASSIGN(const std::size_t last, find_producer(wanted.front()));
    std::vector<bool> seen(loaded.size());
    std::vector<Visit> stack = {{last}};
    seen[last] = true;
    while (!stack.empty()) {
        Visit& top = stack.back();
        Vertex& vertex = loaded[top.vertex];
        if (top.next_input < vertex.inputs.size()) {
            SLIPWAY_ASSIGN(const std::size_t input, find_producer(vertex.inputs[top.next_input++]));
            if (!seen[input]) {
                seen[input] = true;
                stack.push_back({input});
            }
            continue;
        }
        graph.index_.emplace(vertex.digest, graph.vertices_.size());
        graph.vertices_.push_back(vertex);
        stack.pop_back();
    }
    graph.output_ = wanted.front();
    return graph;
}

const Vertex* Graph::find(const Digest& digest) const {
    const auto place = index_.find(digest);
    return place == index_.end() ? nullptr : &vertices_[place->second];
}

std::optional<SourceRange> Graph::where(const Digest& vertex) const {
    const auto found = source_.locations().find(vertex.to_string());
    if (found == source_.locations().end()) return std::nullopt;
    for (const pb::Location& location : found->second.locations()) {
        if (location.sourceindex() < 0 || location.sourceindex() >= source_.infos_size()) continue;
        if (location.ranges().empty()) continue;
        SourceRange range{.file = source_.infos(location.sourceindex()).filename(),
                          .first_line = location.ranges(0).start().line(),
                          .last_line = location.ranges(0).end().line()};
        for (const pb::Range& part : location.ranges()) {
            range.first_line = std::min(range.first_line, part.start().line());
            range.last_line = std::max(range.last_line, part.end().line());
        }
        return range;
    }
    return std::nullopt;
}

std::string marshal_deterministic(const google::protobuf::MessageLite& message) {
    std::string bytes;
    {
        google::protobuf::io::StringOutputStream stream(&bytes);
        google::protobuf::io::CodedOutputStream coded(&stream);
        coded.SetSerializationDeterministic(true);
        message.SerializeToCodedStream(&coded);
    }
    return bytes;
}

}  // namespace slipway::llb
