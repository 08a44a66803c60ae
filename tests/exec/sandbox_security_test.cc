// What a step may not do.
#include "exec/sandbox_fixture.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>

namespace slipway::exec {
namespace {

using slipway::testing::IsOk;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class SandboxSecurity : public SandboxTest {
  protected:
    std::string probe(std::vector<std::string> names) {
        spec_.mounts = {{.target = "/probe", .host_path = SLIPWAY_EXEC_PROBE, .readonly = true}};
        names.insert(names.begin(), "/probe");
        const Ran ran = run(std::move(names));
        EXPECT_EQ(ran.end.code, 0) << ran.err;
        return ran.out;
    }
};
INSTANTIATE_TEST_SUITE_P(Runtimes, SandboxSecurity, both_runtimes(), runtime_name);

TEST_P(SandboxSecurity, HasTheUsualCapabilities) {
    const Ran ran = shell("grep ^Cap /proc/self/status");
    EXPECT_EQ(ran.out,
              "CapInh:\t0000000000000000\n"
              "CapPrm:\t00000000a80425fb\n"
              "CapEff:\t00000000a80425fb\n"
              "CapBnd:\t00000000a80425fb\n"
              "CapAmb:\t0000000000000000\n");
}

TEST_P(SandboxSecurity, HasNoCapabilitiesAsAnotherUser) {
    spec_.user = "1000:1000";
    const Ran ran = shell("grep ^Cap /proc/self/status; touch /x");
    EXPECT_EQ(ran.out,
              "CapInh:\t0000000000000000\n"
              "CapPrm:\t0000000000000000\n"
              "CapEff:\t0000000000000000\n"
              "CapBnd:\t00000000a80425fb\n"
              "CapAmb:\t0000000000000000\n");
    EXPECT_THAT(ran.err, HasSubstr("Permission denied"));
}

TEST_P(SandboxSecurity, FiltersSystemCalls) {
    EXPECT_EQ(shell("grep ^Seccomp: /proc/self/status").out, "Seccomp:\t2\n");
    EXPECT_EQ(probe({"getpid", "fork", "socket_unix", "personality_query", "ptrace"}),
              "getpid 0\nfork 0\nsocket_unix 0\npersonality_query 0\nptrace 0\n");
    EXPECT_EQ(probe({"clone3"}), fmt::format("clone3 {}\n", ENOSYS));
    for (const char* name :
         {"clone_newuser", "clone_newnet", "unshare", "setns", "mount", "umount", "keyctl",
          "add_key", "bpf", "io_uring_setup", "userfaultfd", "kexec_load", "open_by_handle_at",
          "perf_event_open", "socket_alg", "socket_vsock", "personality_no_random"}) {
        EXPECT_EQ(probe({name}), fmt::format("{} {}\n", name, EPERM));
    }
}

TEST_P(SandboxSecurity, FiltersThemForOtherUsersToo) {
    spec_.user = "1000:1000";
    EXPECT_EQ(probe({"clone_newuser", "unshare", "keyctl", "getpid"}),
              fmt::format("clone_newuser {0}\nunshare {0}\nkeyctl {0}\ngetpid 0\n", EPERM));
}

TEST_P(SandboxSecurity, MasksAndProtectsTheKernelsFiles) {
    EXPECT_EQ(shell("cat /proc/kcore | head -c 1 | wc -c; cat /proc/timer_list /proc/keys | wc -c; "
                    "ls /sys/firmware | wc -l")
                  .out,
              "0\n0\n0\n");
    for (const char* file :
         {"/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/sys/kernel/mm/ksm/run"}) {
        const Ran ran = shell(fmt::format("echo 1 > {}", file));
        EXPECT_NE(ran.end.code, 0) << file;
    }
    EXPECT_THAT(shell("cat /proc/mounts").out,
                AllOf(HasSubstr("sysfs /sys sysfs ro,"), HasSubstr("proc /proc/sys proc ro,")));
}

TEST_P(SandboxSecurity, HasOnlyTheStandardDevices) {
    const Ran ran = shell("ls /dev");
    for (const char* name :
         {"full", "null", "ptmx", "pts", "random", "shm", "tty", "urandom", "zero"}) {
        EXPECT_THAT(ran.out, HasSubstr(std::string(name) + "\n"));
    }
    EXPECT_THAT(ran.out, Not(AnyOf(HasSubstr("sda"), HasSubstr("vda"), HasSubstr("loop"),
                                   HasSubstr("kmsg"), HasSubstr("mem"), HasSubstr("console"))));
    EXPECT_EQ(shell("head -c 3 /dev/zero | wc -c; head -c 3 /dev/urandom | wc -c; echo x > "
                    "/dev/null; cat /dev/null")
                  .out,
              "3\n3\n");
    EXPECT_EQ(shell("echo x > /dev/full").end.code, 1);
}

TEST_P(SandboxSecurity, CannotOpenADeviceItMakes) {
    const os::Dir host = os::Dir::open("/dev").value_or(os::Dir());
    if (!host.find(RelPath::in_root("loop-control")).value_or(std::nullopt)) {
        GTEST_SKIP() << "this machine has no /dev/loop-control to try it with";
    }
    for (const char* place :
         {"/node", "/dev/node", "/dev/shm/node", "/scratch/node", "/cache/node"}) {
        root_.make_dir("/host-cache");
        spec_.mounts = {{.kind = SandboxMount::Kind::kTmpfs, .target = "/scratch"},
                        {.target = "/cache", .host_path = root_.path() + "/host-cache"}};
        const Ran ran =
            shell(fmt::format("mknod {0} c 10 237 && dd if={0} bs=1 count=0; echo $?", place));
        EXPECT_EQ(ran.out, "1\n") << place;
        EXPECT_THAT(ran.err,
                    AnyOf(HasSubstr("Permission denied"), HasSubstr("Operation not permitted")))
            << place;
    }
}

TEST_P(SandboxSecurity, CannotOpenADeviceThatAnImageBrings) {
    ASSERT_THAT(root_.dir().make_node(RelPath::in_root("/loop"), S_IFCHR | 0666, makedev(10, 237)),
                IsOk());
    const Ran ran = shell("dd if=/loop bs=1 count=0");
    EXPECT_EQ(ran.end.code, 1);
    EXPECT_THAT(ran.err,
                AnyOf(HasSubstr("Permission denied"), HasSubstr("Operation not permitted")));
}

TEST_P(SandboxSecurity, SeesNoProcessOfTheHost) {
    EXPECT_EQ(shell("echo /proc/[0-9]*").out, "/proc/1\n");
}

TEST_P(SandboxSecurity, LeavesNoContainerInTheSystemsList) {
    const auto program = os::find_program(GetParam());
    Result<os::Output> during = make_error(ErrorCode::kInternal, "not asked");
    spec_.on_output = [&](int, std::string_view) {
        during = os::run_command({.argv = {*program, "list", "-q"}});
    };
    shell("echo now; sleep 0.2");
    ASSERT_TRUE(during.has_value());
    EXPECT_THAT(during->out, Not(HasSubstr("slipway")));
}

TEST_P(SandboxSecurity, InsecureMeansAllWeHave) {
    spec_.security = Security::kInsecure;
    EXPECT_EQ(shell("grep ^Seccomp: /proc/self/status").out, "Seccomp:\t0\n");
    EXPECT_EQ(shell("mkdir /mnt && mount -t tmpfs none /mnt && umount /mnt && echo did").out,
              "did\n");
}

}  // namespace
}  // namespace slipway::exec
