// The texts of /etc/hosts and /etc/resolv.conf in a container.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::exec {

std::string hosts_text(const std::string& hostname,
                       const std::vector<std::pair<std::string, std::string>>& extra_hosts);

enum class Nameservers { kKeep, kStripLoopback };
/// What a container gets for the host's `text`. Loopback servers are of no use outside the host's
/// network: they are left out, and public ones stand in when none remains.
std::string resolv_conf_text(std::string_view text, Nameservers nameservers);
/// Is systemd-resolved's stub (127.0.0.53) the only nameserver?
bool uses_only_resolved_stub(std::string_view text);
/// The host's file (systemd-resolved's upstream list instead of its stub, where that is all there
/// is). Empty when the host has none.
Result<std::string> load_host_resolv_conf();

}  // namespace slipway::exec
