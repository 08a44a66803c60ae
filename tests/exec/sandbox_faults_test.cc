// Lack of memory, a runtime that is killed, images that lie, terminals.
#include "base/scope_guard.h"
#include "base/text.h"
#include "exec/sandbox_fixture.h"
#include "os/lock.h"
#include "os/mount.h"

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace slipway::exec {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class SandboxFaults : public SandboxTest {};
INSTANTIATE_TEST_SUITE_P(Runtimes, SandboxFaults, both_runtimes(), runtime_name);

/// A memory cgroup with a limit, which this process is in until the end of its life.
class MemoryLimit {
  public:
    explicit MemoryLimit(const std::string& folder) : folder_(folder) {
        const auto mounted =
            os::run_command({.argv = {"mount", "-t", "cgroup", "-o", "memory", "none", folder}});
        if (!mounted || !mounted->status.ok()) return;
        group_ = fmt::format("{}/slipway-test-{}", folder, os::random_id().substr(0, 8));
        previous_ = own_group();
        if (!os::make_dirs(group_)) return;
        usable_ = put(group_ + "/memory.limit_in_bytes", std::to_string(256U << 20)) &&
                  put(group_ + "/cgroup.procs", "0");
    }
    MemoryLimit(const MemoryLimit&) = delete;
    MemoryLimit& operator=(const MemoryLimit&) = delete;
    ~MemoryLimit() {
        if (usable_) put(folder_ + previous_ + "/cgroup.procs", "0");
        if (!group_.empty()) ::rmdir(group_.c_str());
        static_cast<void>(os::run_command({.argv = {"umount", folder_}}));
    }
    [[nodiscard]] bool usable() const { return usable_; }

  private:
    static bool put(const std::string& file, std::string_view text) {
        auto fd = os::open_write(file);
        if (!fd) return false;
        os::FdWriter writer(*fd);
        return writer.write(text).has_value();
    }
    static std::string own_group() {
        const auto text = os::read_file("/proc/self/cgroup");
        for (const std::string_view line : split(*text, '\n')) {
            const auto fields = split(line, ':');
            if (fields.size() == 3 && fields[1] == "memory") return std::string(fields[2]);
        }
        return "";
    }
    std::string folder_;
    std::string group_;
    std::string previous_;
    bool usable_ = false;
};

TEST_P(SandboxFaults, TellsThatMemoryRanOut) {
    const TestRoot host;
    ASSERT_TRUE(host.ok());
    const MemoryLimit limit(host.path());
    if (!limit.usable()) GTEST_SKIP() << "no memory cgroup (version 1) to set a limit with";
    // The kernel counts for the whole machine: the same test with the other runtime waits.
    const auto alone =
        os::FileLock::acquire("/tmp/slipway-test-out-of-memory.lock", os::LockMode::kExclusive);
    ASSERT_TRUE(alone) << alone.error().to_string();
    const Ran ran = shell(
        "echo 1000 > /proc/self/oom_score_adj; dd if=/dev/zero of=/dev/null bs=400M count=1; exit "
        "$?");
    EXPECT_EQ(ran.end.code, 128 + SIGKILL);
    EXPECT_TRUE(ran.end.out_of_memory);
    EXPECT_FALSE(shell("exit 3").end.out_of_memory);
}

pid_t parent_of(pid_t pid) {
    const auto text = os::find_file(fmt::format("/proc/{}/status", pid));
    if (!text || !*text) return 0;
    static constexpr std::string_view kName = "\nPPid:\t";
    const std::size_t at = (*text)->find(kName);
    if (at == std::string::npos) return 0;
    const std::string_view rest = std::string_view(**text).substr(at + kName.size());
    return static_cast<pid_t>(parse_uint(rest.substr(0, rest.find('\n'))).value_or(0));
}

/// Other tests, which have runtimes of their own, may run at the same time.
bool started_by_this_test(pid_t pid) {
    while (pid > 1 && pid != ::getpid()) pid = parent_of(pid);
    return pid == ::getpid();
}

pid_t find_runtime_process() {
    const auto proc = os::Dir::open("/proc");
    const auto entries = proc->list(RelPath());
    for (const os::DirEntry& entry : *entries) {
        const auto pid = parse_uint(entry.name);
        if (!pid || !started_by_this_test(static_cast<pid_t>(*pid))) continue;
        const auto text = os::find_file("/proc/" + entry.name + "/cmdline");
        if (text && *text && (*text)->find("--bundle") != std::string::npos)
            return static_cast<pid_t>(*pid);
    }
    return -1;
}

TEST_P(SandboxFaults, SurvivesTheDeathOfTheRuntime) {
    // The first line may come before the runtime has written down that there is a container.
    for (const char* wait : {"", "sleep 1; "}) {
        spec_.on_output = [&](int, std::string_view) {
            const pid_t runtime = find_runtime_process();
            ASSERT_GT(runtime, 1);
            ::kill(runtime, SIGKILL);
        };
        const Ran ran = shell(fmt::format("{}echo here; sleep 4714", wait));
        EXPECT_EQ(ran.end.signal, SIGKILL);
        EXPECT_EQ(find_runtime_process(), -1);
    }
    EXPECT_EQ(shell("echo again").out, "again\n");
}

TEST_P(SandboxFaults, HoldsLinksOfAnImageInsideIt) {
    const TestRoot host;
    ASSERT_TRUE(host.ok());
    host.make_dir("/victim");
    ASSERT_THAT(root_.dir().remove_tree(RelPath::in_root("/etc")), IsOk());
    root_.link("../../../../../../../../../.." + host.path() + "/victim", "/etc");
    root_.link(host.path() + "/victim", "/out");
    spec_.mounts = {{.kind = SandboxMount::Kind::kTmpfs, .target = "/out/scratch"},
                    {.kind = SandboxMount::Kind::kSecret,
                     .target = "/out/deep/secret",
                     .secret_value = "not-for-you"}};
    spec_.cwd = "/out/work";
    const Ran ran = shell("cat /etc/hosts; cat /out/deep/secret > /dev/null && pwd");
    EXPECT_THAT(ran.out, HasSubstr("localhost"));
    EXPECT_TRUE(host.dir().list(RelPath::in_root("/victim"))->empty());
}

TEST_P(SandboxFaults, RefusesStandardFoldersThatAreLinks) {
    for (const char* name : {"/proc", "/sys", "/dev"}) {
        const TestRoot host;
        ASSERT_TRUE(host.ok());
        root_.link("../../../../../../../../../.." + host.path(), name);
        EXPECT_THAT(try_run({"/bin/true"}),
                    FailsWith(ErrorCode::kInvalidInput,
                              HasSubstr(fmt::format("'{}' is a symbolic link", name))));
        EXPECT_TRUE(host.dir().list(RelPath())->empty()) << name;
        ASSERT_THAT(root_.dir().unlink(RelPath::in_root(name)), IsOk());
    }
}

TEST_P(SandboxFaults, LeavesTheMountsOfTheEngineAsTheyWere) {
    run({"/bin/true"});
    const auto before = os::read_file("/proc/self/mountinfo");
    spec_.mounts = {{.kind = SandboxMount::Kind::kSecret,
                     .target = "/run/secrets/x",
                     .secret_value = "secret-value"}};
    run({"/bin/true"});
    EXPECT_EQ(os::read_file("/proc/self/mountinfo").value_or(""), before.value_or("-"));
}

TEST_P(SandboxFaults, WritesToAnOverlayOnlyWhatTheStepDid) {
    const TestRoot layers;
    ASSERT_TRUE(layers.ok());
    for (const char* name : {"/upper", "/work", "/merged"}) layers.make_dir(name);
    for (const char* name : {"/proc", "/sys", "/dev"}) root_.make_dir(name);
    root_.write("/etc/os-release", "ID=test\n");
    auto mounted = os::mount_overlay({.lower = {root_.path()},
                                      .upper = layers.path() + "/upper",
                                      .work = layers.path() + "/work"},
                                     layers.path() + "/merged");
    if (!mounted) GTEST_SKIP() << mounted.error().to_string();
    spec_.rootfs = layers.path() + "/merged";
    spec_.mounts = {{.kind = SandboxMount::Kind::kTmpfs, .target = "/run/lock"}};
    EXPECT_EQ(shell("echo made > /made; mknod /null2 c 1 3; stat -c %t:%T /null2").out, "1:3\n");
    std::vector<std::string> names;
    const auto entries = layers.dir().list(RelPath::in_root("/upper"));
    for (const os::DirEntry& entry : *entries) names.push_back(entry.name);
    EXPECT_THAT(names, ElementsAre("etc", "made",
                                   "null2"));  // etc: copied up for its mount points, and empty
    EXPECT_TRUE(layers.dir().list(RelPath::in_root("/upper/etc"))->empty());
}

/// What comes from `fd` until `wanted` was seen or nothing comes for ten seconds.
std::string read_until(int fd, std::string_view wanted) {
    std::string text;
    std::array<char, 1024> buffer;
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    while (text.find(wanted) == std::string::npos && ::poll(&waiting, 1, 10000) > 0) {
        const ssize_t size = ::read(fd, buffer.data(), buffer.size());
        if (size <= 0) break;
        text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return text;
}

TEST_P(SandboxFaults, GivesAnInteractiveStepTheTerminal) {
    run({"/bin/true"});  // so that what is mounted belongs to this process, not to the child
    spec_.interactive = true;
    spec_.args = {"/bin/sh"};
    int terminal = -1;
    const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
    ASSERT_GE(child, 0);
    if (child == 0) {
        const auto end = runtime_->run(spec_, {});
        ::_exit(end ? end->code : 99);
    }
    const os::Fd owner(terminal);
    const std::string_view script = "[ -t 0 ] && [ -t 1 ] && echo is-a-''terminal $TERM; exit 5\n";
    ASSERT_EQ(::write(terminal, script.data(), script.size()), static_cast<ssize_t>(script.size()));
    EXPECT_THAT(read_until(terminal, "is-a-terminal"), HasSubstr("is-a-terminal xterm"));
    static_cast<void>(
        read_until(terminal, "\x01 never"));  // the terminal must be read for the shell to end
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 5);
}

TEST_P(SandboxFaults, GivesAnInteractiveStepOurPipes) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(os::Pipe in, os::make_pipe());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(os::Pipe out, os::make_pipe());
    run({"/bin/true"});
    spec_.interactive = true;
    spec_.args = {"/bin/cat"};
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        ::dup2(in.read.get(), STDIN_FILENO);
        ::dup2(out.write.get(), STDOUT_FILENO);
        in.write = os::Fd();
        const auto end = runtime_->run(spec_, {});
        ::_exit(end ? end->code : 99);
    }
    in.read = os::Fd();
    out.write = os::Fd();
    ASSERT_EQ(::write(in.write.get(), "through\n", 8), 8);
    in.write = os::Fd();
    EXPECT_EQ(read_until(out.read.get(), "never"), "through\n");
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace slipway::exec
