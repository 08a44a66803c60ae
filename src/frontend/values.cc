#include "frontend/internal/values.h"

#include "base/path.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>

namespace slipway::frontend {
namespace {

struct PortRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    [[nodiscard]] std::uint64_t size() const { return last - first + 1; }
};

std::optional<PortRange> parse_port_range(std::string_view text) {
    constexpr std::uint64_t kHighest = 65535;
    const auto [first, last] = split_once(text, '-').value_or(std::pair(text, text));
    const auto low = parse_uint(first);
    const auto high = parse_uint(last);
    if (!low || !high || *low > *high || *high > kHighest) return std::nullopt;
    return PortRange{*low, *high};
}

/// Linux's, without "SIG"; the real-time ones besides.
constexpr std::array<std::string_view, 36> kSignals = {
    "HUP",    "INT",  "QUIT",  "ILL",  "TRAP", "ABRT", "IOT",  "BUS",    "FPE",
    "KILL",   "USR1", "SEGV",  "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD",
    "CLD",    "CONT", "STOP",  "TSTP", "TTIN", "TTOU", "URG",  "XCPU",   "XFSZ",
    "VTALRM", "PROF", "WINCH", "IO",   "POLL", "PWR",  "SYS",  "RTMIN",  "RTMAX"};

bool is_real_time_signal(std::string_view name) {
    constexpr std::uint64_t kMostAboveMin = 15;
    constexpr std::uint64_t kMostBelowMax = 14;
    if (name.starts_with("RTMIN+")) {
        const auto offset = parse_uint(name.substr(6));
        return offset && *offset >= 1 && *offset <= kMostAboveMin;
    }
    if (name.starts_with("RTMAX-")) {
        const auto offset = parse_uint(name.substr(6));
        return offset && *offset >= 1 && *offset <= kMostBelowMax;
    }
    return false;
}

/// [ugoa]*([-+=]([rwxXst]*|[ugo]))+
bool is_mode_clause(std::string_view clause) {
    const auto skip = [&clause](std::string_view letters) {
        const std::size_t end = std::min(clause.find_first_not_of(letters), clause.size());
        clause.remove_prefix(end);
        return end;
    };
    skip("ugoa");
    if (clause.empty()) return false;
    while (!clause.empty()) {
        if (std::string_view("+-=").find(clause.front()) == std::string_view::npos) return false;
        clause.remove_prefix(1);
        if (skip("rwxXst") == 0 && !clause.empty() &&
            std::string_view("ugo").find(clause.front()) != std::string_view::npos) {
            clause.remove_prefix(1);
        }
    }
    return true;
}

pb::UserOpt parse_user(std::string_view text) {
    pb::UserOpt user;
    const auto number = parse_int(text);
    if (text == "root" || text.empty()) {
        user.set_byid(0);
    } else if (number && *number >= std::numeric_limits<std::int32_t>::min() &&
               *number <= std::numeric_limits<std::int32_t>::max()) {
        user.set_byid(static_cast<std::uint32_t>(*number));
    } else {
        user.mutable_byname()->set_name(std::string(text));
    }
    return user;
}

}  // namespace

Result<std::vector<std::string>> parse_ports(std::string_view word) {
    const auto fail = [word](std::string_view why) {
        return make_error(ErrorCode::kInvalidInput, "invalid port '{}': {}", word, why);
    };
    // An IPv6 address has colons of its own: the last two parts are the ports.
    std::vector<std::string_view> parts = split(word, ':');
    const auto [range, protocol] =
        split_once(parts.back(), '/').value_or(std::pair(parts.back(), std::string_view()));
    const std::string proto = protocol.empty() ? "tcp" : to_lower(protocol);
    if (proto != "tcp" && proto != "udp" && proto != "sctp")
        return fail("the protocol must be tcp, udp or sctp");
    const auto ports = parse_port_range(range);
    if (!ports) return fail("a port is a number up to 65535, or two of them with '-'");
    if (parts.size() > 1 && !parts[parts.size() - 2].empty()) {
        const auto host = parse_port_range(parts[parts.size() - 2]);
        if (!host) return fail("the host's port is not one");
        if (host->size() != ports->size() && ports->size() != 1)
            return fail("the ranges differ in length");
    }
    std::vector<std::string> exposed;
    for (std::uint64_t port = ports->first; port <= ports->last; ++port)
        exposed.push_back(fmt::format("{}/{}", port, proto));
    return exposed;
}

Result<void> check_signal(std::string_view text) {
    if (const auto number = parse_int(text)) {
        if (*number == 0) return make_error(ErrorCode::kInvalidInput, "invalid signal: {}", text);
        return {};
    }
    std::string name = to_upper(text);
    if (name.starts_with("SIG")) name.erase(0, 3);
    if (std::ranges::find(kSignals, name) != kSignals.end() || is_real_time_signal(name)) return {};
    return make_error(ErrorCode::kInvalidInput, "invalid signal: '{}'", text);
}

Result<void> set_mode(pb::FileActionCopy& copy, const std::string& chmod) {
    constexpr std::uint64_t kHighest = 07777;
    if (const auto octal = parse_uint(chmod, 8)) {
        if (*octal <= kHighest) {
            copy.set_mode(static_cast<std::int32_t>(*octal));
            return {};
        }
    } else if (std::ranges::all_of(split(chmod, ','), is_mode_clause)) {
        copy.set_modestr(chmod);
        return {};
    }
    return make_error(
        ErrorCode::kInvalidInput,
        "invalid --chmod '{}': it must be octal, up to 07777, or symbolic like u=rwX,go=rX", chmod);
}

pb::ChownOpt parse_owner(std::string_view text) {
    pb::ChownOpt owner;
    const auto [user, group] = split_once(text, ':').value_or(std::pair(text, std::string_view()));
    *owner.mutable_user() = parse_user(user);
    if (!group.empty()) *owner.mutable_group() = parse_user(group);
    return owner;
}

bool has_names(const pb::ChownOpt& owner) {
    return owner.user().has_byname() || owner.group().has_byname();
}

std::string copy_destination(std::string_view working_dir, std::string_view dest) {
    if (dest.empty() || dest == ".") dest = "./";
    std::string path = join_path(join_path("/", working_dir), dest);
    if (dest.ends_with('/') && !path.ends_with('/')) path += '/';
    if (dest.ends_with("/.")) path += path == "/" ? "." : "/.";
    return path;
}

}  // namespace slipway::frontend
