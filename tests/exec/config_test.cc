#include "exec/internal/config.h"

#include "support/result_matchers.h"

#include <algorithm>
#include <limits>

namespace slipway::exec {
namespace {

using ::testing::Contains;
using ::testing::Not;

Json config_of(const SandboxSpec& spec, DeviceGuard guard = DeviceGuard::kCgroup,
               std::vector<ConfigMount> mounts = {}) {
    return make_config({.spec = spec,
                        .identity = {.uid = 7, .gid = 8, .groups = {8, 9}},
                        .cwd = "/work",
                        .capabilities = {"CAP_CHOWN"},
                        .seccomp = SeccompProfile{.default_error = 1},
                        .device_guard = guard,
                        .mounts = std::move(mounts)});
}

const Json* mount_at(const Json& config, const std::string& destination) {
    for (const Json& mount : config["mounts"]) {
        if (mount["destination"] == destination) return &mount;
    }
    return nullptr;
}

std::vector<std::string> options_at(const Json& config, const std::string& destination) {
    const Json* mount = mount_at(config, destination);
    return mount == nullptr ? std::vector<std::string>()
                            : (*mount)["options"].get<std::vector<std::string>>();
}

TEST(RuntimeConfig, DescribesTheProcess) {
    SandboxSpec spec;
    spec.rootfs = "/root-fs";
    spec.args = {"/bin/true"};
    spec.env = {"A=1"};
    spec.secret_env = {{"TOKEN", "t0ken"}};
    spec.extra_groups = {9, 10};
    const Json process = config_of(spec)["process"];
    EXPECT_EQ(process["user"], (Json{{"uid", 7}, {"gid", 8}, {"additionalGids", {8, 9, 10}}}));
    EXPECT_EQ(process["env"], (Json{"A=1", kDefaultPath, "HOME=/", "TOKEN=t0ken"}));
    EXPECT_EQ(process["noNewPrivileges"], false);
    EXPECT_EQ(process["capabilities"], (Json{{"bounding", {"CAP_CHOWN"}},
                                             {"permitted", {"CAP_CHOWN"}},
                                             {"effective", {"CAP_CHOWN"}}}));
    EXPECT_FALSE(process.contains("rlimits"));
}

TEST(RuntimeConfig, HasTheLimitsAsked) {
    SandboxSpec spec;
    spec.limits = {{"nofile", 512, 1024}, {"memlock", -1, -1}};
    constexpr auto kNone = std::numeric_limits<std::uint64_t>::max();
    EXPECT_EQ(config_of(spec)["process"]["rlimits"],
              (Json{{{"type", "RLIMIT_NOFILE"}, {"soft", 512}, {"hard", 1024}},
                    {{"type", "RLIMIT_MEMLOCK"}, {"soft", kNone}, {"hard", kNone}}}));
}

TEST(RuntimeConfig, KeepsAPathThatIsSet) {
    SandboxSpec spec;
    spec.env = {"PATH=/mine"};
    EXPECT_EQ(config_of(spec)["process"]["env"], (Json{"PATH=/mine", "HOME=/"}));
}

TEST(RuntimeConfig, MakesANetworkNamespaceOnlyForNoNetwork) {
    SandboxSpec spec;
    const Json network = {{"type", "network"}};
    EXPECT_THAT(config_of(spec)["linux"]["namespaces"], Not(Contains(network)));
    spec.network = Network::kNone;
    EXPECT_THAT(config_of(spec)["linux"]["namespaces"], Contains(network));
}

TEST(RuntimeConfig, GuardsDevicesByCgroupOrByMounts) {
    const SandboxSpec spec;
    const std::vector<ConfigMount> mounts = {{"/cache", "bind", "/host", {"rbind", "rw"}}};
    const Json by_cgroup = config_of(spec, DeviceGuard::kCgroup, mounts);
    EXPECT_EQ(by_cgroup["linux"]["resources"]["devices"][0],
              (Json{{"allow", false}, {"access", "rwm"}}));
    EXPECT_THAT(options_at(by_cgroup, "/cache"), Not(Contains("nodev")));
    EXPECT_EQ(mount_at(by_cgroup, "/."), nullptr);

    const Json by_mounts = config_of(spec, DeviceGuard::kMounts, mounts);
    EXPECT_FALSE(by_mounts["linux"].contains("resources"));
    for (const char* place : {"/.", "/cache", "/dev", "/dev/shm"}) {
        EXPECT_THAT(options_at(by_mounts, place), Contains("nodev")) << place;
    }
    EXPECT_THAT(options_at(by_mounts, "/dev/null"), Contains("bind"));
}

TEST(RuntimeConfig, MasksTheKernelsSecretsUnlessInsecure) {
    SandboxSpec spec;
    const Json safe = config_of(spec)["linux"];
    EXPECT_THAT(safe["maskedPaths"], Contains("/proc/kcore"));
    EXPECT_THAT(safe["readonlyPaths"], Contains("/proc/sys"));
    EXPECT_TRUE(safe.contains("seccomp"));
    EXPECT_THAT(options_at(config_of(spec), "/sys"), Contains("ro"));

    spec.security = Security::kInsecure;
    const Json insecure = config_of(spec);
    EXPECT_FALSE(insecure["linux"].contains("maskedPaths"));
    EXPECT_FALSE(insecure["linux"].contains("seccomp"));
    EXPECT_THAT(options_at(insecure, "/sys"), Not(Contains("ro")));
    EXPECT_EQ(insecure["process"]["capabilities"]["ambient"], (Json{"CAP_CHOWN"}));
}

TEST(RuntimeConfig, HasWhatDevicesBring) {
    SandboxSpec spec;
    spec.edits.env = {"DRIVER=1"};
    spec.edits.groups = {44};
    spec.edits.hooks = {{.when = "createContainer", .path = "/hook", .args = {"hook", "x"}}};
    ConfigInput input{.spec = spec,
                      .identity = {},
                      .cwd = "/",
                      .capabilities = {},
                      .seccomp = std::nullopt,
                      .seccomp_program = "",
                      .device_guard = DeviceGuard::kMounts,
                      .mounts = {{.destination = "/dev/x",
                                  .type = "bind",
                                  .source = "/dev/x",
                                  .options = {"bind"},
                                  .device = true}}};
    const Json by_mounts = make_config(input);
    EXPECT_THAT(options_at(by_mounts, "/dev/x"), Not(Contains("nodev")));
    EXPECT_THAT(by_mounts["process"]["env"], Contains("DRIVER=1"));
    EXPECT_THAT(by_mounts["process"]["user"]["additionalGids"], Contains(44));
    EXPECT_EQ(by_mounts["hooks"]["createContainer"][0],
              (Json{{"path", "/hook"}, {"args", {"hook", "x"}}}));
    input.device_guard = DeviceGuard::kCgroup;
    input.mounts.clear();
    input.devices = {{.path = "/dev/x", .type = 'b', .major = 9, .minor = 3, .mode = 0660}};
    const Json by_rules = make_config(input);
    EXPECT_EQ(
        by_rules["linux"]["devices"][0],
        (Json{{"path", "/dev/x"}, {"type", "b"}, {"major", 9}, {"minor", 3}, {"fileMode", 0660}}));
    EXPECT_EQ(
        by_rules["linux"]["resources"]["devices"].back(),
        (Json{{"allow", true}, {"access", "rwm"}, {"type", "b"}, {"major", 9}, {"minor", 3}}));
}

TEST(RuntimeConfig, GivesTheCompiledFilterBesidesTheRules) {
    const SandboxSpec spec;
    EXPECT_FALSE(config_of(spec).contains("annotations"));
    const Json config = make_config({.spec = spec,
                                     .identity = {},
                                     .cwd = "/",
                                     .capabilities = {},
                                     .seccomp = SeccompProfile{.default_error = 1},
                                     .seccomp_program = "QUJD",
                                     .mounts = {}});
    EXPECT_EQ(config["annotations"]["run.oci.seccomp_bpf_data"], "QUJD");
    EXPECT_TRUE(config["linux"].contains("seccomp"));
}

}  // namespace
}  // namespace slipway::exec
