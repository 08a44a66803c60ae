#include "engine/entitlements.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <set>

namespace slipway::engine {
namespace {

Result<void> add_devices(std::string_view list, Entitlements& entitlements) {
    const auto fields = split(list, ',');
    std::string alias;
    for (std::size_t i = 1; i < fields.size(); ++i) {
        const auto pair = split_once(fields[i], '=');
        if (!pair || pair->first != "alias") {
            return make_error(ErrorCode::kUsage, "--allow device={}: '{}' is not alias=NAME", list,
                              fields[i]);
        }
        alias = pair->second;
    }
    const std::string device(fields.front());
    if (alias.empty()) {
        entitlements.devices[device] = "";
    } else {
        entitlements.devices[alias] = device;
    }
    return {};
}

Result<std::vector<std::string>> find_devices(const std::string& name, bool optional,
                                              const exec::CdiRegistry& registry,
                                              std::vector<std::string>* missing) {
    auto found = registry.find(name);
    if (!found.empty()) return found;
    if (optional) {
        if (missing != nullptr) missing->push_back(name);
        return found;
    }
    auto error = make_error(ErrorCode::kNotFound, "device '{}' is not registered", name);
    if (!registry.problems().empty())
        return std::move(error).hint("not read: " + registry.problems());
    const auto names = registry.names();
    return std::move(error).hint(
        names.empty() ? "no device is: /etc/cdi and /var/run/cdi hold no CDI specification"
                      : "these are: " + join(names, ", "));
}

}  // namespace

Result<void> add_entitlement(std::string_view text, Entitlements& entitlements) {
    static const std::array<std::string, 3> kKnown = {"network.host", "security.insecure",
                                                      "device"};
    const auto pair = split_once(text, '=');
    if (text == "network.host") {
        entitlements.network_host = true;
    } else if (text == "security.insecure") {
        entitlements.security_insecure = true;
    } else if (text == "device" || text == "device=") {
        entitlements.all_devices = true;
    } else if (pair && pair->first == "device") {
        return add_devices(pair->second, entitlements);
    } else {
        auto error = make_error(ErrorCode::kUsage, "--allow {}: unknown entitlement", text);
        if (const auto nearest = find_nearest(text, kKnown))
            return std::move(error).hint("did you mean '" + *nearest + "'?");
        return error;
    }
    return {};
}

Result<void> check_allowed(const pb::ExecOp& op, const Entitlements& allowed) {
    const auto refuse = [](std::string_view what) {
        return make_error(ErrorCode::kInvalidInput, "{} is not allowed", what)
            .hint(fmt::format("add --allow {}", what));
    };
    if (op.network() == pb::HOST && !allowed.network_host) return refuse("network.host");
    if (op.security() == pb::INSECURE && !allowed.security_insecure)
        return refuse("security.insecure");
    return {};
}

Result<std::vector<std::string>> choose_devices(const pb::ExecOp& op, const Entitlements& allowed,
                                                const exec::CdiRegistry& registry,
                                                std::vector<std::string>* missing) {
    std::set<std::string> granted;
    for (const auto& [name, device] : allowed.devices) {
        if (!device.empty()) continue;
        SLIPWAY_ASSIGN(
            const auto found,
            find_devices(name, false, registry, nullptr).context("--allow device={}", name));
        granted.insert(found.begin(), found.end());
    }
    std::vector<std::string> chosen;
    std::vector<std::string> forbidden;
    for (const auto& wanted : op.cdidevices()) {
        const auto alias = allowed.devices.find(wanted.name());
        const bool renamed = alias != allowed.devices.end() && !alias->second.empty();
        SLIPWAY_ASSIGN(const auto found, find_devices(renamed ? alias->second : wanted.name(),
                                                      wanted.optional(), registry, missing));
        for (const std::string& name : found) {
            const bool may = allowed.all_devices || renamed || granted.contains(name) ||
                             registry.allows_itself(name);
            auto& list = may ? chosen : forbidden;
            if (std::ranges::find(list, name) == list.end()) list.push_back(name);
        }
    }
    if (forbidden.empty()) return chosen;
    return make_error(ErrorCode::kInvalidInput,
                      "device {} is requested by the build but not allowed", join(forbidden, ", "))
        .hint(fmt::format("add --allow device={}", forbidden.front()));
}

}  // namespace slipway::engine
