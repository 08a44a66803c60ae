// The JSON facade: other rooms include this instead of the library. Objects keep their keys sorted,
// so that what we write is reproducible.
#pragma once

#include "base/result.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace slipway {

using Json = nlohmann::json;
/// Keeps its keys in the order given, for records that people read.
using OrderedJson = nlohmann::ordered_json;

/// kInvalidInput with the library's description of the place on malformed text.
Result<Json> parse_json(std::string_view text);

/// Typed look-ups that never throw: the default when the key is absent or null, kInvalidInput when
/// the type is wrong.
Result<std::string> json_string(const Json& object, std::string_view key,
                                std::string_view otherwise = "");
Result<std::int64_t> json_int(const Json& object, std::string_view key, std::int64_t otherwise = 0);

/// Text that is not UTF-8 is written with replacement characters instead of throwing. indent < 0:
/// one line.
std::string dump_json(const Json& json, int indent = -1);
std::string dump_json(const OrderedJson& json, int indent = -1);

}  // namespace slipway
