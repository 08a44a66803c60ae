// The live display on a pseudo-terminal, read back through a small terminal emulator.
#include "ui/captured.h"
#include "ui/terminal_emulator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace slipway::ui {
namespace {

using namespace std::chrono_literals;
using progress::Reason;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

class Terminal {
  public:
    Terminal(unsigned short columns, unsigned short rows) : emulator_(columns, rows) {
        const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
        int master = -1;
        int slave = -1;
        if (::openpty(&master, &slave, nullptr, nullptr, &size) != 0) return;
        master_ = os::Fd(master);
        slave_ = os::Fd(slave);
        reader_ = std::thread([this] { read_all(); });
    }
    ~Terminal() { close(); }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    [[nodiscard]] bool valid() const { return slave_.valid(); }
    [[nodiscard]] int fd() const { return slave_.get(); }
    /// After the last writer is done.
    void close() {
        slave_ = os::Fd();
        if (reader_.joinable()) reader_.join();
    }
    [[nodiscard]] std::vector<std::string> rows() {
        const std::lock_guard lock(mutex_);
        return emulator_.rows();
    }
    [[nodiscard]] std::string raw() {
        const std::lock_guard lock(mutex_);
        return raw_;
    }
    [[nodiscard]] const TerminalEmulator& emulator() const { return emulator_; }

    template <typename Matcher>
    bool eventually_shows(const Matcher& matcher) {
        for (int i = 0; i < 500; ++i) {
            if (::testing::Value(rows(), matcher)) return true;
            std::this_thread::sleep_for(10ms);
        }
        return false;
    }

  private:
    void read_all() {
        char buffer[4096];
        for (ssize_t size = 0; (size = ::read(master_.get(), buffer, sizeof buffer)) > 0;) {
            const std::lock_guard lock(mutex_);
            const std::string_view text(buffer, static_cast<std::size_t>(size));
            raw_ += text;
            emulator_.feed(text);
        }
    }

