#include "base/json.h"

namespace slipway {

Result<Json> parse_json(std::string_view text) {
    try {
        return Json::parse(text);
    } catch (const Json::exception& error) {
        return make_error(ErrorCode::kInvalidInput, "not valid JSON: {}", error.what());
    }
}

Result<std::string> json_string(const Json& object, std::string_view key,
                                std::string_view otherwise) {
    if (!object.is_object())
        return make_error(ErrorCode::kInvalidInput, "a JSON object was expected");
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return std::string(otherwise);
    if (!found->is_string())
        return make_error(ErrorCode::kInvalidInput, "'{}' is not a string", key);
    return found->get<std::string>();
}

Result<std::int64_t> json_int(const Json& object, std::string_view key, std::int64_t otherwise) {
    if (!object.is_object())
        return make_error(ErrorCode::kInvalidInput, "a JSON object was expected");
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return otherwise;
    if (!found->is_number_integer())
        return make_error(ErrorCode::kInvalidInput, "'{}' is not an integer", key);
    return found->get<std::int64_t>();
}

std::string dump_json(const Json& json, int indent) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string dump_json(const OrderedJson& json, int indent) {
    return json.dump(indent, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace slipway
