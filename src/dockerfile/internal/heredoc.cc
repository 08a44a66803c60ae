#include "dockerfile/internal/heredoc.h"

#include "base/text.h"
#include "dockerfile/internal/lexer.h"

#include <algorithm>
#include <limits>

namespace slipway::dockerfile::internal {

namespace {

/// Names of heredocs and the text around them are read with the default escape, whatever the
/// directive says, and without values for variables.
Result<std::vector<std::string>> lex_words(std::string_view text, LexOptions options) {
    options.unset = Unset::kLeave;
    options.split_words = true;
    options.max_size = std::max(options.max_size, 2 * text.size());
    const Lookup nothing = [](std::string_view) { return std::nullopt; };
    SLIPWAY_ASSIGN(Lexed lexed, lex(text, nothing, options));
    return std::move(lexed.words);
}

auto count_quotes(std::string_view text) {
    return std::count_if(text.begin(), text.end(), [](char c) { return c == '\'' || c == '"'; });
}

}  // namespace

Result<std::optional<Heredoc>> parse_heredoc_word(std::string_view word) {
    const auto mark = word.find_first_not_of("0123456789");
    if (mark == std::string_view::npos || !word.substr(mark).starts_with("<<")) return std::nullopt;
    Heredoc heredoc;
    constexpr std::uint64_t kMaxFd = std::numeric_limits<int>::max();
    if (mark > 0)
        heredoc.fd =
            static_cast<int>(std::min(parse_uint(word.substr(0, mark)).value_or(kMaxFd), kMaxFd));
    std::string_view name = word.substr(mark + 2);
    heredoc.strip_tabs = name.starts_with('-');
    if (heredoc.strip_tabs) name.remove_prefix(1);
    name.remove_prefix(std::min(name.find_first_not_of("\t\n\f\r "), name.size()));
    if (name.empty() || name.find('<') != std::string_view::npos) return std::nullopt;

    SLIPWAY_ASSIGN(const auto words, lex_words(name, {}));
    if (words.size() != 1) return std::nullopt;
    SLIPWAY_ASSIGN(const auto shown, lex_words(name, {.quotes = Quotes::kKeepShown}));
    heredoc.name = words[0];
    heredoc.expand = shown.size() == 1 && count_quotes(words[0]) == count_quotes(shown[0]);
    return heredoc;
}

Result<std::vector<Heredoc>> find_heredocs(std::string_view line) {
    std::vector<Heredoc> heredocs;
    if (line.find("<<") == std::string_view::npos) return heredocs;
    const auto words = lex_words(line, {.quotes = Quotes::kKeepShown, .keep_escapes = true});
    if (!words) return heredocs;
    for (const auto& word : *words) {
        SLIPWAY_ASSIGN(auto heredoc, parse_heredoc_word(word));
        if (heredoc) heredocs.push_back(*std::move(heredoc));
    }
    return heredocs;
}

std::string strip_leading_tabs(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    bool line_start = true;
    for (const char c : text) {
        if (line_start && c == '\t') continue;
        line_start = c == '\n';
        out += c;
    }
    return out;
}

}  // namespace slipway::dockerfile::internal
