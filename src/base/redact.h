// What people wrote, fit to be shown and kept.
#pragma once

#include <string>
#include <string_view>

namespace slipway {

/// Every URL in the text without its user and password: "https://me:pw@host/x" becomes
/// "https://xxxxx:xxxxx@host/x". The user "git" alone is no secret, and stays.
std::string redact_urls(std::string_view text);

}  // namespace slipway
