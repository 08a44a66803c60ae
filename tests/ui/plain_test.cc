#include "base/text.h"
#include "ui/captured.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace slipway::ui {
namespace {

using progress::Reason;
using ::testing::HasSubstr;
using ::testing::Not;

/// "#3 0.412 text" without the time, which differs from run to run: "#3 T text".
std::string without_times(const std::string& text) {
    std::string shown;
    for (const auto line : split(text, '\n')) {
        const auto number = split_once(line, ' ');
        const auto time = number ? split_once(number->second, ' ') : std::nullopt;
        const bool timed = time && line.starts_with('#') && !time->first.empty() &&
                           time->first.find_first_not_of("0123456789.") == std::string_view::npos;
        shown += timed ? fmt::format("{} T {}\n", number->first, time->second)
                       : std::string(line) + '\n';
    }
    shown.pop_back();  // split gives one part more than there are line ends
    return shown;
}

TEST(Plain, ShowsEachStepWithItsLogAndOutcome) {
    const std::string text = capture(ProgressMode::kPlain, [](Renderer& sink) {
        sink.emit(progress::BuildStarted{.name = "runtime", .steps = 4});
        sink.emit(queued(1, "[internal] load context"));
        sink.emit(queued(2, "[runtime 1/2] COPY src src"));
        sink.emit(queued(3, "[runtime 2/2] RUN make"));
        sink.emit(started(1));
        sink.emit(done(1, Reason::kSource));
        sink.emit(done(2, Reason::kHitLocal));
        sink.emit(started(3));
        sink.emit(log(3, "compil"));
        sink.emit(log(3, "warning\n", 2));
        sink.emit(log(3, "ing\nlinking"));
        sink.emit(done(3, Reason::kMissInputs, "context file 'src/main.c' changed"));
        sink.emit(progress::BuildDone{.ok = true, .duration = {}});
    });
    EXPECT_EQ(without_times(text),
              "#1 [internal] load context\n"
              "#1 DONE 1.2s\n"
              "\n"
              "#2 [runtime 1/2] COPY src src\n"
              "#2 CACHED\n"
              "\n"
              "#3 [runtime 2/2] RUN make\n"
              "#3 T warning\n"
              "#3 T compiling\n"
              "#3 T linking\n"
              "#3 DONE 1.2s (context file 'src/main.c' changed)\n");
}

TEST(Plain, NamesTheReasonOfEveryOutcome) {
    const std::string text = capture(ProgressMode::kPlain, [](Renderer& sink) {
        int number = 0;
        for (const Reason reason :
             {Reason::kHitContent, Reason::kMissFirst, Reason::kMissOp, Reason::kMissEvicted,
              Reason::kNoCacheAsked, Reason::kCancelled}) {
            sink.emit(queued(++number, "s"));
            sink.emit(done(number, reason));
        }
    });
    EXPECT_THAT(text, HasSubstr("#1 CACHED (same content)\n"));
    EXPECT_THAT(text, HasSubstr("#2 DONE 1.2s\n"));
    EXPECT_THAT(text, HasSubstr("#3 DONE 1.2s (the instruction changed)\n"));
    EXPECT_THAT(text, HasSubstr("#4 DONE 1.2s (its result is gone from the store)\n"));
    EXPECT_THAT(text, HasSubstr("#5 DONE 1.2s (no cache asked)\n"));
    EXPECT_THAT(text, HasSubstr("#6 CANCELED\n"));
}

TEST(Plain, ShowsTheWholeLogOfAFailedStepAtTheEnd) {
    const std::string text = capture(ProgressMode::kPlain, [](Renderer& sink) {
        sink.emit(queued(1, "RUN good"));
        sink.emit(queued(2, "RUN bad"));
        sink.emit(started(1));
        sink.emit(started(2));
        sink.emit(log(1, "fine\n"));
        sink.emit(log(2, "one\ntwo"));
        sink.emit(failed(2, "'make' ended with exit status 2"));
        sink.emit(done(1, Reason::kMissFirst));
    });
    EXPECT_THAT(text, HasSubstr("#2 ERROR: 'make' ended with exit status 2\n"));
    EXPECT_TRUE(text.ends_with("------\n > RUN bad:\none\ntwo\n------\n")) << text;
}

TEST(Plain, PassesTextAsItCameAndKeepsLinesApart) {
    const std::string text = capture(ProgressMode::kPlain, [](Renderer& sink) {
        sink.emit(queued(1, "RUN\n  make &&\n\tmake install"));
        sink.emit(started(1));
        sink.emit(log(1, "\x1b[31mred\x1b[0m\r\n\xff\n"));
        sink.emit(log(1, std::string(70'000, 'x')));
        sink.emit(done(1, Reason::kMissFirst));
    });
    EXPECT_THAT(text, HasSubstr("#1 RUN make && make install\n"));
    EXPECT_THAT(without_times(text), HasSubstr("#1 T \x1b[31mred\x1b[0m\n#1 T \xff\n"));
    EXPECT_THAT(without_times(text), HasSubstr("#1 T " + std::string(65'536, 'x') + "\n#1 T xxx"));
}

TEST(Plain, WarnsWithThePlace) {
    const std::string text = capture(ProgressMode::kPlain, [](Renderer& sink) {
        sink.emit(progress::Warning{.text = "old form", .where = SourceRange{"Dockerfile", 3, 3}});
        sink.emit(progress::Warning{.text = "no place", .where = {}});
    });
    EXPECT_EQ(text, "WARNING: old form (Dockerfile:3)\nWARNING: no place\n");
}

progress::Warning finding(const char* rule, const char* level, const char* text, int line) {
    return {.text = text,
            .where = SourceRange{"Dockerfile", line, line},
            .rule = rule,
            .level = level,
            .url = ""};
}

TEST(Plain, TellsWhatLintRulesFoundBelowEverything) {
    const std::string text = capture(ProgressMode::kPlain, [](Renderer& sink) {
        sink.emit(finding("Ours", "note", "slow", 9));
        sink.emit(finding("RuleA", "warning", "bad\nform", 3));
        sink.emit(finding("RuleB", "warning", "worse", 5));
        sink.emit(queued(1, "RUN x"));
        sink.emit(started(1));
        sink.emit(failed(1, "no"));
    });
    EXPECT_THAT(text,
                ::testing::EndsWith("\n 2 warnings found ('slipway build --check' explains them):\n"
                                    " - RuleA: bad form (line 3)\n - RuleB: worse (line 5)\n"
                                    "\n 1 note found ('slipway build --check' explains it):\n"
                                    " - Ours: slow (line 9)\n"));
    EXPECT_THAT(text, ::testing::StartsWith("#1 RUN x\n"));
}

TEST(Plain, ShowsTransfersNowAndThenAndAtTheirEnd) {
    const std::string text = capture(ProgressMode::kPlain, [](Renderer& sink) {
        sink.emit(queued(1, "FROM debian"));
        sink.emit(started(1));
        for (std::uint64_t i = 0; i <= 40; ++i) {
            sink.emit(progress::StepProgress{
                .step = id(1), .what = "sha256:abc", .current = i << 20, .total = 40 << 20});
        }
        sink.emit(done(1, Reason::kSource));
    });
    EXPECT_EQ(text,
              "#1 FROM debian\n#1 sha256:abc 0 B / 40 MiB\n#1 sha256:abc 40 MiB / 40 MiB\n#1 DONE "
              "1.2s\n");
}

TEST(Plain, TakesEventsFromManyThreads) {
    const std::string text = capture(ProgressMode::kPlain, [](Renderer& sink) {
        std::vector<std::jthread> threads;
        for (int number = 1; number <= 4; ++number) {
            threads.emplace_back([&sink, number] {
                sink.emit(queued(number, "step"));
                sink.emit(started(number));
                for (int i = 0; i < 500; ++i) sink.emit(log(number, "a line\n"));
                sink.emit(done(number, Reason::kMissFirst));
            });
        }
    });
    std::size_t count = 0;
    const std::string lines = without_times(text);
    for (const auto line : split(lines, '\n')) {
        if (line.ends_with(" T a line")) ++count;
    }
    EXPECT_EQ(count, 4U * 500);
}

TEST(Plain, AReaderThatWentAwayDoesNoHarm) {
    const auto before = ::signal(SIGPIPE, SIG_IGN);
    os::Pipe pipe = os::make_pipe().value();
    pipe.read = os::Fd();
    const auto renderer = make_renderer(ProgressMode::kPlain, pipe.write.get());
    renderer->emit(queued(1, "a"));
    renderer->emit(log(1, "text\n"));
    renderer->emit(failed(1, "no"));
    renderer->finish();
    ::signal(SIGPIPE, before);
}

TEST(Auto, IsPlainWithoutEscapeCodesOffATerminal) {
    for (const ProgressMode mode : {ProgressMode::kAuto, ProgressMode::kTty}) {
        const std::string text = capture(mode, [](Renderer& sink) {
            sink.emit(queued(1, "RUN x"));
            sink.emit(started(1));
            sink.emit(failed(1, "no"));
        });
        EXPECT_THAT(text, HasSubstr("#1 RUN x\n"));
        EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    }
}

TEST(Quiet, ShowsOnlyTheLogsOfFailedSteps) {
    const std::string text = capture(ProgressMode::kQuiet, [](Renderer& sink) {
        sink.emit(progress::BuildStarted{.name = "x", .steps = 2});
        sink.emit(queued(1, "RUN good"));
        sink.emit(log(1, "fine\n"));
        sink.emit(done(1, Reason::kMissFirst));
        sink.emit(progress::Warning{.text = "w", .where = {}});
        sink.emit(queued(2, "RUN bad"));
        sink.emit(log(2, "broken"));
        sink.emit(failed(2, "no"));
    });
    EXPECT_EQ(text, "------\n > RUN bad:\nbroken\n------\n");
}

TEST(ProgressModes, AreParsedAndMisspellingsAnswered) {
    EXPECT_EQ(parse_progress_mode("auto").value(), ProgressMode::kAuto);
    EXPECT_EQ(parse_progress_mode("rawjson").value(), ProgressMode::kJson);
    const auto wrong = parse_progress_mode("plian");
    ASSERT_FALSE(wrong.has_value());
    EXPECT_EQ(wrong.error().code(), ErrorCode::kUsage);
    EXPECT_EQ(wrong.error().hint(), "did you mean 'plain'?");
    EXPECT_EQ(parse_progress_mode("entirely-else").error().hint(), std::nullopt);
}

}  // namespace
}  // namespace slipway::ui
