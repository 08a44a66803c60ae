#include "os/supervisor.h"

#include "base/text.h"
#include "os/child.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/mount.h"
#include "os/signals.h"
#include "os/system.h"
#include "os/temp.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <linux/magic.h>
#include <pty.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

namespace slipway::os {
namespace {

using namespace std::chrono_literals;
using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using slipway::testing::IsOkAndHolds;
using ::testing::HasSubstr;

/// All of it happens in a forked process, as in a real program; this one plays the shell.
class Supervisor : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!is_root()) GTEST_SKIP() << "namespaces need root";
        const auto probe = wait_for(start([] { return 42; }));
        if (probe == 99) GTEST_SKIP() << "no pid or mount namespaces here";
        ASSERT_EQ(probe, 42);
        auto temp = TempDir::create(::testing::TempDir(), "supervisor-test");
        ASSERT_THAT(temp, IsOk());
        temp_.emplace(std::move(*temp));
    }

    static pid_t start(const std::function<int()>& body) {
        const pid_t pid = ::fork();
        if (pid != 0) return pid;
        const auto code = run_supervised(body);
        if (!code) std::fprintf(stderr, "%s\n", code.error().to_string().c_str());
        ::_exit(code ? *code : 99);
    }
    static int wait_for(pid_t pid) {
        int status = 0;
        ::waitpid(pid, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    }
    static bool eventually(const std::function<bool()>& condition) {
        for (int i = 0; i < 1000; ++i) {
            if (condition()) return true;
            std::this_thread::sleep_for(10ms);
        }
        return false;
    }
    [[nodiscard]] std::string path(const char* name) const { return temp_->path() + "/" + name; }

    /// Processes, in our own numbering, whose command line contains `text`.
    static std::vector<pid_t> find_processes(const std::string& text) {
        std::vector<pid_t> found;
        const auto entries = Dir::open("/proc")->list(RelPath()).value();
        for (const auto& entry : entries) {
            const auto number = parse_uint(entry.name);
            const auto line =
                number ? read_file("/proc/" + entry.name + "/cmdline") : Result<std::string>("");
            if (line && line->find(text) != std::string::npos)
                found.push_back(static_cast<pid_t>(*number));
        }
        return found;
    }
    static std::vector<pid_t> children_of(pid_t pid) {
        std::vector<pid_t> found;
        const auto text = read_file(fmt::format("/proc/{}/task/{}/children", pid, pid));
        if (!text) return found;
        for (const auto part : split(trim(*text), ' ')) {
            if (const auto number = parse_uint(part)) found.push_back(static_cast<pid_t>(*number));
        }
        return found;
    }

    std::optional<TempDir> temp_;
};

TEST_F(Supervisor, ReturnsTheExitCodeOfTheBody) {
    EXPECT_EQ(wait_for(start([] { return 0; })), 0);
    EXPECT_EQ(wait_for(start([] { return 7; })), 7);
    EXPECT_EQ(wait_for(start([] {
                  ::raise(SIGKILL);
                  return 0;
              })),
              128 + SIGKILL);
}

TEST_F(Supervisor, BodyLivesInNamespacesOfItsOwn) {
    const std::string mark = path("mnt");
    ASSERT_THAT(make_dirs(mark), IsOk());
    const std::string mounts_before = read_file("/proc/self/mountinfo").value();
    EXPECT_EQ(wait_for(start([&] {
                  if (::getpid() == 1 || ::getppid() != 1) return 1;
                  if (read_file("/proc/1/comm").value() != "slipway-init\n")
                      return 2;  // /proc is the new one
                  auto mount = mount_tmpfs(mark, "");
                  if (!mount) return 3;
                  if (!write_file(mark + "/f", "x")) return 4;
                  struct statfs info {};
                  if (::statfs("/sys/fs/cgroup", &info) != 0 || info.f_type != CGROUP2_SUPER_MAGIC)
                      return 5;
                  static MountPoint kept = std::move(*mount);  // still mounted at the end
                  return kept.path().empty() ? 6 : 42;
              })),
              42);
    EXPECT_FALSE(path_exists(mark + "/f"));
    EXPECT_EQ(read_file("/proc/self/mountinfo").value(), mounts_before);
}

TEST_F(Supervisor, OuterProcessCanStillStartPrograms) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        if (run_supervised([] { return 5; }).value_or(-1) != 5) ::_exit(1);
        SpawnOptions options;
        options.argv = {"sh", "-c", "exit 6"};
        const auto output = run_command(options);
        ::_exit(output && output->status.code == 6 ? 42 : 2);
    }
    EXPECT_EQ(wait_for(pid), 42);
}

