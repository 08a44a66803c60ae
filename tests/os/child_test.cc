#include "os/child.h"

#include "os/file.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

namespace slipway::os {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using ::testing::_;
using ::testing::HasSubstr;
using ::testing::SizeIs;

SpawnOptions shell(const std::string& script) {
    SpawnOptions options;
    options.argv = {"sh", "-c", script};
    return options;
}

TEST(RunCommand, CollectsBothStreamsAndTheStatus) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Output output,
                                 run_command(shell("echo out; echo err >&2; exit 3")));
    EXPECT_EQ(output.out, "out\n");
    EXPECT_EQ(output.err, "err\n");
    EXPECT_EQ(output.status.code, 3);
    EXPECT_FALSE(output.status.ok());
}

TEST(RunCommand, DoesNotHangOnTwoFullPipes) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Output output,
                                 run_command(shell("head -c 900000 /dev/zero >&2; head -c 900000 "
                                                   "/dev/zero; head -c 900000 /dev/zero >&2"),
                                             {}, 4U << 20));
    EXPECT_THAT(output.out, SizeIs(900'000));
    EXPECT_THAT(output.err, SizeIs(1'800'000));
}

TEST(RunCommand, DropsWhatIsOverTheLimit) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Output output,
                                 run_command(shell("head -c 300000 /dev/zero"), {}, 1000));
    EXPECT_THAT(output.out, SizeIs(1000));
    EXPECT_TRUE(output.status.ok());
}

TEST(RunCommand, EndsWithTheProcessEvenIfItsPipeIsStillHeld) {
    const auto start = std::chrono::steady_clock::now();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Output output, run_command(shell("sleep 20 & echo $!")));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
    ::kill(std::stoi(output.out), SIGKILL);
}

TEST(RunCommand, HasAnEmptyInput) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Output output, run_command(shell("cat; echo end")));
    EXPECT_EQ(output.out, "end\n");
}

TEST(RunCommand, TakesFolderAndEnvironment) {
    SpawnOptions options = shell("pwd; echo $WHO; echo ${HOME-none}");
    options.cwd = "/usr";
    options.env = std::vector<std::string>{"WHO=me", "PATH=/usr/bin:/bin"};
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Output output, run_command(options));
    EXPECT_EQ(output.out, "/usr\nme\nnone\n");
}

TEST(RunCommand, IsCancelledByAStop) {
    std::stop_source stop;
    std::thread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        stop.request_stop();
    });
    const auto start = std::chrono::steady_clock::now();
    EXPECT_THAT(run_command(shell("exec sleep 60"), stop.get_token()),
                FailsWith(ErrorCode::kCancelled, HasSubstr("sh")));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
    stopper.join();
}

TEST(Child, SaysWhatCannotBeStarted) {
    SpawnOptions missing;
    missing.argv = {"no-such-program-here"};
    EXPECT_THAT(Child::spawn(missing),
                FailsWith(ErrorCode::kNotFound, HasSubstr("'no-such-program-here'")));
    SpawnOptions nowhere = shell("true");
    nowhere.cwd = "/no/such/folder";
    EXPECT_THAT(Child::spawn(nowhere),
                FailsWith(ErrorCode::kNotFound, HasSubstr("/no/such/folder")));
    EXPECT_THAT(Child::spawn({}), FailsWith(ErrorCode::kInvalidInput, _));
}

TEST(Child, ReportsTheSignalThatEndedIt) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(Child child, Child::spawn(shell("kill -SEGV $$")));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const ExitStatus status, child.wait());
    EXPECT_EQ(status.code, 128 + SIGSEGV);
    EXPECT_EQ(status.signal, SIGSEGV);
    EXPECT_THAT(child.wait(), FailsWith(ErrorCode::kInternal, _));
}

TEST(Child, IsKilledAndReapedByItsOwner) {
    pid_t pid = 0;
    {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const Child child, Child::spawn(shell("exec sleep 60")));
        pid = child.pid();
        EXPECT_EQ(::kill(pid, 0), 0);
    }
    EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(Child, ThatIgnoresSigtermIsKilled) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(Pipe ready, make_pipe());
    SpawnOptions options = shell("trap '' TERM; echo ready; while :; do sleep 0.1; done");
    options.stdout_fd = ready.write.get();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(Child child, Child::spawn(options));
    char buffer[16];
    ASSERT_GT(::read(ready.read.get(), buffer, sizeof buffer), 0);
    std::stop_source stop;
    stop.request_stop();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const ExitStatus status, child.wait(stop.get_token()));
    EXPECT_EQ(status.signal, SIGKILL);
}

TEST(Child, StopRunsTheGivenActionAndStillWaits) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(Child child, Child::spawn(shell("exec sleep 60")));
    std::stop_source stop;
    stop.request_stop();
    int calls = 0;
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const ExitStatus status, child.wait(stop.get_token(), [&] {
        ++calls;
        EXPECT_THAT(child.signal(SIGUSR1), IsOk());
    }));
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(status.signal, SIGUSR1);
}

TEST(Child, StartsWithDefaultSignalsAndMask) {
    sigset_t blocked;
    sigset_t before;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGTERM);
    ::sigaddset(&blocked, SIGUSR2);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
    const auto pipe_before = ::signal(SIGPIPE, SIG_IGN);
    auto output = run_command(
        {.argv = {"grep", "^Sig[BI]", "/proc/self/status"}, .env = {}, .cwd = {}, .extra_fds = {}});
    ::signal(SIGPIPE, pipe_before);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ASSERT_THAT(output, IsOk());
    // 32 and 33 are the C library's own; it leaves them ignored until the new program sets them up.
    EXPECT_THAT(output->out,
                ::testing::MatchesRegex("SigBlk:\t0000000000000000\nSigIgn:\t0000000180000000\n|"
                                        "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"));
}

TEST(Child, GetsExtraDescriptorsEvenWhenNumbersCross) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(Pipe first, make_pipe());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(Pipe second, make_pipe());
    const int a = first.write.get();
    const int b = second.write.get();
    const std::string count = "ls /proc/self/fd | wc -l";
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Output usual, run_command(shell(count)));
    SpawnOptions options =
        shell(fmt::format("echo one >&{}; echo two >&{}; {} >&{}", b, a, count, a));
    options.extra_fds = {{a, b}, {b, a}};
    SLIPWAY_ASSERT_OK_AND_ASSIGN(Child child, Child::spawn(options));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const ExitStatus status, child.wait());
    EXPECT_TRUE(status.ok());
    first.write = Fd();
    second.write = Fd();
    FdReader one(first.read);
    FdReader two(second.read);
    EXPECT_THAT(read_text(one, 100), slipway::testing::IsOkAndHolds("one\n"));
    // Two more than usual, and not the ends of the pipes that stay with us.
    const int more = std::stoi(usual.out) + 2;
    EXPECT_THAT(read_text(two, 100),
                slipway::testing::IsOkAndHolds(fmt::format("two\n{}\n", more)));
}

TEST(FindProgram, LooksInPath) {
    EXPECT_THAT(find_program("sh"), ::testing::Optional(HasSubstr("/sh")));
    EXPECT_EQ(find_program("no-such-program-here"), std::nullopt);
    EXPECT_EQ(find_program("/etc/passwd"), std::nullopt);
    EXPECT_EQ(find_program(""), std::nullopt);
}

}  // namespace
}  // namespace slipway::os
