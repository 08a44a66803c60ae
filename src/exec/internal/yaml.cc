#include "exec/internal/yaml.h"

#include <yaml.h>

#include <cstddef>

namespace slipway::exec {
namespace {

constexpr std::size_t kMostNodes = 100'000;
constexpr int kDeepest = 64;

class Document {
  public:
    Document() = default;
    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;
    ~Document() {
        if (loaded_) ::yaml_document_delete(&document_);
    }

    Result<void> load(std::string_view text) {
        yaml_parser_t parser;
        if (::yaml_parser_initialize(&parser) == 0)
            return make_error(ErrorCode::kResource, "libyaml");
        ::yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char*>(text.data()),
                                       text.size());
        loaded_ = ::yaml_parser_load(&parser, &document_) != 0;
        Error error = make_error(ErrorCode::kInvalidInput, "no YAML: {} (line {})",
                                 parser.problem == nullptr ? "unreadable" : parser.problem,
                                 parser.problem_mark.line + 1);
        ::yaml_parser_delete(&parser);
        if (!loaded_) return error;
        return {};
    }

    Result<Json> root() {
        const yaml_node_t* const node = ::yaml_document_get_root_node(&document_);
        if (node == nullptr) return Json();
        return convert(*node, 0);
    }

  private:
    static std::string text_of(const yaml_node_t& node) {
        return {reinterpret_cast<const char*>(node.data.scalar.value), node.data.scalar.length};
    }

    Result<Json> convert(const yaml_node_t& node, int depth) {
        if (++nodes_ > kMostNodes || depth > kDeepest) {
            return make_error(ErrorCode::kInvalidInput, "YAML that is too large or too deep");
        }
        if (node.type == YAML_SCALAR_NODE) return Json(text_of(node));
        if (node.type == YAML_SEQUENCE_NODE) {
            Json list = Json::array();
            const auto& items = node.data.sequence.items;
            for (const auto* item = items.start; item != items.top; ++item) {
                SLIPWAY_ASSIGN(Json value, convert(at(*item), depth + 1));
                list.push_back(std::move(value));
            }
            return list;
        }
        Json map = Json::object();
        const auto& pairs = node.data.mapping.pairs;
        for (const auto* pair = pairs.start; pair != pairs.top; ++pair) {
            const yaml_node_t& key = at(pair->key);
            if (key.type != YAML_SCALAR_NODE)
                return make_error(ErrorCode::kInvalidInput, "a YAML key that is no text");
            SLIPWAY_ASSIGN(map[text_of(key)], convert(at(pair->value), depth + 1));
        }
        return map;
    }

    const yaml_node_t& at(int index) { return *::yaml_document_get_node(&document_, index); }

    yaml_document_t document_{};
    bool loaded_ = false;
    std::size_t nodes_ = 0;
};

}  // namespace

Result<Json> parse_yaml(std::string_view text) {
    Document document;
    SLIPWAY_TRY(document.load(text));
    return document.root();
}

}  // namespace slipway::exec