TEST_F(Supervisor, KeepsStandardStreams) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(Pipe in, make_pipe());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(Pipe out, make_pipe());
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::dup2(in.read.get(), 0);
        ::dup2(out.write.get(), 1);
        in.write = Fd();
        const auto code = run_supervised([] {
            SpawnOptions options;
            options.argv = {"cat"};
            options.inherit_stdio = true;
            return Child::spawn(options)->wait()->code;
        });
        ::_exit(code.value_or(99));
    }
    in.read = Fd();
    out.write = Fd();
    ASSERT_THAT(FdWriter(in.write).write("through"), IsOk());
    in.write = Fd();
    FdReader reader(out.read);
    EXPECT_THAT(read_text(reader, 100), IsOkAndHolds("through"));
    EXPECT_EQ(wait_for(pid), 0);
}

TEST_F(Supervisor, ReapsOrphans) {
    EXPECT_EQ(wait_for(start([] {
                  SpawnOptions options;
                  options.argv = {"sh", "-c", "(sh -c 'exit 0' &) ; (sleep 0.05 &) ; exit 0"};
                  for (int i = 0; i < 5; ++i) {
                      if (!run_command(options)) return 1;
                  }
                  return eventually([] {
                      return find_processes("sleep 0.05").empty() && children_of(1).size() == 1;
                  })
                             ? 42
                             : 2;
              })),
              42);
}

TEST_F(Supervisor, PassesSignalsOnAndWaitsForATidyEnd) {
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        const std::string ready = path("ready");
        const pid_t pid = start([&] {
            const SignalStop stop;
            if (!write_file(ready, "")) return 1;
            if (!eventually([&] { return stop.token().stop_requested(); })) return 2;
            std::this_thread::sleep_for(200ms);  // a second one, if it came, would end us here
            return stop.received() == number ? 42 : 3;
        });
        ASSERT_TRUE(eventually([&] { return path_exists(ready); }));
        ASSERT_EQ(::kill(pid, number), 0);
        EXPECT_EQ(wait_for(pid), 42);
        ASSERT_THAT(remove_tree(ready), IsOk());
    }
}

TEST_F(Supervisor, SignalToTheWholeGroupCountsOnce) {
    const std::string ready = path("ready");
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::setpgid(0, 0);
        const auto code = run_supervised([&] {
            const SignalStop stop;
            if (!write_file(ready, "")) return 1;
            if (!eventually([&] { return stop.token().stop_requested(); })) return 2;
            std::this_thread::sleep_for(200ms);
            return 42;
        });
        ::_exit(code.value_or(99));
    }
    ASSERT_TRUE(eventually([&] { return path_exists(ready); }));
    ASSERT_EQ(::kill(-pid, SIGINT), 0);
    EXPECT_EQ(wait_for(pid), 42);
}

TEST_F(Supervisor, CtrlCOnTheTerminalCountsOnceAndTwiceEndsAtOnce) {
    for (const int presses : {1, 2}) {
        const std::string ready = path("ready");
        const std::string stopping = path("stopping");
        int terminal = -1;
        const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, nullptr);
        ASSERT_GE(pid, 0);
        if (pid == 0) {
            const auto code = run_supervised([&] {
                const SignalStop stop;
                if (!write_file(ready, "")) return 1;
                if (!eventually([&] { return stop.token().stop_requested(); })) return 2;
                if (!write_file(stopping, "")) return 3;
                std::this_thread::sleep_for(presses == 1 ? 200ms : 20s);
                return 42;
            });
            ::_exit(code.value_or(99));
        }
        const Fd held(terminal);
        ASSERT_TRUE(eventually([&] { return path_exists(ready); }));
        ASSERT_THAT(FdWriter(held).write("\x03"), IsOk());
        ASSERT_TRUE(eventually([&] { return path_exists(stopping); }));
        if (presses == 2) {
            std::this_thread::sleep_for(100ms);
            ASSERT_THAT(FdWriter(held).write("\x03"), IsOk());
        }
        EXPECT_EQ(wait_for(pid), presses == 1 ? 42 : 128 + SIGINT);
        ASSERT_THAT(remove_tree(ready), IsOk());
        ASSERT_THAT(remove_tree(stopping), IsOk());
    }
}

enum class Victim { kOuter, kInit, kBody };

class KillNine : public Supervisor, public ::testing::WithParamInterface<Victim> {};

INSTANTIATE_TEST_SUITE_P(Each, KillNine,
                         ::testing::Values(Victim::kOuter, Victim::kInit, Victim::kBody),
                         [](const auto& each) {
                             return each.param == Victim::kOuter  ? "outer"
                                    : each.param == Victim::kInit ? "init"
                                                                  : "body";
                         });

