// Overlap and its limits, by latches instead of time; and graphs that are large.
#include "solver/fake_ops.h"
#include "support/result_matchers.h"

#include <atomic>
#include <chrono>
#include <latch>

namespace slipway::solver {
namespace {

using slipway::testing::IsOk;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SolverParallel, IndependentStepsOverlap) {
    FakeOps ops;
    std::latch all_run(3);  // the test hangs (and times out) when they do not
    const auto meet = [&](std::stop_token) -> Result<void> {
        all_run.arrive_and_wait();
        return {};
    };
    ops.set({.name = "base"});
    for (const auto name : {"a", "b", "c"})
        ops.set({.name = name, .inputs = {"base"}, .run = meet});
    ops.set({.name = "top", .inputs = {"a", "b", "c"}});
    EXPECT_THAT(ops.solve({"top"}, {.max_parallel = 3}), IsOk());
}

TEST(SolverParallel, KeysOfIndependentStepsOverlap) {
    FakeOps ops;
    std::latch both(2);
    const auto meet = [&](std::stop_token) -> Result<void> {
        both.arrive_and_wait();
        return {};
    };
    ops.set({.name = "a", .on_key = meet});
    ops.set({.name = "b", .on_key = meet});
    EXPECT_THAT(ops.solve({"a", "b"}, {.max_parallel = 1}), IsOk());
}

TEST(SolverParallel, NeverMoreThanAllowed) {
    FakeOps ops;
    std::atomic<int> running = 0;
    std::atomic<int> most = 0;
    std::vector<std::string> names;
    for (int i = 0; i < 100; ++i) {
        names.push_back(fmt::format("step {}", i));
        ops.set({.name = names.back(), .run = [&](std::stop_token) -> Result<void> {
                     const int now = ++running;
                     int seen = most;
                     while (now > seen && !most.compare_exchange_weak(seen, now)) {
                     }
                     std::this_thread::yield();
                     --running;
                     return {};
                 }});
    }
    EXPECT_THAT(ops.solve(names, {.max_parallel = 2}), IsOk());
    EXPECT_LE(most.load(), 2);
    EXPECT_EQ(ops.executed().size(), 100U);
}

TEST(SolverParallel, ContentKeysDoNotWaitForRunningSteps) {
    FakeOps ops;
    std::latch keyed(1);
    ops.set({.name = "busy", .run = [&](std::stop_token) -> Result<void> {
                 keyed.wait();  // holds the only slot until the other's content key is computed
                 return {};
             }});
    ops.set({.name = "base"});
    ops.set({.name = "other", .inputs = {"base"}});
    ASSERT_THAT(ops.solve({"base"}), IsOk());
    ops.at("other").on_content_key = [&] { keyed.count_down(); };
    EXPECT_THAT(ops.solve({"busy", "other"}, {.max_parallel = 1}), IsOk());
}

TEST(SolverParallel, SourcesDoNotTakeTheSlotsOfSteps) {
    FakeOps ops;
    std::latch both(2);
    const auto meet = [&](std::stop_token) -> Result<void> {
        both.arrive_and_wait();
        return {};
    };
    ops.set({.name = "pull", .kind = StepKind::kSource, .run = meet});
    ops.set({.name = "step", .run = meet});
    EXPECT_THAT(ops.solve({"pull", "step"}, {.max_parallel = 1}), IsOk());
}

TEST(SolverParallel, TheLongestWayStartsFirst) {
    FakeOps ops;
    ops.set({.name = "short"});
    ops.chain({"long 1", "long 2", "long 3"});
    ops.set({.name = "top", .inputs = {"short", "long 3"}});
    std::latch lookups(1);
    ASSERT_THAT(ops.solve({"top"}, {.max_parallel = 1}), IsOk());
    const auto order = ops.executed();
    EXPECT_THAT(order, ::testing::AnyOf(ElementsAre("long 1", "long 2", "long 3", "short", "top"),
                                        ElementsAre("short", "long 1", "long 2", "long 3", "top"),
                                        ElementsAre("long 1", "short", "long 2", "long 3", "top"),
                                        ElementsAre("long 1", "long 2", "short", "long 3", "top")));
}

std::chrono::milliseconds time_of(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 start);
}

// Quadratic work over 20,000 steps would take minutes; a recursive walk would run out of stack.
constexpr std::size_t kMany = 20'000;
constexpr std::chrono::seconds kGenerous(30);

TEST(SolverLarge, ADeepChain) {
    FakeOps ops;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < kMany; ++i) names.push_back(fmt::format("step {}", i));
    ops.chain(names);
    EXPECT_LT(time_of([&] { EXPECT_THAT(ops.solve({names.back()}), IsOk()); }), kGenerous);
    EXPECT_EQ(ops.executed().size(), kMany);
    ops.forget();
    EXPECT_LT(time_of([&] { EXPECT_THAT(ops.solve({names.back()}), IsOk()); }), kGenerous);
    EXPECT_THAT(ops.executed(), IsEmpty());
    EXPECT_EQ(ops.sink.all<progress::StepDone>().size(), kMany);
    ops.at("step 0").instruction = "another";
    EXPECT_LT(
        time_of([&] { EXPECT_THAT(ops.solve({names.back()}, {.mode = Mode::kDryRun}), IsOk()); }),
        kGenerous);
    EXPECT_THAT(ops.executed(), IsEmpty());
}

TEST(SolverLarge, AWideGraphWithOneTop) {
    FakeOps ops;
    std::vector<std::string> names;
    ops.set({.name = "base"});
    for (std::size_t i = 0; i < kMany; ++i) {
        names.push_back(fmt::format("step {}", i));
        ops.set({.name = names.back(), .inputs = {"base"}});
    }
    ops.set({.name = "top", .inputs = names});
    EXPECT_LT(time_of([&] { EXPECT_THAT(ops.solve({"top"}), IsOk()); }), kGenerous);
    EXPECT_EQ(ops.executed().size(), kMany + 2);
}

}  // namespace
}  // namespace slipway::solver
