#include "ui/internal/screen.h"

#include "ui/captured.h"
#include "ui/internal/terminal_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::ui::internal {
namespace {

using namespace std::chrono_literals;
using progress::Reason;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr TimePoint kStart{};

class ScreenTest : public ::testing::Test {
  protected:
    void run(int number, const std::string& name) {
        state_.queued(std::get<progress::StepQueued>(queued(number, name)));
        state_.started({.step = id(number)}, kStart);
    }
    void write(int number, const std::string& line) {
        state_.step(id(number)).tail.push_back(line);
    }
    [[nodiscard]] std::vector<std::string> shown(unsigned columns, unsigned rows) const {
        std::vector<std::string> text;
        for (const auto& line :
             live_lines(state_, kStart + 2500ms, {.columns = columns, .rows = rows})) {
            text.push_back(paint(line, columns, Colors::kOff));
        }
        return text;
    }
    BuildState state_{kStart};
};

TEST_F(ScreenTest, ShowsHeadRunningStepsAndTheirLogs) {
    state_.set_total(12);
    run(1, "RUN make");
    run(2, "FROM debian");
    write(1, "one");
    write(1, "two\x1b[31m!");
    state_.progress({.step = id(2), .what = "sha256:abc", .current = 1 << 20, .total = 4 << 20});
    EXPECT_THAT(
        shown(40, 24),
        ElementsAre("[+] Building 2.5s (0/12)", " => RUN make                       2.5s",
                    " => => # one", " => => # two!", " => FROM debian                    2.5s",
                    " => => sha256:abc 1.0 MiB / 4.0 MiB"));
}

TEST_F(ScreenTest, IsNeverHigherOrWiderThanTheTerminal) {
    for (int i = 1; i <= 30; ++i) {
        run(i, "a step with a long name \xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2 and more");
        for (int line = 0; line < 6; ++line) write(i, std::string(300, 'x'));
    }
    for (const unsigned rows : {1U, 2U, 3U, 5U, 10U, 24U, 40U, 100U, 500U}) {
        for (const unsigned columns : {1U, 2U, 10U, 24U, 27U, 80U, 200U}) {
            const auto lines = shown(columns, rows);
            EXPECT_LE(lines.size(), std::max(rows, 3U) - 1);
            for (const auto& line : lines)
                EXPECT_LE(display_width(line), std::max(columns, 2U) - 1) << line;
        }
    }
    EXPECT_THAT(shown(80, 10).back(), HasSubstr("and 23 more running"));
}

TEST_F(ScreenTest, SharesTheRowsBetweenTheLogs) {
    for (int i = 1; i <= 2; ++i) {
        run(i, "step");
        for (int line = 0; line < 6; ++line) write(i, "log");
    }
    EXPECT_THAT(shown(80, 10), ElementsAre(HasSubstr("[+]"), HasSubstr("step"), " => => # log",
                                           " => => # log", " => => # log", HasSubstr("step"),
                                           " => => # log", " => => # log", " => => # log"));
}

TEST_F(ScreenTest, FinishedLinesSayHowItWent) {
    const auto line = [&](int number, const progress::Event& event) {
        run(number, "RUN x");
        state_.done(std::get<progress::StepDone>(event));
        return paint(finished_line(state_.step(id(number))), 60, Colors::kOff);
    };
    EXPECT_THAT(line(1, done(1, Reason::kHitLocal)), HasSubstr(" => CACHED RUN x  "));
    EXPECT_THAT(line(2, done(2, Reason::kHitContent)),
                HasSubstr(" => CACHED RUN x (same content)  "));
    EXPECT_THAT(line(3, done(3, Reason::kMissInputs, "'a' changed")),
                HasSubstr(" => RUN x ('a' changed)  "));
    EXPECT_THAT(line(4, failed(4, "no")), HasSubstr(" => ERROR RUN x  "));
    EXPECT_THAT(line(5, done(5, Reason::kCancelled)), HasSubstr(" => CANCELED RUN x  "));
    EXPECT_EQ(counts(state_), "(5/5, 2 cached)");
    EXPECT_TRUE(state_.running().empty());
}

TEST_F(ScreenTest, ColorsAreOffWhenAsked) {
    const ScreenLine line{.text = "x", .right = "", .style = Style::kError};
    EXPECT_EQ(paint(line, 80, Colors::kOff), "x");
    EXPECT_EQ(paint(line, 80, Colors::kOn), "\x1b[31mx\x1b[0m");
}

}  // namespace
}  // namespace slipway::ui::internal