TEST_P(KillNine, LeavesNoProcessAndNoMount) {
    const std::string mounts_before = read_file("/proc/self/mountinfo").value();
    const std::string mark = path("mnt");
    ASSERT_THAT(make_dirs(mark), IsOk());
    // Distinctive command lines, by which the grandchildren can be found: one of them left its
    // session.
    const std::string sleeper = fmt::format("sleep 60.{}", ::getpid());
    const std::string ready = path("ready");
    const pid_t outer = start([&] {
        const auto mount = mount_tmpfs(mark, "");
        SpawnOptions options;
        options.argv = {"sh", "-c", fmt::format("{0} & setsid {0} & wait", sleeper)};
        auto child = Child::spawn(options);
        if (!mount || !child || !write_file(ready, "")) return 1;
        return child->wait()->code;
    });
    ASSERT_TRUE(eventually([&] { return path_exists(ready); }));
    const std::string command_line = fmt::format("sleep{}60.{}", '\0', ::getpid());
    ASSERT_TRUE(eventually([&] { return find_processes(command_line).size() == 2; }));
    const std::vector<pid_t> inits = children_of(outer);
    ASSERT_EQ(inits.size(), 1U);
    const std::vector<pid_t> bodies = children_of(inits[0]);
    ASSERT_EQ(bodies.size(), 1U);
    // A mount namespace lives as long as somebody holds it; from outside it can be seen through the
    // body's root.
    const std::string seen = fmt::format("/proc/{}/mountinfo", bodies[0]);
    EXPECT_THAT(read_file(seen), IsOkAndHolds(HasSubstr(mark)));

    const pid_t victim = GetParam() == Victim::kOuter  ? outer
                         : GetParam() == Victim::kInit ? inits[0]
                                                       : bodies[0];
    ASSERT_EQ(::kill(victim, SIGKILL), 0);
    EXPECT_EQ(wait_for(outer), GetParam() == Victim::kOuter ? 1000 + SIGKILL : 128 + SIGKILL);
    EXPECT_TRUE(eventually([&] { return find_processes(command_line).empty(); }));
    EXPECT_TRUE(eventually([&] { return !path_exists(fmt::format("/proc/{}", bodies[0])); }));
    EXPECT_TRUE(eventually([&] { return !path_exists(fmt::format("/proc/{}", inits[0])); }));
    EXPECT_EQ(read_file("/proc/self/mountinfo").value(), mounts_before);
    EXPECT_EQ(::rmdir(mark.c_str()), 0);  // EBUSY while something is mounted there
}

TEST_F(Supervisor, CrunRunsInside) {
    if (!find_program("crun")) GTEST_SKIP() << "crun is not installed";
    const std::string bundle = path("bundle");
    ASSERT_THAT(make_dirs(bundle + "/rootfs/proc"), IsOk());
    for (const std::string dir : {"bin", "dev", "lib", "lib64", "usr"})
        ASSERT_THAT(make_dirs(bundle + "/rootfs/" + dir), IsOk());
    std::string mounts = R"({"destination":"/proc","type":"proc","source":"proc"})";
    for (const std::string dir : {"/bin", "/lib", "/lib64", "/usr"}) {
        if (!path_exists(dir)) continue;
        mounts += fmt::format(
            R"(,{{"destination":"{0}","type":"bind","source":"{0}","options":["bind","ro"]}})",
            dir);
    }
    ASSERT_THAT(write_file(bundle + "/config.json", fmt::format(R"({{"ociVersion":"1.0.0",
        "process":{{"user":{{"uid":0,"gid":0}},"args":["/bin/sh","-c","exit 17"],"cwd":"/","env":["PATH=/bin"]}},
        "root":{{"path":"rootfs"}},"mounts":[{}],
        "linux":{{"namespaces":[{{"type":"pid"}},{{"type":"mount"}}]}}}})",
                                                                mounts)),
                IsOk());
    EXPECT_EQ(wait_for(start([&] {
                  SpawnOptions options;
                  options.argv = {"crun",   "--cgroup-manager=disabled",
                                  "--root", path("state"),
                                  "run",    "-b",
                                  bundle,   "t"};
                  const auto output = run_command(options);
                  if (!output) return 1;
                  if (!output->err.empty()) std::fprintf(stderr, "%s", output->err.c_str());
                  return output->status.code;
              })),
              17);
}

TEST(SupervisorErrors, WithoutRootIsAClearError) {
    if (!is_root()) {
        EXPECT_THAT(run_supervised([] { return 0; }),
                    FailsWith(ErrorCode::kResource, HasSubstr("root")));
        return;
    }
    const pid_t pid = ::fork();
    if (pid == 0) {
        if (::setuid(65534) != 0) ::_exit(1);
        const auto result = run_supervised([] { return 0; });
        ::_exit(!result && result.error().code() == ErrorCode::kResource && result.error().hint()
                    ? 42
                    : 2);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_EQ(WEXITSTATUS(status), 42);
}

}  // namespace
}  // namespace slipway::os
