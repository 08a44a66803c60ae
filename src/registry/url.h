// The little that a registry client needs to know of URLs, by libcurl's parser.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace slipway::registry {

struct Url {
    std::string scheme;  ///< lower case
    std::string host;    ///< lower case, IPv6 addresses in brackets
    std::string port;    ///< of http and https always there

    static Result<Url> parse(const std::string& text);
    [[nodiscard]] bool same_origin(const Url& other) const {
        return scheme == other.scheme && host == other.host && port == other.port;
    }
};

/// localhost, 127.0.0.0/8 and ::1; `host` may carry a port.
bool is_loopback(std::string_view host);
/// For messages: without user, password, query and fragment, any of which may be a credential.
std::string shown_url(std::string_view url);
/// All but unreserved characters as %XX.
std::string percent_encode(std::string_view text);

}  // namespace slipway::registry
