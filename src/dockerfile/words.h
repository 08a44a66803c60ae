// Words of a Dockerfile: quotes, escapes and variables, as the reference frontend's shell lexer reads them
// (llb-facts 2.11): $v ${v} ${v:-w} ${v-w} ${v:+w} ${v+w} ${v:?w} ${v?w} ${v#p} ${v##p} ${v%p} ${v%%p} ${v/p/r} ${v//p/r}.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace slipway::dockerfile {

/// The value of a variable, or nothing when it is unset.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

struct Expanded {
    std::string text;
    std::set<std::string> used;   ///< names looked up and found
    std::set<std::string> unset;  ///< names looked up and not found (for lint)
};

enum class Quotes { kRemove, kKeepRaw };  ///< kKeepRaw: heredoc bodies, quotes are ordinary characters

/// One word. kInvalidInput: unterminated quote or brace, bad modifier, `:?` on an unset variable.
Result<Expanded> expand_word(std::string_view word, const Lookup& lookup, char escape = '\\',
                             Quotes quotes = Quotes::kRemove);
/// Expands, then splits at unquoted blanks (EXPOSE, ADD/COPY sources of variables...).
Result<std::vector<std::string>> expand_words(std::string_view text, const Lookup& lookup, char escape = '\\');

}  // namespace slipway::dockerfile
