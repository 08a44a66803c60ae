// What a step sees: who it is, where, with which environment and files; and how its end is told.
#include "exec/sandbox_fixture.h"

#include <thread>

namespace slipway::exec {
namespace {

using slipway::testing::FailsWith;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

class Sandbox : public SandboxTest {};
INSTANTIATE_TEST_SUITE_P(Runtimes, Sandbox, both_runtimes(), runtime_name);

TEST_P(Sandbox, PassesTheExitStatusOn) {
    EXPECT_EQ(run({"/bin/true"}).end.code, 0);
    EXPECT_EQ(shell("exit 7").end.code, 7);
    EXPECT_EQ(shell("sh -c 'kill -9 $$'; exit $?").end.code, 128 + 9);
    EXPECT_EQ(shell("kill -TERM $$; sleep 1; exit 3").end.code, 3)
        << "the first process of a container is not killed";
}

TEST_P(Sandbox, KeepsTheTwoStreamsApart) {
    const Ran ran = shell("echo to-out; echo to-err >&2");
    EXPECT_EQ(ran.out, "to-out\n");
    EXPECT_EQ(ran.err, "to-err\n");
}

TEST_P(Sandbox, HasAnEmptyStdin) {
    EXPECT_EQ(shell("cat; echo end").out, "end\n");
}

TEST_P(Sandbox, TellsACommandThatIsNotThere) {
    const Ran ran = run({"no-such-command", "x"});
    EXPECT_EQ(ran.end.code, 127);
    EXPECT_THAT(ran.err, HasSubstr("no-such-command"));
    EXPECT_EQ(run({"/bin/no-such"}).end.code, 127);
    root_.write("/bin/data", "not a program", 0644);
    EXPECT_EQ(run({"/bin/data"}).end.code, 126);
}

TEST_P(Sandbox, SaysWhyItCouldNotStart) {
    root_.write("/file", "x");
    spec_.mounts = {{.target = "/file", .host_path = "/tmp", .readonly = true}};
    EXPECT_THAT(try_run({"/bin/true"}),
                FailsWith(ErrorCode::kStepFailed,
                          AllOf(HasSubstr("could not be started"), Not(HasSubstr("\n")))));
    EXPECT_EQ(root_.read("/file"), "x");
}

TEST_P(Sandbox, RefusesASpecThatCannotBe) {
    EXPECT_THAT(try_run({}), FailsWith(ErrorCode::kInvalidInput, HasSubstr("no command")));
    spec_.user = "nobody-here";
    EXPECT_THAT(try_run({"/bin/true"}),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("nobody-here")));
    spec_.user.clear();
    spec_.cwd = "/bin/busybox";
    EXPECT_THAT(try_run({"/bin/true"}),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("not a directory")));
    spec_.cwd = "/";
    spec_.mounts = {{.target = "/x", .host_path = "/no/such/source"}};
    EXPECT_THAT(try_run({"/bin/true"}),
                FailsWith(ErrorCode::kNotFound, HasSubstr("/no/such/source")));
    spec_.mounts = {{.target = "/", .host_path = "/tmp"}};
    EXPECT_THAT(try_run({"/bin/true"}),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("cannot mount at '/'")));
}

TEST_P(Sandbox, IsTheUserThatWasAskedFor) {
    root_.write("/etc/passwd",
                "root:x:0:0::/root:/bin/sh\ndynamo:x:1000:0::/home/dynamo:/bin/sh\n");
    root_.write("/etc/group", "root:x:0:\nstaff:x:50:dynamo\n");
    EXPECT_THAT(shell("id").out, StartsWith("uid=0(root) gid=0(root)"));
    spec_.user = "dynamo";
    EXPECT_THAT(shell("id").out,
                StartsWith("uid=1000(dynamo) gid=0(root) groups=0(root),50(staff)"));
    EXPECT_EQ(shell("echo $HOME").out, "/home/dynamo\n");
    spec_.user = "1000660000:0";
    EXPECT_THAT(shell("id").out, StartsWith("uid=1000660000 gid=0(root)"));
    spec_.user = "dynamo:staff";
    EXPECT_THAT(shell("id").out, StartsWith("uid=1000(dynamo) gid=50(staff)"));
    spec_.user = "12:34";
    spec_.extra_groups = {56};
    EXPECT_THAT(shell("id").out, AllOf(StartsWith("uid=12 gid=34"), HasSubstr("56")));
}

