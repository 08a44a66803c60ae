// The build graph: BuildKit's LLB (ops.proto), content-addressed, immutable once made.
#pragma once

#include "base/digest.h"
#include "base/result.h"
#include "llb/ops.pb.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace slipway::llb {

/// One output of one vertex.
struct Edge {
    Digest vertex;
    std::int64_t output = 0;
    bool operator==(const Edge&) const = default;
};

struct Vertex {
    Digest digest;      ///< sha256 of `bytes`
    std::string bytes;  ///< the op as it came
    pb::Op op = {};
    pb::OpMetadata metadata = {};
    std::vector<Edge> inputs = {};  ///< op.inputs, parsed
    /// metadata.description["llb.customname"], else the automatic name (llb-facts 1.8).
    [[nodiscard]] std::string name() const;
};

/// Vertices in an order in which inputs come before their users; each digest once. Without the
/// terminal op.
class Graph {
  public:
    Graph() = default;
    /// Checks what llb-facts 1.8 "Validation" says; kInvalidInput.
    /// Vertices that the result does not need are dropped. Does not keep `definition`.
    static Result<Graph> load(const pb::Definition& definition);

    [[nodiscard]] std::span<const Vertex> vertices() const { return vertices_; }
    [[nodiscard]] const Vertex* find(const Digest& digest) const;
    /// The wanted result; nothing for scratch.
    [[nodiscard]] const std::optional<Edge>& output() const { return output_; }
    /// Where in which source file a vertex comes from, if it is known.
    [[nodiscard]] std::optional<SourceRange> where(const Digest& vertex) const;
    [[nodiscard]] const pb::Source& source() const { return source_; }

  private:
    std::vector<Vertex> vertices_;
    std::unordered_map<Digest, std::size_t> index_;
    std::optional<Edge> output_;
    pb::Source source_;
};

/// Bytes of a message, the same for equal messages (map entries sorted).
std::string marshal_deterministic(const google::protobuf::MessageLite& message);

/// For people and tools: `dot` for Graphviz, JSON with llb-facts 1.9's op shapes and a top-level
/// {"version":1, ...}.
std::string to_dot(const Graph& graph);
std::string to_json(const Graph& graph);

}  // namespace slipway::llb
