#include "exec/internal/config.h"

#include "base/text.h"

#include <algorithm>
#include <string_view>

namespace slipway::exec {
namespace {

constexpr const char* kMaskedPaths[] = {"/proc/acpi",
                                        "/proc/asound",
                                        "/proc/kcore",
                                        "/proc/keys",
                                        "/proc/latency_stats",
                                        "/proc/timer_list",
                                        "/proc/timer_stats",
                                        "/proc/sched_debug",
                                        "/proc/scsi",
                                        "/sys/firmware",
                                        "/sys/devices/virtual/powercap"};
constexpr const char* kReadonlyPaths[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                          "/proc/sysrq-trigger"};
/// Nodes that every container has.
constexpr const char* kStandardDevices[] = {"null", "zero", "full", "random", "urandom", "tty"};

Json mount_entry(const char* destination, const char* type, const char* source,
                 std::vector<std::string> options) {
    return {{"destination", destination},
            {"type", type},
            {"source", source},
            {"options", std::move(options)}};
}

void add_standard_mounts(Json& mounts, const ConfigInput& input) {
    const bool insecure = input.spec.security == Security::kInsecure;
    const bool guarded_by_mounts = !insecure && input.device_guard == DeviceGuard::kMounts;
    if (guarded_by_mounts) {
        // crun mounts the root anew and thereby takes nodev off; "/." is the root once more, after
        // that.
        mounts.push_back(mount_entry("/.", "bind", "/", {"bind", "remount", "nodev"}));
    }
    mounts.push_back(mount_entry("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}));

    std::vector<std::string> dev_options = {"nosuid", "strictatime", "mode=755", "size=65536k"};
    if (guarded_by_mounts) dev_options.push_back("nodev");
    mounts.push_back(mount_entry("/dev", "tmpfs", "tmpfs", std::move(dev_options)));
    if (guarded_by_mounts) {
        for (const char* name : kStandardDevices) {
            const std::string node = fmt::format("/dev/{}", name);
            mounts.push_back(
                mount_entry(node.c_str(), "bind", node.c_str(), {"bind", "nosuid", "noexec"}));
        }
    }
    mounts.push_back(
        mount_entry("/dev/pts", "devpts", "devpts",
                    {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}));
    mounts.push_back(mount_entry("/dev/shm", "tmpfs", "shm",
                                 {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}));
    mounts.push_back(mount_entry("/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}));

    std::vector<std::string> sys_options = {"nosuid", "noexec", "nodev"};
    std::vector<std::string> cgroup_options = {"nosuid", "noexec", "nodev", "relatime"};
    if (!insecure) {
        sys_options.push_back("ro");
        cgroup_options.push_back("ro");
    }
    mounts.push_back(mount_entry("/sys", "sysfs", "sysfs", std::move(sys_options)));
    mounts.push_back(mount_entry("/sys/fs/cgroup", "cgroup", "cgroup", std::move(cgroup_options)));
}

Json make_mounts(const ConfigInput& input) {
    Json mounts = Json::array();
    add_standard_mounts(mounts, input);
    const bool nodev =
        input.device_guard == DeviceGuard::kMounts && input.spec.security == Security::kSandbox;
    for (const ConfigMount& mount : input.mounts) {
        std::vector<std::string> options = mount.options;
        if (nodev && !mount.device && std::ranges::find(options, "nodev") == options.end())
            options.push_back("nodev");
        mounts.push_back(mount_entry(mount.destination.c_str(), mount.type.c_str(),
                                     mount.source.c_str(), std::move(options)));
    }
    return mounts;
}

Json make_env(const ConfigInput& input) {
    Json env = Json::array();
    bool has_path = false;
    bool has_term = false;
    bool has_home = false;
    for (const std::string& entry : input.spec.env) {
        has_path = has_path || entry.starts_with("PATH=");
        has_term = has_term || entry.starts_with("TERM=");
        has_home = has_home || entry.starts_with("HOME=");
        env.push_back(entry);
    }
    if (!has_path) env.push_back(kDefaultPath);
    if (input.terminal && !has_term) env.push_back("TERM=xterm");
    if (!has_home)
        env.push_back("HOME=" + input.identity.home);  // crun knows only users of etc/passwd
    for (const std::string& entry : input.spec.edits.env) env.push_back(entry);
    for (const auto& [name, value] : input.spec.secret_env) env.push_back(name + "=" + value);
    return env;
}

Json make_process(const ConfigInput& input) {
    const bool insecure = input.spec.security == Security::kInsecure;
    Json capabilities;
    for (const char* set : {"bounding", "permitted", "effective"})
        capabilities[set] = input.capabilities;
    if (insecure) {
        for (const char* set : {"inheritable", "ambient"}) capabilities[set] = input.capabilities;
    }
    std::vector<std::uint32_t> groups = {input.identity.gid};
    for (const auto& more :
         {input.identity.groups, input.spec.extra_groups, input.spec.edits.groups}) {
        for (const std::uint32_t group : more) {
            if (std::ranges::find(groups, group) == groups.end()) groups.push_back(group);
        }
    }
    Json process = {
        {"terminal", input.terminal},
        {"user",
         {{"uid", input.identity.uid}, {"gid", input.identity.gid}, {"additionalGids", groups}}},
        {"args", input.spec.args},
        {"env", make_env(input)},
        {"cwd", input.cwd},
        {"capabilities", std::move(capabilities)},
        {"noNewPrivileges", false}};
    for (const ResourceLimit& limit : input.spec.limits) {
        process["rlimits"].push_back({{"type", "RLIMIT_" + to_upper(limit.name)},
                                      {"soft", static_cast<std::uint64_t>(limit.soft)},
                                      {"hard", static_cast<std::uint64_t>(limit.hard)}});
    }
    return process;
}

Json device_rule(bool allow, const char* access) {
    return {{"allow", allow}, {"access", access}};
}

Json device_rule(char type, std::optional<int> major, std::optional<int> minor,
                 const char* access) {
    Json rule = device_rule(true, access);
    rule["type"] = std::string(1, type);
    if (major) rule["major"] = *major;
    if (minor) rule["minor"] = *minor;
    return rule;
}

/// Making any node is allowed, opening only the standard ones and terminals.
Json make_device_rules(const ConfigInput& input) {
    if (input.spec.security == Security::kInsecure) return Json::array({device_rule(true, "rwm")});
    Json rules = Json::array({device_rule(false, "rwm")});
    for (const char type : {'c', 'b'})
        rules.push_back(device_rule(type, std::nullopt, std::nullopt, "m"));
    for (const int minor : {3, 5, 7, 8, 9}) rules.push_back(device_rule('c', 1, minor, "rwm"));
    for (const int minor : {0, 1, 2}) rules.push_back(device_rule('c', 5, minor, "rwm"));
    rules.push_back(device_rule('c', 136, std::nullopt, "rwm"));
    for (const ConfigDevice& device : input.devices) {
        rules.push_back(device_rule(device.type, static_cast<int>(device.major),
                                    static_cast<int>(device.minor), device.permissions.c_str()));
    }
    return rules;
}

Json make_devices(const std::vector<ConfigDevice>& devices) {
    Json list = Json::array();
    for (const ConfigDevice& device : devices) {
        Json node = {{"path", device.path},
                     {"type", std::string(1, device.type)},
                     {"major", device.major},
                     {"minor", device.minor}};
        if (device.mode) node["fileMode"] = *device.mode;
        if (device.uid) node["uid"] = *device.uid;
        if (device.gid) node["gid"] = *device.gid;
        list.push_back(std::move(node));
    }
    return list;
}

Json make_hooks(const std::vector<ContainerEdits::Hook>& hooks) {
    Json all = Json::object();
    for (const auto& hook : hooks) {
        Json made = {{"path", hook.path}};
        if (!hook.args.empty()) made["args"] = hook.args;
        if (!hook.env.empty()) made["env"] = hook.env;
        if (hook.timeout) made["timeout"] = *hook.timeout;
        all[hook.when].push_back(std::move(made));
    }
    return all;
}

Json make_linux(const ConfigInput& input) {
    Json namespaces = Json::array();
    for (const char* kind : {"pid", "ipc", "uts", "mount"}) namespaces.push_back({{"type", kind}});
    if (input.spec.network == Network::kNone) namespaces.push_back({{"type", "network"}});
    if (input.cgroup_namespace) namespaces.push_back({{"type", "cgroup"}});
    Json linux = {{"namespaces", std::move(namespaces)}};
    if (input.device_guard == DeviceGuard::kCgroup) {
        linux["resources"] = {{"devices", make_device_rules(input)}};
    }
    if (!input.devices.empty()) linux["devices"] = make_devices(input.devices);
    if (input.spec.security == Security::kSandbox) {
        linux["maskedPaths"] = kMaskedPaths;
        linux["readonlyPaths"] = kReadonlyPaths;
        if (input.seccomp) linux["seccomp"] = to_json(*input.seccomp);
    }
    return linux;
}

}  // namespace

Json make_config(const ConfigInput& input) {
    Json config = {
        {"ociVersion", "1.0.2"},
        {"root", {{"path", input.spec.rootfs}, {"readonly", input.spec.readonly_rootfs}}},
        {"hostname", input.spec.hostname},
        {"process", make_process(input)},
        {"mounts", make_mounts(input)},
        {"linux", make_linux(input)}};
    if (!input.spec.edits.hooks.empty()) config["hooks"] = make_hooks(input.spec.edits.hooks);
    // crun takes this instead of compiling linux.seccomp; one that does not know the annotation
    // compiles it.
    if (!input.seccomp_program.empty()) {
        config["annotations"]["run.oci.seccomp_bpf_data"] = input.seccomp_program;
    }
    return config;
}

}  // namespace slipway::exec