TEST_P(Sandbox, HasTheGivenEnvironmentAndNothingElse) {
    spec_.env = {"A=1", "B=two words"};
    spec_.secret_env = {{"TOKEN", "t0ken-value"}};
    const Ran ran = run({"/bin/env"});
    EXPECT_THAT(
        ran.out,
        HasSubstr("A=1\nB=two "
                  "words\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"));
    EXPECT_THAT(ran.out, HasSubstr("HOME=/"));
    EXPECT_THAT(ran.out, HasSubstr("TOKEN=****\n"));
    EXPECT_THAT(ran.out, Not(HasSubstr("TERM=")));
    EXPECT_EQ(shell("[ \"$TOKEN\" = t0ken-''value ] && echo same").out, "same\n");
}

TEST_P(Sandbox, StartsInItsDirectoryAndMakesItForTheUser) {
    spec_.cwd = "/work/deep";
    spec_.user = "12:34";
    const Ran ran = shell("pwd; stat -c '%u:%g %a' . ..; touch mine");
    EXPECT_EQ(ran.out, "/work/deep\n12:34 755\n12:34 755\n");
    EXPECT_EQ(ran.end.code, 0);
    EXPECT_EQ(root_.info("/work/deep/mine").uid, 12U);
}

TEST_P(Sandbox, MakesItsDirectoryInsideTheRootWhateverLinksSay) {
    root_.link("../../../../../../../../tmp/slipway-escape", "/out");
    spec_.cwd = "/out/side";
    EXPECT_EQ(shell("pwd").end.code, 0);
    EXPECT_FALSE(os::path_exists("/tmp/slipway-escape"));
    EXPECT_TRUE(root_.has("/tmp/slipway-escape/side"));
}

TEST_P(Sandbox, StartsWithOrdinarySignalsAndUmask) {
    const Ran ran =
        shell("umask; grep -E '^Sig(Blk|Ign)' /proc/self/status; ls /proc/self/fd | wc -l");
    // glibc's posix_spawn may leave its own two signals (32 and 33) ignored
    EXPECT_THAT(
        ran.out,
        MatchesRegex("0022\nSigBlk:\t0000000000000000\nSigIgn:\t0000000[01][08]0000000\n4\n"));
}

TEST_P(Sandbox, HasItsOwnProcessesHostnameAndHosts) {
    spec_.hostname = "box";
    spec_.extra_hosts = {{"mirror", "10.9.8.7"}};
    const Ran ran = shell("echo $$; hostname; cat /etc/hosts");
    EXPECT_EQ(ran.out,
              "1\nbox\n127.0.0.1\tlocalhost box\n::1\tlocalhost ip6-localhost "
              "ip6-loopback\n10.9.8.7\tmirror\n");
    EXPECT_EQ(shell("echo 127.0.0.1 evil >> /etc/hosts").end.code, 1);
}

TEST_P(Sandbox, HasOnlyLoopbackWithoutANetwork) {
    spec_.network = Network::kNone;
    EXPECT_EQ(shell("ls /sys/class/net").out, "lo\n");
    EXPECT_THAT(shell("cat /etc/resolv.conf").out, HasSubstr("nameserver"));
}

TEST_P(Sandbox, SeesTheHostsNetworkAndNameservers) {
    const auto host = os::read_file("/etc/resolv.conf");
    if (!host) GTEST_SKIP() << "this machine has no /etc/resolv.conf";
    EXPECT_EQ(shell("cat /etc/resolv.conf").out, *host);
}

TEST_P(Sandbox, CannotWriteAReadOnlyRoot) {
    spec_.readonly_rootfs = true;
    for (const char* name : {"/proc", "/sys", "/dev"}) root_.make_dir(name);
    const Ran ran = shell("touch /new; echo $?");
    EXPECT_EQ(ran.out, "1\n");
    EXPECT_FALSE(root_.has("/new"));
}

TEST_P(Sandbox, RunsSeveralAtOnce) {
    std::vector<int> codes(4, -1);
    const std::vector<TestRoot> roots(codes.size());
    for (const TestRoot& root : roots) install_busybox(root);
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < codes.size(); ++i) {
            threads.emplace_back([&, i] {
                SandboxSpec spec;
                spec.rootfs = roots[i].path();
                spec.args = {"/bin/sh", "-c", fmt::format("exit {}", i + 10)};
                const auto end = runtime_->run(spec, {});
                if (end) {
                    codes[i] = end->code;
                } else {
                    ADD_FAILURE() << end.error().to_string();
                }
            });
        }
    }
    EXPECT_THAT(codes, ::testing::ElementsAre(10, 11, 12, 13));
}

}  // namespace
}  // namespace slipway::exec
