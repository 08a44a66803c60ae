// The parts of one statement: keyword, flags, and the rest as words, as JSON or as it stands.
#pragma once

#include "base/result.h"
#include "dockerfile/ast.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile::internal {

/// Views into the statement's text.
struct Split {
    std::string_view keyword;  ///< as written
    std::vector<Flag> flags;
    std::string_view rest;  ///< what follows the flags, trimmed
};

Split split_statement(std::string_view text, char escape);

/// ADD, COPY and RUN, not in JSON form; also as an ONBUILD trigger.
bool can_have_heredocs(std::string_view text, char escape);

/// {first, rest}: cut at the first blanks. Nothing when there are none.
std::optional<std::pair<std::string_view, std::string_view>> split_at_blanks(std::string_view text);
/// At every run of blanks; quotes have no meaning.
std::vector<std::string_view> split_blanks(std::string_view text);
/// At blanks outside quotes; quotes and escapes stay.
std::vector<std::string> split_quoted(std::string_view text, char escape);

/// A JSON array of strings; nothing when the text is no JSON array. kInvalidInput when it holds
/// anything but strings.
Result<std::optional<std::vector<std::string>>> parse_json_list(std::string_view text);
/// No JSON array, but written as if it should be one?
bool looks_like_json_list(std::string_view text);

}  // namespace slipway::dockerfile::internal
