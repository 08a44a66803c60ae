// Words of a Dockerfile: quotes, escapes and variables, as the reference frontend's shell lexer
// reads them (llb-facts 2.11): $v ${v} ${v:-w} ${v-w} ${v:+w} ${v+w} ${v:?w} ${v?w} ${v#p} ${v##p}
// ${v%p} ${v%%p} ${v/p/r} ${v//p/r}.
#pragma once

#include "base/result.h"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile {

/// The value of a variable, or nothing when it is unset.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

struct Expanded {
    std::string text;
    std::set<std::string> used;   ///< names looked up and found
    std::set<std::string> unset;  ///< names looked up and not found (for lint)
};

enum class Quotes {
    kRemove,
    kKeepRaw,    ///< heredoc bodies: quotes are ordinary characters
    kKeepShown,  ///< names for display: quotes and escapes do their work and stay in the text
};
enum class Unset {
    kEmpty,  ///< an unset variable is empty
    kLeave,  ///< its reference stays in the text: names for display
};

/// One word. kInvalidInput: unterminated quote or brace, bad modifier, `:?` on an unset variable, a
/// result beyond 1 MiB (kKeepRaw: 16 MiB), substitutions nested deeper than 100.
Result<Expanded> expand_word(std::string_view word, const Lookup& lookup, char escape = '\\',
                             Quotes quotes = Quotes::kRemove, Unset unset = Unset::kEmpty);
/// Expands, then splits at unquoted blanks, those in values too (EXPOSE).
Result<std::vector<std::string>> expand_words(std::string_view text, const Lookup& lookup,
                                              char escape = '\\');

}  // namespace slipway::dockerfile
