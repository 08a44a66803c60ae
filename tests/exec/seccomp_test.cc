#include "exec/internal/seccomp.h"

#include "exec/internal/capabilities.h"
#include "exec/internal/seccomp_filter.h"
#include "exec/test_root.h"
#include "os/system.h"
#include "support/result_matchers.h"

#include <cerrno>
#include <set>

namespace slipway::exec {
namespace {

using ::testing::Contains;
using ::testing::IsSupersetOf;
using ::testing::Not;

std::set<std::string> allowed_always(const Json& profile) {
    std::set<std::string> names;
    for (const Json& rule : profile["syscalls"]) {
        if (rule["action"] != "SCMP_ACT_ALLOW" || rule.contains("args")) continue;
        for (const Json& name : rule["names"]) names.insert(name.get<std::string>());
    }
    return names;
}

const Json* rule_for(const Json& profile, const std::string& name) {
    for (const Json& rule : profile["syscalls"]) {
        if (rule["names"] == Json::array({name})) return &rule;
    }
    return nullptr;
}

Json json_profile(std::string_view architecture, const std::vector<std::string>& capabilities) {
    const auto profile = seccomp_profile(architecture, capabilities);
    return profile ? to_json(*profile) : Json();
}

Json default_profile() {
    return json_profile("amd64", capability_names(default_capabilities()));
}

TEST(SeccompProfile, RefusesWhatIsNotNamed) {
    const Json profile = default_profile();
    EXPECT_EQ(profile["defaultAction"], "SCMP_ACT_ERRNO");
    EXPECT_EQ(profile["defaultErrnoRet"], EPERM);
    const auto names = allowed_always(profile);
    EXPECT_THAT(names, IsSupersetOf({"read", "openat2", "execve", "futex", "chroot", "arch_prctl",
                                     "ptrace"}));
    for (const char* name :
         {"mount", "unshare", "setns", "keyctl", "bpf", "clone", "clone3", "socket", "personality",
          "io_uring_setup", "userfaultfd", "reboot", "init_module", "kexec_load"}) {
        EXPECT_THAT(names, Not(Contains(name)));
    }
}

TEST(SeccompProfile, AllowsCloneWithoutNamespacesAndHidesClone3) {
    const Json profile = default_profile();
    const Json* clone = rule_for(profile, "clone");
    ASSERT_NE(clone, nullptr);
    EXPECT_EQ(
        (*clone)["args"][0],
        (Json{{"index", 0}, {"op", "SCMP_CMP_MASKED_EQ"}, {"value", 0x7e020000}, {"valueTwo", 0}}));
    const Json* clone3 = rule_for(profile, "clone3");
    ASSERT_NE(clone3, nullptr);
    EXPECT_EQ((*clone3)["errnoRet"], ENOSYS);
}

TEST(SeccompProfile, FollowsTheCapabilities) {
    const Json profile = json_profile("amd64", {"CAP_SYS_ADMIN", "CAP_SYS_TIME"});
    EXPECT_THAT(allowed_always(profile),
                IsSupersetOf({"mount", "clone", "clone3", "clock_settime"}));
    EXPECT_THAT(allowed_always(profile), Not(Contains("chroot")));
    EXPECT_EQ(rule_for(profile, "clone3"), nullptr);
}

TEST(SeccompProfile, FollowsTheArchitecture) {
    const Json arm = json_profile("arm64", {});
    EXPECT_EQ(arm["architectures"], (Json{"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"}));
    EXPECT_THAT(allowed_always(arm), Not(Contains("arch_prctl")));
    const Json s390x = json_profile("s390x", {});
    const Json* clone = rule_for(s390x, "clone");
    ASSERT_NE(clone, nullptr);
    EXPECT_EQ((*clone)["args"][0]["index"], 1);
    EXPECT_FALSE(seccomp_profile("vax", {}).has_value());
}

TEST(SeccompProfile, CompilesForThisMachine) {
    const TestRoot scratch;
    ASSERT_TRUE(scratch.ok());
    const auto profile = seccomp_profile(os::machine_architecture(), {});
    if (!profile) GTEST_SKIP() << "no profile for " << os::machine_architecture();
    const auto program = compile_seccomp(*profile, scratch.path() + "/filter");
    ASSERT_TRUE(program.has_value()) << program.error().to_string();
    constexpr std::size_t kInstruction = 8;
    constexpr std::size_t kMostInstructions = 4096;  // the kernel's limit
    EXPECT_EQ(program->size() % kInstruction, 0U);
    EXPECT_GT(program->size() / kInstruction, 300U);
    EXPECT_LE(program->size() / kInstruction, kMostInstructions);
}

}  // namespace
}  // namespace slipway::exec
