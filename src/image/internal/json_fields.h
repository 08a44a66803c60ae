// Typed fields of JSON objects as Go's encoder writes them: null and absent are the same, empty
// ones are left out.
#pragma once

#include "base/json.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::image {

/// All kInvalidInput, naming the key, when a value has another type.
Result<Json> object_field(const Json& object, std::string_view key);
Result<std::vector<std::string>> string_list(const Json& object, std::string_view key);
Result<std::map<std::string, std::string>> string_map(const Json& object, std::string_view key);
/// The keys of an object whose values say nothing: {"8080/tcp": {}}.
Result<std::vector<std::string>> key_set(const Json& object, std::string_view key);
Result<bool> json_bool(const Json& object, std::string_view key);

Json to_key_set(const std::vector<std::string>& keys);
/// Sets `key` unless `value` is empty.
template <typename Container>
void set_unless_empty(Json& object, std::string_view key, const Container& value) {
    if (!value.empty()) object[std::string(key)] = value;
}

}  // namespace slipway::image
