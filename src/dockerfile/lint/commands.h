// Questions about the commands of a script that several rules ask.
#pragma once

#include "dockerfile/lint/shell.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>

namespace slipway::dockerfile::lint {

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
    return std::ranges::find(words, word) != words.end();
}

/// "-fsSLo" has 'o'; "--output" and "-" have no letters.
inline bool has_short_flag(std::string_view word, char letter) {
    return word.size() > 1 && word[0] == '-' && word[1] != '-' &&
           word.find(letter) != std::string_view::npos;
}

inline bool has_word(std::span<const ShellWord> words, std::string_view text) {
    return std::ranges::any_of(words, [text](const ShellWord& word) { return word.text == text; });
}

/// The first word behind the program that is no flag: "clone" of git, "install" of apt-get; "".
inline std::string subcommand(std::span<const ShellWord> words) {
    static constexpr std::array<std::string_view, 4> kWithValue = {"-C", "-c", "-o", "--directory"};
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (is_one_of(words[i].text, kWithValue)) {
            ++i;
        } else if (!words[i].text.starts_with('-')) {
            return words[i].text;
        }
    }
    return "";
}

}  // namespace slipway::dockerfile::lint
