#include "exec/internal/net_files.h"

#include "base/text.h"
#include "os/file.h"

#include <array>
#include <optional>

namespace slipway::exec {
namespace {

constexpr const char* kHostFile = "/etc/resolv.conf";
constexpr const char* kResolvedFile = "/run/systemd/resolve/resolv.conf";
constexpr std::array kPublicServers = {"8.8.8.8", "8.8.4.4", "2001:4860:4860::8888",
                                       "2001:4860:4860::8844"};

/// The address of a "nameserver" line.
std::optional<std::string_view> nameserver_of(std::string_view line) {
    constexpr std::string_view kKeyword = "nameserver";
    line = trim(line);
    if (!line.starts_with(kKeyword)) return std::nullopt;
    const std::string_view rest = line.substr(kKeyword.size());
    if (rest.empty() || (rest[0] != ' ' && rest[0] != '\t')) return std::nullopt;
    const std::string_view value = trim(rest);
    return value.substr(0, value.find_first_of(" \t#;"));
}

bool is_loopback(std::string_view address) {
    return address.starts_with("127.") || address == "::1" || address.starts_with("::1%") ||
           address.starts_with("::ffff:127.");
}

}  // namespace

std::string hosts_text(const std::string& hostname,
                       const std::vector<std::pair<std::string, std::string>>& extra_hosts) {
    std::string text =
        "127.0.0.1\tlocalhost " + hostname + "\n::1\tlocalhost ip6-localhost ip6-loopback\n";
    for (const auto& [name, ip] : extra_hosts) text += ip + "\t" + name + "\n";
    return text;
}

std::string resolv_conf_text(std::string_view text, Nameservers nameservers) {
    if (nameservers == Nameservers::kKeep) return std::string(text);
    std::string out;
    bool any_server = false;
    for (const std::string_view line : split(text, '\n')) {
        if (const auto address = nameserver_of(line)) {
            if (is_loopback(*address)) continue;
            any_server = true;
        }
        if (!line.empty()) out.append(line).append("\n");
    }
    if (!any_server) {
        for (const char* server : kPublicServers) out += fmt::format("nameserver {}\n", server);
    }
    return out;
}

bool uses_only_resolved_stub(std::string_view text) {
    bool found = false;
    for (const std::string_view line : split(text, '\n')) {
        const auto address = nameserver_of(line);
        if (!address) continue;
        if (*address != "127.0.0.53") return false;
        found = true;
    }
    return found;
}

Result<std::string> load_host_resolv_conf() {
    SLIPWAY_ASSIGN(auto text, os::find_file(kHostFile));
    if (!text) return std::string();
    if (uses_only_resolved_stub(*text)) {
        SLIPWAY_ASSIGN(auto upstream, os::find_file(kResolvedFile));
        if (upstream) return std::move(*upstream);
    }
    return std::move(*text);
}

}  // namespace slipway::exec
