#include "base/redact.h"

namespace slipway {

std::string redact_urls(std::string_view text) {
    constexpr std::string_view kMask = "xxxxx";
    constexpr std::string_view kAfterAuthority = "/?# \t\r\n\"'`<>\\|;,()[]{}";
    constexpr std::string_view kSlashes = "://";
    std::string redacted;
    while (true) {
        const auto slashes = text.find(kSlashes);
        if (slashes == std::string_view::npos) break;
        const auto start = slashes + kSlashes.size();
        redacted += text.substr(0, start);
        text.remove_prefix(start);
        const auto at = text.substr(0, text.find_first_of(kAfterAuthority)).rfind('@');
        if (at == std::string_view::npos) continue;
        const std::string_view user = text.substr(0, at);
        const auto colon = user.find(':');
        if (user != "git" && !user.empty()) {
            redacted += kMask;
            if (colon != std::string_view::npos) redacted.append(":").append(kMask);
        } else {
            redacted += user;
        }
        text.remove_prefix(at);
    }
    redacted += text;
    return redacted;
}

}  // namespace slipway
