#include "base/path.h"
#include "base/text.h"
#include "exec/sandbox_fixture.h"

#include <chrono>
#include <functional>
#include <thread>

namespace slipway::exec {
namespace {

using slipway::testing::FailsWith;
using std::chrono::milliseconds;
using ::testing::_;

/// Does the command line of any process match? (The tests have a pid namespace of their own.)
bool any_process(const std::function<bool(const std::string& command_line)>& matches) {
    const auto proc = os::Dir::open("/proc");
    const auto entries = proc->list(RelPath());
    for (const os::DirEntry& entry : *entries) {
        if (!parse_uint(entry.name)) continue;
        const auto text = os::find_file("/proc/" + entry.name + "/cmdline");
        if (text && *text && matches(**text)) return true;
    }
    return false;
}

/// Is there a process with `word` in its command line?
bool has_process(const std::string& word) {
    return any_process(
        [&](const std::string& line) { return line.find(word) != std::string::npos; });
}

/// Does any process run this program? (Its name may stand in our own arguments: the test's filter.)
bool runs_program(const std::string& name) {
    return any_process([&](const std::string& line) {
        return base_name(std::string_view(line).substr(0, line.find('\0'))) == name;
    });
}

class SandboxCancel : public SandboxTest {};
INSTANTIATE_TEST_SUITE_P(Runtimes, SandboxCancel, both_runtimes(), runtime_name);

TEST_P(SandboxCancel, EndsEveryProcess) {
    std::stop_source stop;
    bool seen = false;
    spec_.on_output = [&](int, std::string_view) {
        seen = has_process("4711");
        stop.request_stop();
    };
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_THAT(
        try_run({"/bin/sh", "-c", "trap '' TERM INT; sleep 4711 & echo started; sleep 4711"},
                stop.get_token()),
        FailsWith(ErrorCode::kCancelled, _));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(5000));
    EXPECT_TRUE(seen);
    EXPECT_FALSE(has_process("4711"));
    EXPECT_FALSE(runs_program(GetParam()));
}

TEST_P(SandboxCancel, WorksAtAnyMoment) {
    for (const int delay : {0, 1, 2, 4, 6, 10, 20, 40}) {
        std::stop_source stop;
        const std::jthread later([&] {
            std::this_thread::sleep_for(milliseconds(delay));
            stop.request_stop();
        });
        EXPECT_THAT(try_run({"/bin/sleep", "4712"}, stop.get_token()),
                    FailsWith(ErrorCode::kCancelled, _))
            << "after " << delay << " ms";
        EXPECT_FALSE(has_process("4712"));
    }
    EXPECT_FALSE(root_.has("/etc/hosts"));
}

TEST_P(SandboxCancel, StartsNothingWhenItIsTooLate) {
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THAT(try_run({"/bin/true"}, stop.get_token()), FailsWith(ErrorCode::kCancelled, _));
    EXPECT_FALSE(root_.has("/proc"));
}

TEST_P(SandboxCancel, NothingOutlivesTheStep) {
    EXPECT_TRUE(shell("sleep 4713 & sleep 4713 > /dev/null & exit 0").end.ok());
    EXPECT_FALSE(has_process("4713"));
}

}  // namespace
}  // namespace slipway::exec
