#include "image/internal/json_fields.h"

namespace slipway::image {

namespace {

/// The value of `key`, or null for absent and null alike.
Result<const Json*> find_field(const Json& object, std::string_view key) {
    if (!object.is_object()) {
        return make_error(ErrorCode::kInvalidInput, "a JSON object was expected around '{}'", key);
    }
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

Error wrong_type(std::string_view key, std::string_view expected) {
    return make_error(ErrorCode::kInvalidInput, "'{}' is not {}", key, expected);
}

}  // namespace

Result<Json> object_field(const Json& object, std::string_view key) {
    SLIPWAY_ASSIGN(const Json* const value, find_field(object, key));
    if (value == nullptr) return Json::object();
    if (!value->is_object()) return wrong_type(key, "an object");
    return *value;
}

Result<std::vector<std::string>> string_list(const Json& object, std::string_view key) {
    SLIPWAY_ASSIGN(const Json* const value, find_field(object, key));
    std::vector<std::string> list;
    if (value == nullptr) return list;
    if (!value->is_array()) return wrong_type(key, "a list");
    for (const Json& item : *value) {
        if (!item.is_string()) return wrong_type(key, "a list of strings");
        list.push_back(item.get<std::string>());
    }
    return list;
}

Result<std::map<std::string, std::string>> string_map(const Json& object, std::string_view key) {
    SLIPWAY_ASSIGN(const Json* const value, find_field(object, key));
    std::map<std::string, std::string> map;
    if (value == nullptr) return map;
    if (!value->is_object()) return wrong_type(key, "an object");
    for (const auto& [name, item] : value->items()) {
        if (!item.is_string() && !item.is_null()) return wrong_type(key, "an object of strings");
        map[name] = item.is_null() ? std::string() : item.get<std::string>();
    }
    return map;
}

Result<std::vector<std::string>> key_set(const Json& object, std::string_view key) {
    SLIPWAY_ASSIGN(const Json value, object_field(object, key));
    std::vector<std::string> keys;
    for (const auto& [name, item] : value.items()) keys.push_back(name);
    return keys;
}

Result<bool> json_bool(const Json& object, std::string_view key) {
    SLIPWAY_ASSIGN(const Json* const value, find_field(object, key));
    if (value == nullptr) return false;
    if (!value->is_boolean()) return wrong_type(key, "true or false");
    return value->get<bool>();
}

Json to_key_set(const std::vector<std::string>& keys) {
    Json object = Json::object();
    for (const auto& key : keys) object[key] = Json::object();
    return object;
}

}  // namespace slipway::image
