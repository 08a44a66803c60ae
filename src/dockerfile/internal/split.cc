#include "dockerfile/internal/split.h"

#include "base/json.h"
#include "base/text.h"
#include "dockerfile/internal/utf8.h"

#include <algorithm>
#include <utility>

namespace slipway::dockerfile::internal {

namespace {

constexpr std::string_view kBlanks = "\t\v\f\r ";

bool is_quote(char c) {
    return c == '\'' || c == '"';
}

/// Reads "--name=value" words off the front of `text`; quotes and escapes are removed. Stops after
/// "--".
std::vector<Flag> take_flags(std::string_view& text, char escape) {
    std::vector<Flag> flags;
    while (true) {
        text = trim_left_space(text);
        if (!text.starts_with("--")) return flags;
        std::string word;
        std::size_t i = 0;
        char quote = '\0';
        while (i < text.size()) {
            const char c = text[i];
            const Rune rune = first_rune(text.substr(i));
            if (quote == '\0' && is_space(rune.value)) break;
            if (c == quote) {
                quote = '\0';
            } else if (quote == '\0' && is_quote(c)) {
                quote = c;
            } else if (c == escape) {
                const Rune escaped = first_rune(text.substr(i + 1));
                word += text.substr(i + 1, escaped.size);
                i += escaped.size;
            } else {
                word += text.substr(i, rune.size);
                i += rune.size - 1;
            }
            ++i;
        }
        text.remove_prefix(i);
        if (word == "--") return flags;
        if (const auto cut = split_once(word, '=')) {
            flags.push_back({std::string(cut->first.substr(2)), std::string(cut->second)});
        } else {
            flags.push_back({word.substr(2), std::nullopt});
        }
    }
}

}  // namespace

std::optional<std::pair<std::string_view, std::string_view>> split_at_blanks(
    std::string_view text) {
    const auto begin = text.find_first_of(kBlanks);
    if (begin == std::string_view::npos) return std::nullopt;
    const auto end = std::min(text.find_first_not_of(kBlanks, begin), text.size());
    return std::pair(text.substr(0, begin), text.substr(end));
}

Split split_statement(std::string_view text, char escape) {
    text = trim_space(text);
    const auto cut = split_at_blanks(text);
    if (!cut) return {text, {}, {}};
    Split split{cut->first, {}, cut->second};
    split.flags = take_flags(split.rest, escape);
    split.rest = trim_space(split.rest);
    return split;
}

bool can_have_heredocs(std::string_view text, char escape) {
    Split split = split_statement(text, escape);
    if (equals_ignoring_case(split.keyword, "ONBUILD")) split = split_statement(split.rest, escape);
    const std::string keyword = to_upper(split.keyword);
    if (keyword != "ADD" && keyword != "COPY" && keyword != "RUN") return false;
    const auto list = parse_json_list(split.rest);
    return list && !*list;
}

std::vector<std::string_view> split_blanks(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const auto cut = split_at_blanks(text);
        words.push_back(cut ? cut->first : text);
        text = cut ? cut->second : std::string_view();
    }
    return words;
}

std::vector<std::string> split_quoted(std::string_view text, char escape) {
    std::vector<std::string> words;
    std::string word;
    bool in_word = false;
    char quote = '\0';
    const auto end_word = [&] {
        if (in_word && !word.empty()) words.push_back(std::exchange(word, {}));
        in_word = false;
    };
    while (!text.empty()) {
        const char c = text[0];
        const Rune rune = first_rune(text);
        if (quote == '\0' && is_space(rune.value)) {
            end_word();
            text.remove_prefix(rune.size);
            continue;
        }
        in_word = true;
        std::size_t size = rune.size;
        if (c == quote) {
            quote = '\0';
        } else if (quote == '\0' && is_quote(c)) {
            quote = c;
        } else if (c == escape && quote != '\'') {
            if (text.size() == 1) break;  // at the very end it stands for nothing
            size += first_rune(text.substr(1)).size;
        }
        word += text.substr(0, size);
        text.remove_prefix(size);
    }
    end_word();
    return words;
}

Result<std::optional<std::vector<std::string>>> parse_json_list(std::string_view text) {
    text = trim_left_space(text);
    if (!text.starts_with('[')) return std::nullopt;
    const auto json = parse_json(text);
    if (!json) return std::nullopt;
    std::vector<std::string> list;
    for (const auto& item : *json) {
        if (!item.is_string()) {
            return make_error(ErrorCode::kInvalidInput,
                              "the JSON form may hold strings only, not {}", item.type_name());
        }
        list.push_back(item.get<std::string>());
    }
    return list;
}

bool looks_like_json_list(std::string_view text) {
    if (!text.starts_with('[') || text.starts_with("[[")) return false;
    const auto first = text.find_first_not_of(" \t", 1);
    if (first == std::string_view::npos || !is_quote(text[first])) return false;
    // The shell's test command has a blank behind its bracket and no comma behind a quoted word.
    return first == 1 || text.find("\",") != std::string_view::npos ||
           text.find("',") != std::string_view::npos;
}

}  // namespace slipway::dockerfile::internal