    std::mutex mutex_;
    std::string raw_;
    TerminalEmulator emulator_;
    os::Fd master_;
    os::Fd slave_;
    std::thread reader_;
};

class Tty : public ::testing::Test {
  protected:
    void SetUp() override {
        ASSERT_EQ(::setenv("TERM", "xterm", 1), 0);
        ASSERT_EQ(::unsetenv("NO_COLOR"), 0);
    }
};

TEST_F(Tty, RedrawsWhatRunsAndLeavesWhatEnded) {
    Terminal terminal(60, 24);
    ASSERT_TRUE(terminal.valid());
    const auto renderer = make_renderer(ProgressMode::kAuto, terminal.fd());
    renderer->emit(progress::BuildStarted{.name = "x", .steps = 3});
    for (int i = 1; i <= 3; ++i)
        renderer->emit(queued(i, "[x " + std::to_string(i) + "/3] RUN step"));
    renderer->emit(done(1, Reason::kHitLocal));
    renderer->emit(started(2));
    renderer->emit(log(2, "first line\nsecond"));
    EXPECT_TRUE(terminal.eventually_shows(
        ElementsAre(MatchesRegex(" => CACHED \\[x 1/3\\] RUN step +1\\.2s"),
                    MatchesRegex("\\[\\+\\] Building [0-9.]+s \\(1/3, 1 cached\\)"),
                    MatchesRegex(" => \\[x 2/3\\] RUN step +[0-9.]+s"), " => => # first line",
                    " => => # second")))
        << ::testing::PrintToString(terminal.rows());
    renderer->emit(log(2, " half\n"));
    EXPECT_TRUE(terminal.eventually_shows(Contains(" => => # second half")));
    renderer->emit(done(2, Reason::kMissOp));
    renderer->emit(started(3));
    EXPECT_TRUE(terminal.eventually_shows(
        ElementsAre(HasSubstr("CACHED [x 1/3]"), HasSubstr(" => [x 2/3]"),
                    HasSubstr("(2/3, 1 cached)"), HasSubstr(" => [x 3/3]"))));
    renderer->emit(done(3, Reason::kMissFirst));
    renderer->emit(progress::BuildDone{.ok = true, .duration = 3400ms});
    renderer->finish();
    terminal.close();
    EXPECT_THAT(
        terminal.rows(),
        ElementsAre(HasSubstr("CACHED [x 1/3] RUN step"),
                    HasSubstr(" => [x 2/3] RUN step (the instruction changed)"),
                    HasSubstr(" => [x 3/3] RUN step"), "[+] Built in 3.4s (3/3, 1 cached)"));
    EXPECT_TRUE(terminal.emulator().cursor_visible());
    EXPECT_THAT(terminal.emulator().unknown(), IsEmpty());
}

TEST_F(Tty, ShowsTheWholeLogOfAFailedStepHarmlessly) {
    Terminal terminal(40, 10);
    ASSERT_TRUE(terminal.valid());
    const auto renderer = make_renderer(ProgressMode::kTty, terminal.fd());
    renderer->emit(queued(1, "RUN bad"));
    renderer->emit(started(1));
    for (int i = 0; i < 100; ++i) renderer->emit(log(1, "line " + std::to_string(i) + "\n"));
    renderer->emit(log(1, "\x1b[2J\x1b[10Aevil\x1b]0;title\x07\nhalf \xc3"));
    renderer->emit(failed(1, "no"));
    renderer->emit(progress::BuildDone{.ok = false, .duration = 1s});
    renderer->finish();
    terminal.close();
    const auto rows = terminal.rows();
    EXPECT_THAT(rows[0], StartsWith(" => ERROR RUN bad"));
    EXPECT_EQ(rows[1], "[+] Failed after 1.0s (1/1)");
    EXPECT_EQ(rows[2], "------");
    EXPECT_EQ(rows[3], " > RUN bad:");
    EXPECT_EQ(rows[4], "line 0");
    EXPECT_EQ(rows[103], "line 99");
    EXPECT_EQ(rows[104], "evil");
    EXPECT_EQ(rows[105], "half \xef\xbf\xbd");
    EXPECT_EQ(rows.back(), "------");
    EXPECT_THAT(terminal.emulator().unknown(), IsEmpty());
    EXPECT_THAT(terminal.raw(), Not(HasSubstr("title")));
}

TEST_F(Tty, KeepsItsPlaceWithMoreStepsThanRows) {
    Terminal terminal(50, 8);
    ASSERT_TRUE(terminal.valid());
    const auto renderer = make_renderer(ProgressMode::kTty, terminal.fd());
    for (int i = 1; i <= 20; ++i) {
        renderer->emit(queued(
            i, "step number " + std::to_string(i) + " with a name that is too long for a row"));
        renderer->emit(started(i));
        renderer->emit(log(i, "some log\n"));
    }
    EXPECT_TRUE(terminal.eventually_shows(Contains(HasSubstr("more running"))));
    for (int i = 1; i <= 20; ++i) {
        std::this_thread::sleep_for(30ms);
        renderer->emit(done(i, Reason::kMissFirst));
    }
    renderer->finish();
    terminal.close();
    const auto rows = terminal.rows();
    ASSERT_EQ(rows.size(), 21U) << ::testing::PrintToString(
        rows);  // each step once, and the closing line
    for (int i = 1; i <= 20; ++i) {
        EXPECT_THAT(rows[static_cast<std::size_t>(i - 1)],
                    StartsWith(" => step number " + std::to_string(i) + " "));
    }
    EXPECT_THAT(rows.back(), StartsWith("[+] Stopped after"));
}

TEST_F(Tty, DrawsAtMostAboutTenTimesASecond) {
    Terminal terminal(80, 24);
    ASSERT_TRUE(terminal.valid());
    const auto renderer = make_renderer(ProgressMode::kTty, terminal.fd());
    renderer->emit(queued(1, "RUN chatty"));
    renderer->emit(started(1));
    const auto start = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - start < 1s)
        renderer->emit(log(1, "a line of text\n"));
    renderer->emit(done(1, Reason::kMissFirst));
    renderer->finish();
    terminal.close();
    std::size_t frames = 0;
    const std::string raw = terminal.raw();
    for (auto at = raw.find("\x1b[?25l"); at != std::string::npos;
         at = raw.find("\x1b[?25l", at + 1))
        ++frames;
    EXPECT_GE(frames, 3U);
    EXPECT_LE(frames, 14U);
}

