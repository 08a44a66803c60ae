// URLs as text, read the way Go's net/url reads them: what names a source must mean to us what it
// means to BuildKit. Nothing is looked up.
#pragma once

#include "base/result.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// "scheme://[user[:password]@]host[:port][/path][?query][#fragment]"
struct Url {
    std::string scheme;    ///< lower case
    std::string user;      ///< "user" or "user:password", as written; often a credential
    std::string host;      ///< with the port, as written
    std::string path;      ///< decoded: "/a b"
    std::string raw_path;  ///< as written, or encoded where it had to be: "/a%20b"
    std::string query;     ///< as written, without '?'
    std::string fragment;  ///< decoded, without '#'

    /// kInvalidInput; the message does not repeat the text, which may hold a credential.
    static Result<Url> parse(std::string_view text);
    /// Without query and fragment.
    [[nodiscard]] std::string without_query() const;
};

/// Values by name, in the order given. kInvalidInput for a malformed pair.
Result<std::map<std::string, std::vector<std::string>>> parse_query(std::string_view query);
/// The same, malformed pairs left out.
std::map<std::string, std::vector<std::string>> parse_valid_query(std::string_view query);

/// The last component of the URL's path; "" when there is none, or `url` is not one.
std::string url_base_name(std::string_view url);

/// "a%20b" -> "a b"; nothing when a '%' is not followed by two hex digits.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace slipway
