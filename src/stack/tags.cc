#include "stack/tags.h"

#include "base/text.h"
#include "os/child.h"
#include "os/system.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

namespace slipway::stack {

namespace {

constexpr std::size_t kShort = 7;
constexpr const char* kNoRelease = "0.0.1";

/// What git prints; nothing when it fails.
std::optional<std::string> git(const std::string& folder, std::vector<std::string> words,
                               const std::stop_token& stop) {
    words.insert(words.begin(), {"git", "-C", folder});
    const auto done = os::run_command({.argv = std::move(words)}, stop);
    if (!done || !done->status.ok()) return std::nullopt;
    return std::string(trim(done->out));
}

using Number = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>;

/// "v1.2.3" or "1.2.3", without anything behind.
std::optional<Number> parse_release(std::string_view text) {
    if (text.starts_with('v')) text.remove_prefix(1);
    const auto parts = split(text, '.');
    if (parts.size() != 3) return std::nullopt;
    std::array<std::uint64_t, 3> numbers{};
    for (std::size_t i = 0; i < 3; ++i) {
        const auto number = parse_uint(parts[i]);
        if (!number) return std::nullopt;
        numbers[i] = *number;
    }
    return Number(numbers[0], numbers[1], numbers[2]);
}

std::string without_v(std::string_view text) {
    if (text.size() > 1 && text.front() == 'v' && text[1] >= '0' && text[1] <= '9')
        text.remove_prefix(1);
    return std::string(text);
}

/// The tag of HEAD: a release, or else the first.
std::string current_tag(const std::string& folder, const std::stop_token& stop) {
    const auto listed = git(folder, {"tag", "--points-at", "HEAD"}, stop);
    if (!listed || listed->empty()) return "";
    const auto tags = split(*listed, '\n');
    const auto release =
        std::ranges::find_if(tags, [](auto tag) { return parse_release(tag).has_value(); });
    return std::string(release == tags.end() ? tags.front() : *release);
}

/// The highest release: of the branches origin/release/X.Y.Z, else of the tags.
std::string latest_release(const std::string& folder, const std::stop_token& stop) {
    for (const char* below : {"refs/remotes/origin/release/", "refs/tags/"}) {
        const auto listed = git(folder, {"for-each-ref", "--format=%(refname)", below}, stop);
        if (!listed) return kNoRelease;
        std::optional<Number> highest;
        std::string name;
        for (std::string_view ref : split(*listed, '\n')) {
            if (!ref.starts_with(below)) continue;
            ref.remove_prefix(std::string_view(below).size());
            const auto number = parse_release(ref);
            if (!number || (highest && *highest >= *number)) continue;
            highest = number;
            name = without_v(ref);
        }
        if (highest) return name;
    }
    return kNoRelease;
}

/// A tag of an image: what it cannot have becomes '-'.
std::string as_tag(std::string text) {
    std::ranges::replace_if(
        text,
        [](unsigned char c) { return std::isalnum(c) == 0 && c != '_' && c != '.' && c != '-'; },
        '-');
    return text;
}

}  // namespace

Version version_of(const std::string& folder, const std::stop_token& stop) {
    Version version;
    version.commit =
        os::get_env("commit_id")
            .value_or(git(folder, {"rev-parse", "--verify", "HEAD"}, stop).value_or(""));
    const std::string tag =
        without_v(os::get_env("current_tag").value_or(current_tag(folder, stop)));
    if (!tag.empty()) {
        version.text = "v" + as_tag(tag);
        version.python = tag;
        return version;
    }
    const std::string latest =
        without_v(os::get_env("latest_tag").value_or(latest_release(folder, stop)));
    const std::string commit = version.commit.substr(0, kShort);
    version.text = as_tag("v" + latest + ".dev" + (commit.empty() ? "" : "." + commit));
    version.python = latest + ".dev" + (commit.empty() ? "" : "+" + commit);
    return version;
}

std::vector<std::string> tags_of(const Stack& stack, const Variant& variant, const Version& version,
                                 bool latest) {
    std::vector<std::string> tags = {
        fmt::format("{}:{}-{}", stack.image, version.text, variant.name())};
    if (latest) tags.push_back(fmt::format("{}:latest-{}", stack.image, variant.name()));
    return tags;
}

}  // namespace slipway::stack
