#include "cli/step_flags.h"

#include "base/byte_size.h"
#include "base/text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

namespace slipway::cli {

namespace {

constexpr std::array<std::string_view, 15> kLimits = {
    "core",   "cpu",   "data", "fsize",  "locks",  "memlock",    "msgqueue", "nice",
    "nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack"};

bool is_address(const std::string& text) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    return ::inet_pton(AF_INET, text.c_str(), address.data()) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
}

std::optional<std::int64_t> parse_limit_value(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < -1) return std::nullopt;
    return value;
}

}  // namespace

Result<std::pair<std::string, std::string>> parse_extra_host(const std::string& text) {
    auto pair = split_once(text, '=');
    if (!pair) pair = split_once(text, ':');
    if (!pair || pair->first.empty()) {
        return make_error(ErrorCode::kUsage, "--add-host '{}' is not NAME:ADDRESS", text);
    }
    std::string address(pair->second);
    if (address.size() > 2 && address.front() == '[' && address.back() == ']')
        address = address.substr(1, address.size() - 2);
    if (address == "host-gateway") {
        return make_error(ErrorCode::kUnsupported, "--add-host '{}': there is no gateway", text)
            .hint("steps are in the network of this machine: use 127.0.0.1");
    }
    if (!is_address(address)) {
        return make_error(ErrorCode::kUsage, "--add-host '{}': '{}' is no IP address", text,
                          address);
    }
    return std::pair(std::string(pair->first), std::move(address));
}

Result<std::int64_t> parse_shm_size(const std::string& text) {
    const auto size = parse_byte_size(text);
    if (size && *size > 0) return static_cast<std::int64_t>(*size);
    return make_error(ErrorCode::kUsage, "--shm-size '{}' is no size", text)
        .hint("a number with b, k, m or g, such as 128m");
}

Result<frontend::ResourceLimit> parse_limit(const std::string& text) {
    const auto pair = split_once(text, '=');
    if (!pair) return make_error(ErrorCode::kUsage, "--ulimit '{}' is not NAME=SOFT[:HARD]", text);
    if (std::ranges::find(kLimits, pair->first) == kLimits.end()) {
        return make_error(ErrorCode::kUsage, "--ulimit '{}': there is no limit '{}'", text,
                          pair->first)
            .hint("known are " +
                  join(std::vector<std::string>(kLimits.begin(), kLimits.end()), ", "));
    }
    const auto values = split_once(pair->second, ':');
    const auto soft = parse_limit_value(values ? values->first : pair->second);
    const auto hard = values ? parse_limit_value(values->second) : soft;
    if (!soft || !hard) {
        return make_error(ErrorCode::kUsage, "--ulimit '{}': a limit is a number, or -1 for none",
                          text);
    }
    if (*hard != -1 && (*soft == -1 || *soft > *hard)) {
        return make_error(ErrorCode::kUsage, "--ulimit '{}': the soft limit is above the hard one",
                          text);
    }
    return frontend::ResourceLimit{std::string(pair->first), *soft, *hard};
}

}  // namespace slipway::cli
