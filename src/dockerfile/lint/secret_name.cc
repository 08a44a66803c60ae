#include "dockerfile/lint/secret_name.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

namespace slipway::dockerfile::lint {

namespace {

/// Parts between '_' of a name, each one of `words`?
bool has_part(std::string_view name, std::span<const std::string_view> words) {
    const std::string lower = to_lower(name);
    return std::ranges::any_of(split(lower, '_'), [&](std::string_view part) {
        return std::ranges::find(words, part) != words.end();
    });
}

}  // namespace

bool sounds_secret(std::string_view name) {
    static constexpr std::array<std::string_view, 10> kSecret = {
        "apikey",   "auth",  "credential", "credentials", "key",
        "password", "pword", "passwd",     "secret",      "token"};
    static constexpr std::array<std::string_view, 3> kHarmless = {"public", "file", "version"};
    return has_part(name, kSecret) && !has_part(name, kHarmless);
}

}  // namespace slipway::dockerfile::lint
