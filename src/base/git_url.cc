#include "base/git_url.h"

#include "base/path.h"
#include "base/text.h"
#include "base/url.h"

#include <algorithm>
#include <array>

namespace slipway {

namespace {

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool made_of(std::string_view text, std::string_view others) {
    return !text.empty() && std::ranges::all_of(text, [others](char c) {
        return is_alphanumeric(c) || others.find(c) != std::string_view::npos;
    });
}

void set_fragment(GitUrl& url, std::string_view fragment) {
    const auto [ref, subdir] =
        split_once(fragment, ':').value_or(std::pair(fragment, std::string_view()));
    url.ref = ref;
    url.subdir = clean_path("/" + std::string(subdir)).substr(1);
}

/// "user@host:path", as ssh writes it.
std::optional<GitUrl> parse_scp_form(std::string_view text) {
    const auto at = text.find('@');
    const auto colon = at == std::string_view::npos ? at : text.find(':', at);
    if (colon == std::string_view::npos ||
        text.find_first_of(std::string_view("\n\0", 2)) != std::string_view::npos)
        return std::nullopt;
    GitUrl url;
    url.scheme = "ssh";
    url.user = text.substr(0, at);
    url.host = text.substr(at + 1, colon - at - 1);
    if (!made_of(url.user, "-_") || !made_of(url.host, "-.")) return std::nullopt;
    std::string_view rest = text.substr(colon + 1);
    if (const auto cut = split_once(rest, '#')) {
        set_fragment(url, cut->second);
        rest = cut->first;
    }
    if (const auto cut = split_once(rest, '?')) {
        auto query = parse_query(cut->second);
        if (!query) return std::nullopt;
        url.query = *std::move(query);
        rest = cut->first;
    }
    url.path = rest;
    url.remote = url.user + "@" + url.host + ":" + url.path;
    return url;
}

}  // namespace

Result<std::optional<GitUrl>> GitUrl::parse(std::string_view text) {
    static constexpr std::array<std::string_view, 4> kSchemes = {"http", "https", "ssh", "git"};
    const auto scheme_end = text.find("://");
    if (scheme_end == std::string_view::npos || !made_of(text.substr(0, scheme_end), ""))
        return parse_scp_form(text);
    const std::string scheme = to_lower(text.substr(0, scheme_end));
    if (std::ranges::find(kSchemes, scheme) == kSchemes.end()) return std::nullopt;
    SLIPWAY_ASSIGN(Url parsed, Url::parse(text));
    GitUrl url;
    url.remote = parsed.without_query();
    url.scheme = std::move(parsed.scheme);
    url.user = std::move(parsed.user);
    url.host = std::move(parsed.host);
    url.path = std::move(parsed.path);
    url.query = parse_valid_query(parsed.query);
    set_fragment(url, parsed.fragment);
    if (parsed.fragment.find('\0') != std::string::npos)
        return make_error(ErrorCode::kInvalidInput,
                          "the ref of the git repository has a null byte");
    return url;
}

bool is_commit_id(std::string_view text) {
    return (text.size() == 40 || text.size() == 64) && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

}  // namespace slipway