TEST_F(Tty, ObeysNoColor) {
    for (const bool no_color : {false, true}) {
        ASSERT_EQ(::setenv("NO_COLOR", no_color ? "1" : "", 1), 0);
        Terminal terminal(80, 24);
        ASSERT_TRUE(terminal.valid());
        const auto renderer = make_renderer(ProgressMode::kTty, terminal.fd());
        renderer->emit(queued(1, "RUN x"));
        renderer->emit(failed(1, "no"));
        renderer->emit(progress::Warning{.text = "w", .where = {}});
        renderer->finish();
        terminal.close();
        const auto has_color = ::testing::ContainsRegex("\x1b\\[[0-9;]*m");
        EXPECT_EQ(::testing::Value(terminal.raw(), has_color), !no_color);
        EXPECT_THAT(terminal.rows(), Contains(HasSubstr("ERROR RUN x")));
    }
}

TEST_F(Tty, TellsWhatLintRulesFoundBelowEverything) {
    Terminal terminal(80, 24);
    ASSERT_TRUE(terminal.valid());
    const auto renderer = make_renderer(ProgressMode::kTty, terminal.fd());
    renderer->emit(progress::Warning{.text = "bad",
                                     .where = SourceRange{"Dockerfile", 3, 3},
                                     .rule = "RuleA",
                                     .level = "warning",
                                     .url = ""});
    renderer->emit(queued(1, "RUN x"));
    renderer->emit(done(1, Reason::kHitLocal));
    renderer->finish();
    terminal.close();
    const std::string raw = terminal.raw();
    const auto found = raw.find(" - RuleA: bad (line 3)");
    ASSERT_NE(found, std::string::npos);
    EXPECT_LT(raw.find("RUN x"), found);
}

TEST_F(Tty, IsPlainOnADumbTerminal) {
    ASSERT_EQ(::setenv("TERM", "dumb", 1), 0);
    Terminal terminal(80, 24);
    ASSERT_TRUE(terminal.valid());
    const auto renderer = make_renderer(ProgressMode::kAuto, terminal.fd());
    renderer->emit(queued(1, "RUN x"));
    renderer->emit(done(1, Reason::kHitLocal));
    renderer->finish();
    terminal.close();
    EXPECT_EQ(terminal.raw(), "#1 RUN x\r\n#1 CACHED\r\n");
}

TEST_F(Tty, FollowsAChangeOfWidth) {
    Terminal terminal(100, 24);
    ASSERT_TRUE(terminal.valid());
    const auto renderer = make_renderer(ProgressMode::kTty, terminal.fd());
    renderer->emit(queued(1, std::string(200, 'n')));
    renderer->emit(started(1));
    EXPECT_TRUE(terminal.eventually_shows(Contains(MatchesRegex(" => n+ +[0-9.]+s"))));
    const winsize narrow{.ws_row = 24, .ws_col = 40, .ws_xpixel = 0, .ws_ypixel = 0};
    ASSERT_EQ(::ioctl(terminal.fd(), TIOCSWINSZ, &narrow), 0);
    std::this_thread::sleep_for(300ms);
    renderer->emit(done(1, Reason::kMissFirst));
    renderer->finish();
    terminal.close();
    EXPECT_THAT(terminal.rows(), Contains(MatchesRegex(" => n{30} 1\\.2s")));
}

TEST_F(Tty, DestructionFinishes) {
    Terminal terminal(80, 24);
    ASSERT_TRUE(terminal.valid());
    {
        const auto renderer = make_renderer(ProgressMode::kTty, terminal.fd());
        renderer->emit(queued(1, "RUN x"));
        renderer->emit(started(1));
    }
    terminal.close();
    EXPECT_THAT(terminal.rows(), ElementsAre(StartsWith("[+] Stopped after")));
    EXPECT_TRUE(terminal.emulator().cursor_visible());
}

}  // namespace
}  // namespace slipway::ui
