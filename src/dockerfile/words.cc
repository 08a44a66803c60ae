#include "dockerfile/words.h"

#include "dockerfile/internal/lexer.h"

#include <utility>

namespace slipway::dockerfile {

namespace {

constexpr std::size_t kMaxWord = std::size_t{1} << 20U;
constexpr std::size_t kMaxBody = std::size_t{16} << 20U;

Result<internal::Lexed> lex_named(std::string_view text, const Lookup& lookup,
                                  const internal::LexOptions& options) {
    constexpr std::size_t kShown = 80;
    const std::string_view more = text.size() > kShown ? "..." : "";
    return internal::lex(text, lookup, options)
        .context("cannot expand '{}{}'", text.substr(0, kShown), more);
}

}  // namespace

Result<Expanded> expand_word(std::string_view word, const Lookup& lookup, char escape,
                             Quotes quotes, Unset unset) {
    const internal::LexOptions options{
        .escape = escape,
        .quotes = quotes,
        .unset = unset,
        .keep_escapes = quotes == Quotes::kKeepShown,
        .max_size = quotes == Quotes::kKeepRaw ? kMaxBody : kMaxWord};
    SLIPWAY_ASSIGN(internal::Lexed lexed, lex_named(word, lookup, options));
    return Expanded{std::move(lexed.text), std::move(lexed.used), std::move(lexed.unset)};
}

Result<std::vector<std::string>> expand_words(std::string_view text, const Lookup& lookup,
                                              char escape) {
    SLIPWAY_ASSIGN(internal::Lexed lexed,
                   lex_named(text, lookup, {.escape = escape, .split_words = true, .max_size = kMaxWord}));
    return std::move(lexed.words);
}

}  // namespace slipway::dockerfile
