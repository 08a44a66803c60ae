// The one reader of quotes, escapes and variables; words.h and heredoc.h are what is asked of it.
#pragma once

#include "base/result.h"
#include "dockerfile/words.h"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile::internal {

struct LexOptions {
    char escape = '\\';
    Quotes quotes = Quotes::kRemove;
    Unset unset = Unset::kEmpty;
    bool keep_escapes = false;                     ///< the escape character stays in the text
    bool split_words = false;                      ///< Lexed::words is wanted
    std::size_t max_size = std::size_t{1} << 20U;  ///< of the result, bytes
};

struct Lexed {
    std::string text;
    std::vector<std::string>
        words;  ///< split at unquoted blanks, also at those that a variable brought in
    std::set<std::string> used;
    std::set<std::string> unset;
};

/// kInvalidInput with the reason only; the caller says in what.
Result<Lexed> lex(std::string_view text, const Lookup& lookup, const LexOptions& options);

}  // namespace slipway::dockerfile::internal
