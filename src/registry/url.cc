#include "registry/url.h"

#include "base/redact.h"
#include "base/text.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace slipway::registry {

namespace {

struct UrlDeleter {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

/// "" when the URL has no such part.
std::string url_part(CURLU* url, CURLUPart part) {
    char* value = nullptr;
    if (curl_url_get(url, part, &value, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
    std::string result = value;
    curl_free(value);
    return result;
}

}  // namespace

Result<Url> Url::parse(const std::string& text) {
    const std::unique_ptr<CURLU, UrlDeleter> handle(curl_url());
    if (!handle || curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
        return make_error(ErrorCode::kInvalidInput, "not a valid URL: '{}'", shown_url(text));
    }
    Url url;
    url.scheme = to_lower(url_part(handle.get(), CURLUPART_SCHEME));
    url.host = to_lower(url_part(handle.get(), CURLUPART_HOST));
    url.port = url_part(handle.get(), CURLUPART_PORT);
    return url;
}

bool is_loopback(std::string_view host) {
    if (host.starts_with('[')) return host.substr(0, host.find(']') + 1) == "[::1]";
    if (host == "::1") return true;
    host = host.substr(0, host.find(':'));
    if (equals_ignoring_case(host, "localhost")) return true;
    const auto parts = split(host, '.');
    return parts.size() == 4 && parts[0] == "127" &&
           std::ranges::all_of(parts, [](std::string_view part) {
               const auto number = parse_uint(part);
               return number && *number <= 255;
           });
}

std::string shown_url(std::string_view url) {
    return redact_urls(url.substr(0, url.find_first_of("?#")));
}

std::string percent_encode(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
                                c == '~';
        if (unreserved) {
            result += c;
        } else {
            result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return result;
}

}  // namespace slipway::registry
