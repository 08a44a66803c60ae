// Any text expands or is refused; escaped text comes out as it was; what is cut off a value was its
// end. The input: one byte of mode, then a word; a line end begins the value of $v, another one
// that of $w.
#include "base/text.h"
#include "dockerfile/words.h"
#include "fuzz_check.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace slipway;
using namespace slipway::dockerfile;

namespace {

/// Each ASCII character behind an escape character.
std::string escape_all(std::string_view text, char escape) {
    std::string out;
    for (const char c : text) {
        if ((static_cast<unsigned char>(c) & 0x80U) == 0) out += escape;
        out += c;
    }
    return out;
}

void check_cuts(const Lookup& lookup, std::string_view value, char escape) {
    const auto shorter = expand_word("${v#$w}", lookup, escape);
    const auto longer = expand_word("${v##$w}", lookup, escape);
    FUZZ_CHECK(shorter.has_value() == longer.has_value(),
               "one length is refused, the other is not");
    if (!shorter) return;
    FUZZ_CHECK(value.ends_with(shorter->text), "the rest is not the end of the value");
    FUZZ_CHECK(shorter->text.ends_with(longer->text),
               "the longest match is shorter than the shortest");
    const auto back = expand_word("${v%$w}", lookup, escape);
    FUZZ_CHECK(!back || value.starts_with(back->text),
               "the rest is not the beginning of the value");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const char escape = (data[0] & 1U) != 0 ? '`' : '\\';
    constexpr std::array kQuotes = {Quotes::kRemove, Quotes::kKeepRaw, Quotes::kKeepShown,
                                    Quotes::kRemove};
    const Quotes quotes = kQuotes[(data[0] >> 1U) & 3U];
    const Unset unset = (data[0] & 8U) != 0 ? Unset::kLeave : Unset::kEmpty;

    const auto parts = split(text, '\n');
    const std::string_view word = parts[0];
    const std::string_view value = parts.size() > 1 ? parts[1] : "";
    const std::string_view pattern = parts.size() > 2 ? parts[2] : "";
    const Lookup lookup = [&](std::string_view name) -> std::optional<std::string> {
        if (name == "v") return std::string(value);
        if (name == "w") return std::string(pattern);
        return std::nullopt;
    };
    const auto expanded = expand_word(word, lookup, escape, quotes, unset);
    FUZZ_CHECK(expanded || !expanded.error().message().empty(), "an error without a message");
    static_cast<void>(expand_words(word, lookup, escape));

    const auto escaped = expand_word(escape_all(text, escape), lookup, escape);
    const bool has_mark = text.starts_with("\xEF\xBB\xBF");
    FUZZ_CHECK(escaped && (has_mark || escaped->text == text), "escaped text changed");
    // A doubled sign that comes out of $w asks for the longest match as well.
    if (!pattern.starts_with('#') && !pattern.starts_with('%')) check_cuts(lookup, value, escape);
    return 0;
}
