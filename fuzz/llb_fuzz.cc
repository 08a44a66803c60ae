// Any bytes that parse as a Definition are refused or give a graph in which inputs come first,
// which prints, and which loads again, the same, from what it kept.
#include "base/json.h"
#include "fuzz_check.h"
#include "llb/graph.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <unordered_set>

using namespace slipway;
using namespace slipway::llb;

namespace {

pb::Definition definition_of(const Graph& graph) {
    pb::Definition definition;
    for (const Vertex& vertex : graph.vertices()) definition.add_def(vertex.bytes);
    pb::Op terminal;
    terminal.add_inputs()->set_digest(graph.output()->vertex.to_string());
    terminal.mutable_inputs(0)->set_index(graph.output()->output);
    definition.add_def(marshal_deterministic(terminal));
    return definition;
}

void check_order(const Graph& graph) {
    std::unordered_set<Digest> seen;
    for (const Vertex& vertex : graph.vertices()) {
        for (const Edge& edge : vertex.inputs) {
            FUZZ_CHECK(seen.contains(edge.vertex), "an input comes after its user");
        }
        FUZZ_CHECK(seen.insert(vertex.digest).second, "a vertex stands there twice");
        FUZZ_CHECK(graph.find(vertex.digest) == &vertex, "a vertex is not found");
        static_cast<void>(graph.where(vertex.digest));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > std::numeric_limits<int>::max()) return 0;
    pb::Definition definition;
    if (!definition.ParseFromArray(data, static_cast<int>(size))) return 0;
    const auto graph = Graph::load(definition);
    if (!graph) return 0;
    check_order(*graph);
    FUZZ_CHECK(parse_json(to_json(*graph)).has_value(), "the JSON is not JSON");
    FUZZ_CHECK(to_dot(*graph).ends_with("}\n"), "the dot text has no end");
    if (!graph->output()) return 0;
    const auto again = Graph::load(definition_of(*graph));
    FUZZ_CHECK(again.has_value(), "what was kept does not load");
    FUZZ_CHECK(again->vertices().size() == graph->vertices().size(), "vertices were lost");
    return 0;
}
