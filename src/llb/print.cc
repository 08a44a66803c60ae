// A graph as text: JSON in the shapes of BuildKit's own JSON (proto field names, unset fields left
// out, the oneofs under "Op", "Action" and "User"), and Graphviz.
#include "base/json.h"
#include "base/text.h"
#include "llb/graph.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>

namespace slipway::llb {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

Json to_json_value(const Message& message);

Json text_value(const FieldDescriptor& field, const std::string& text) {
    return field.type() == FieldDescriptor::TYPE_BYTES ? base64_encode(text) : text;
}

/// One value of a field; `index` < 0 for a field that is not repeated.
Json field_value(const Message& message, const FieldDescriptor& field, int index) {
    const Reflection& in = *message.GetReflection();
    const bool one = index < 0;
    switch (field.cpp_type()) {
        case FieldDescriptor::CPPTYPE_INT32:
            return one ? in.GetInt32(message, &field) : in.GetRepeatedInt32(message, &field, index);
        case FieldDescriptor::CPPTYPE_INT64:
            return one ? in.GetInt64(message, &field) : in.GetRepeatedInt64(message, &field, index);
        case FieldDescriptor::CPPTYPE_UINT32:
            return one ? in.GetUInt32(message, &field)
                       : in.GetRepeatedUInt32(message, &field, index);
        case FieldDescriptor::CPPTYPE_UINT64:
            return one ? in.GetUInt64(message, &field)
                       : in.GetRepeatedUInt64(message, &field, index);
        case FieldDescriptor::CPPTYPE_BOOL:
            return one ? in.GetBool(message, &field) : in.GetRepeatedBool(message, &field, index);
        case FieldDescriptor::CPPTYPE_ENUM:
            return one ? in.GetEnumValue(message, &field)
                       : in.GetRepeatedEnumValue(message, &field, index);
        case FieldDescriptor::CPPTYPE_STRING:
            return text_value(field, one ? in.GetString(message, &field)
                                         : in.GetRepeatedString(message, &field, index));
        case FieldDescriptor::CPPTYPE_MESSAGE:
            return to_json_value(one ? in.GetMessage(message, &field)
                                     : in.GetRepeatedMessage(message, &field, index));
        case FieldDescriptor::CPPTYPE_FLOAT:
        case FieldDescriptor::CPPTYPE_DOUBLE:
            break;  // ops.proto has none
    }
    return nullptr;
}

Json map_value(const Message& message, const FieldDescriptor& field) {
    const Reflection& in = *message.GetReflection();
    const FieldDescriptor& value = *field.message_type()->map_value();
    Json object = Json::object();
    for (int i = 0; i < in.FieldSize(message, &field); ++i) {
        const Message& entry = in.GetRepeatedMessage(message, &field, i);
        const std::string key =
            entry.GetReflection()->GetString(entry, field.message_type()->map_key());
        object[key] = field_value(entry, value, -1);
    }
    return object;
}

std::string oneof_key(const std::string& name) {
    if (name == "op") return "Op";
    return name == "action" ? "Action" : "User";
}

Json to_json_value(const Message& message) {
    std::vector<const FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    Json object = Json::object();
    for (const FieldDescriptor* field : fields) {
        if (field->is_map()) {
            object[field->name()] = map_value(message, *field);
        } else if (field->is_repeated()) {
            Json& list = object[field->name()] = Json::array();
            for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
                list.push_back(field_value(message, *field, i));
            }
        } else if (const auto* oneof = field->real_containing_oneof()) {
            const std::string name = field->name() == "byID" ? "byId" : field->name();
            object[oneof_key(oneof->name())] = {{name, field_value(message, *field, -1)}};
        } else {
            object[field->name()] = field_value(message, *field, -1);
        }
    }
    return object;
}

Json where_value(const std::optional<SourceRange>& where) {
    if (!where) return nullptr;
    return {
        {"file", where->file}, {"first_line", where->first_line}, {"last_line", where->last_line}};
}

Json edge_value(const Edge& edge) {
    return {{"vertex", edge.vertex.to_string()}, {"output", edge.output}};
}

/// Quoted; long texts are cut, between characters.
std::string dot_text(std::string_view text) {
    static constexpr std::size_t kLongest = 120;
    std::size_t end = std::min(text.size(), kLongest);
    while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
        --end;
    std::string quoted = "\"";
    for (const char c : text.substr(0, end)) {
        if (c == '"' || c == '\\') quoted += '\\';
        if (c == '\n') {
            quoted += "\\n";
        } else {
            quoted += c;
        }
    }
    return quoted + (end < text.size() ? "...\"" : "\"");
}

std::string_view dot_shape(const pb::Op& op) {
    if (op.has_exec()) return "box";
    return op.has_source() ? "ellipse" : "note";
}

}  // namespace

std::string to_json(const Graph& graph) {
    Json vertices = Json::array();
    for (const Vertex& vertex : graph.vertices()) {
        vertices.push_back({{"digest", vertex.digest.to_string()},
                            {"name", vertex.name()},
                            {"op", to_json_value(vertex.op)},
                            {"metadata", to_json_value(vertex.metadata)},
                            {"where", where_value(graph.where(vertex.digest))}});
    }
    const Json json = {{"version", 1},
                       {"output", graph.output() ? edge_value(*graph.output()) : Json(nullptr)},
                       {"vertices", std::move(vertices)}};
    return dump_json(json, 2) + "\n";
}

std::string to_dot(const Graph& graph) {
    std::string text = "digraph llb {\n  rankdir=BT;\n";
    for (const Vertex& vertex : graph.vertices()) {
        text += fmt::format("  \"{}\" [shape={}, label={}];\n", vertex.digest.short_hex(),
                            dot_shape(vertex.op), dot_text(vertex.name()));
        for (const Edge& edge : vertex.inputs) {
            text += fmt::format("  \"{}\" -> \"{}\"", edge.vertex.short_hex(),
                                vertex.digest.short_hex());
            text += edge.output == 0 ? ";\n" : fmt::format(" [label=\"{}\"];\n", edge.output);
        }
    }
    if (graph.output()) {
        text += fmt::format("  result [shape=doublecircle];\n  \"{}\" -> result;\n",
                            graph.output()->vertex.short_hex());
    }
    return text + "}\n";
}

}  // namespace slipway::llb
