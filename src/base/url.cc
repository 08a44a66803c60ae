#include "base/url.h"

#include "base/path.h"
#include "base/text.h"
#include "base/utf8.h"

#include <algorithm>
#include <optional>

namespace slipway {

namespace {

constexpr std::string_view kUnreserved = "-_.~";

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

/// Are all characters letters, digits, or of `others`?
bool made_of(std::string_view text, std::string_view others) {
    return std::ranges::all_of(text, [others](char c) {
        return is_alphanumeric(c) || kUnreserved.find(c) != std::string_view::npos ||
               others.find(c) != std::string_view::npos;
    });
}

std::string encode_path(std::string_view path) {
    std::string encoded;
    for (const char c : path) {
        if (made_of({&c, 1}, "$&+,/:;=@")) {
            encoded += c;
        } else {
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return encoded;
}

Result<void> check_host(std::string_view host) {
    std::string_view port;
    if (host.starts_with('[')) {
        const auto end = host.find(']');
        if (end == std::string_view::npos)
            return Error(ErrorCode::kInvalidInput, "the host has no ']'");
        port = host.substr(end + 1);
    } else if (const auto colon = host.rfind(':'); colon != std::string_view::npos) {
        port = host.substr(colon);
    }
    const bool good_port =
        port.empty() || (port.front() == ':' && std::ranges::all_of(port.substr(1), [](char c) {
                             return c >= '0' && c <= '9';
                         }));
    if (!good_port) return Error(ErrorCode::kInvalidInput, "the port is not a number");
    const bool good_host = std::ranges::all_of(host, [](char c) {
        return static_cast<unsigned char>(c) >= 0x80 || made_of({&c, 1}, "!$&'()*+,;=:[]<>\"");
    });
    if (!good_host)
        return Error(ErrorCode::kInvalidInput, "the host has a character that no host has");
    return {};
}

std::optional<std::string> decode_query_text(std::string_view text) {
    std::string plain(text);
    std::ranges::replace(plain, '+', ' ');
    return percent_decode(plain);
}

/// Calls `bad` for each malformed pair.
template <typename Bad>
std::map<std::string, std::vector<std::string>> read_query(std::string_view query, Bad bad) {
    std::map<std::string, std::vector<std::string>> values;
    for (const std::string_view part : split(query, '&')) {
        if (part.empty()) continue;
        const auto [name, value] =
            split_once(part, '=').value_or(std::pair(part, std::string_view()));
        const auto plain_name = decode_query_text(name);
        const auto plain_value = decode_query_text(value);
        if (!plain_name || !plain_value || part.find(';') != std::string_view::npos) {
            bad(part);
        } else {
            values[*plain_name].push_back(*plain_value);
        }
    }
    return values;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            plain += text[i];
            continue;
        }
        const auto value =
            i + 2 < text.size() ? parse_uint(text.substr(i + 1, 2), 16) : std::nullopt;
        if (!value) return std::nullopt;
        plain += static_cast<char>(*value);
        i += 2;
    }
    return plain;
}

Result<Url> Url::parse(std::string_view text) {
    const auto invalid = [](std::string_view why) {
        return make_error(ErrorCode::kInvalidInput, "invalid URL: {}", why);
    };
    if (std::ranges::any_of(text, is_control)) return invalid("it has a control character");
    if (!is_utf8(text)) return invalid("it has bytes that are not UTF-8");
    Url url;
    if (const auto cut = split_once(text, '#')) {
        const auto fragment = percent_decode(cut->second);
        if (!fragment) return invalid("'%' is not followed by two hex digits");
        url.fragment = *fragment;
        text = cut->first;
    }
    if (const auto cut = split_once(text, '?')) {
        url.query = cut->second;
        text = cut->first;
    }
    const auto scheme_end = text.find("://");
    if (scheme_end == std::string_view::npos || scheme_end == 0) return invalid("it has no scheme");
    const std::string_view scheme = text.substr(0, scheme_end);
    if (!std::ranges::all_of(scheme, [](char c) {
            return is_alphanumeric(c) || c == '+' || c == '-' || c == '.';
        })) {
        return invalid("the scheme has a character that no scheme has");
    }
    url.scheme = to_lower(scheme);
    text.remove_prefix(scheme_end + 3);

    const std::string_view authority = text.substr(0, text.find('/'));
    const std::string_view path = text.substr(authority.size());
    const auto at = authority.rfind('@');
    if (at != std::string_view::npos) {
        const std::string_view user = authority.substr(0, at);
        if (!made_of(user, "%:!$&'()*+,;=@") || !percent_decode(user))
            return invalid("the user has a character that must be encoded");
        url.user = user;
    }
    const std::string_view host =
        at == std::string_view::npos ? authority : authority.substr(at + 1);
    if (auto good = check_host(host); !good) return invalid(good.error().message());
    url.host = host;
    const auto plain = percent_decode(path);
    if (!plain) return invalid("'%' is not followed by two hex digits");
    url.path = *plain;
    url.raw_path = made_of(path, "%/!$&'()*+,;=:@[]") ? std::string(path) : encode_path(url.path);
    return url;
}

std::string Url::without_query() const {
    return scheme + "://" + (user.empty() ? "" : user + "@") + host + raw_path;
}

Result<std::map<std::string, std::vector<std::string>>> parse_query(std::string_view query) {
    bool good = true;
    auto values = read_query(query, [&good](std::string_view) { good = false; });
    if (!good) return Error(ErrorCode::kInvalidInput, "the query after '?' is malformed");
    return values;
}

std::map<std::string, std::vector<std::string>> parse_valid_query(std::string_view query) {
    return read_query(query, [](std::string_view) {});
}

std::string url_base_name(std::string_view url) {
    const auto parsed = Url::parse(url);
    if (!parsed) return {};
    const std::string_view name = base_name(parsed->path);
    return name == "/" || name == "." ? std::string() : std::string(name);
}

}  // namespace slipway
