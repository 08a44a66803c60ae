// Errors, stopping, and plans that are wrong.
#include "solver/fake_ops.h"
#include "support/result_matchers.h"

#include <condition_variable>
#include <latch>
#include <thread>

namespace slipway::solver {
namespace {

using progress::Reason;
using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Result<void> wait_for_stop(std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    changed.wait(lock, stop, [] { return false; });
    return make_error(ErrorCode::kCancelled, "asked to stop");
}

TEST(SolverFailure, NamesTheStepAndItsPlace) {
    FakeOps ops;
    ops.chain({"base", "app"});
    ops.at("base").run = [](std::stop_token) -> Result<void> {
        return make_error(ErrorCode::kStepFailed, "exit status 2").exit_status(2);
    };
    const auto solved = ops.solve({"app"});
    ASSERT_THAT(solved, FailsWith(ErrorCode::kStepFailed, "base: exit status 2"));
    EXPECT_EQ(solved.error().exit_status(), 2);
    EXPECT_EQ(solved.error().where(), (SourceRange{"Dockerfile", 1, 1}));
    EXPECT_EQ(ops.done("base").reason, Reason::kFailed);
    ASSERT_TRUE(ops.done("base").error.has_value());
    EXPECT_EQ(ops.done("base").error->message(), "exit status 2");
    EXPECT_EQ(ops.done("app").reason, Reason::kCancelled);
    EXPECT_EQ(ops.cache.size(), 0U);
}

TEST(SolverFailure, CancelsWhatRunsAndWaitsForIt) {
    FakeOps ops;
    std::latch both_run(2);
    ops.set({.name = "slow", .run = [&](std::stop_token stop) {
                 both_run.arrive_and_wait();
                 return wait_for_stop(stop);
             }});
    ops.set({.name = "bad", .run = [&](std::stop_token) -> Result<void> {
                 both_run.arrive_and_wait();
                 return make_error(ErrorCode::kStepFailed, "broken");
             }});
    ops.set({.name = "above slow", .inputs = {"slow"}});
    EXPECT_THAT(ops.solve({"above slow", "bad"}, {.max_parallel = 2}),
                FailsWith(ErrorCode::kStepFailed, "bad: broken"));
    EXPECT_EQ(ops.done("slow").reason, Reason::kCancelled);
    EXPECT_EQ(ops.done("above slow").reason, Reason::kCancelled);
    EXPECT_EQ(ops.done("bad").reason, Reason::kFailed);
}

TEST(SolverFailure, TheFirstErrorWinsAndTheSecondIsStillReported) {
    FakeOps ops;
    std::latch both_run(2);
    ops.set({.name = "first", .run = [&](std::stop_token) -> Result<void> {
                 both_run.arrive_and_wait();
                 return make_error(ErrorCode::kStepFailed, "first");
             }});
    ops.set({.name = "second", .run = [&](std::stop_token stop) -> Result<void> {
                 both_run.arrive_and_wait();
                 EXPECT_FALSE(wait_for_stop(stop).has_value());
                 return make_error(ErrorCode::kStepFailed, "second");
             }});
    EXPECT_THAT(ops.solve({"first", "second"}, {.max_parallel = 2}),
                FailsWith(ErrorCode::kStepFailed, "first: first"));
    EXPECT_EQ(ops.done("second").reason, Reason::kFailed);
    EXPECT_EQ(ops.done("second").error->message(), "second");
}

TEST(SolverFailure, WhatEndsWellAfterAFailureIsStored) {
    FakeOps ops;
    std::latch both_run(2);
    ops.set({.name = "good", .run = [&](std::stop_token stop) -> Result<void> {
                 both_run.arrive_and_wait();
                 EXPECT_FALSE(wait_for_stop(stop).has_value());
                 return {};
             }});
    ops.set({.name = "bad", .run = [&](std::stop_token) -> Result<void> {
                 both_run.arrive_and_wait();
                 return make_error(ErrorCode::kStepFailed, "broken");
             }});
    ASSERT_FALSE(ops.solve({"good", "bad"}, {.max_parallel = 2}).has_value());
    EXPECT_EQ(ops.done("good").reason, Reason::kMissFirst);
    ops.forget();
    ASSERT_THAT(ops.solve({"good"}), IsOk());
    EXPECT_THAT(ops.executed(), IsEmpty());
}

TEST(SolverFailure, FailedStepsRunAgainNextTime) {
    FakeOps ops;
    ops.set({.name = "flaky", .run = [](std::stop_token) -> Result<void> {
                 return make_error(ErrorCode::kUnavailable, "try again");
             }});
    ASSERT_FALSE(ops.solve({"flaky"}).has_value());
    ops.at("flaky").run = nullptr;
    EXPECT_THAT(ops.solve({"flaky"}), IsOk());
}

TEST(SolverFailure, AKeyThatCannotBeComputedNamesTheStep) {
    FakeOps ops;
    ops.chain({"base", "copy", "app"});
    ops.at("copy").on_key = [](std::stop_token) -> Result<void> {
        return make_error(ErrorCode::kNotFound, "'/missing' is not in the context");
    };
    EXPECT_THAT(ops.solve({"app"}),
                FailsWith(ErrorCode::kNotFound, "copy: '/missing' is not in the context"));
    EXPECT_THAT(ops.executed(), IsEmpty());
    EXPECT_EQ(ops.done("copy").reason, Reason::kFailed);
    EXPECT_EQ(ops.done("base").reason, Reason::kCancelled);
    EXPECT_EQ(ops.done("app").reason, Reason::kCancelled);
}

TEST(SolverFailure, ADryRunReportsKeyErrorsToo) {
    FakeOps ops;
    ops.set({.name = "copy", .on_key = [](std::stop_token) -> Result<void> {
                 return make_error(ErrorCode::kNotFound, "missing");
             }});
    EXPECT_THAT(ops.solve({"copy"}, {.mode = Mode::kDryRun}),
                FailsWith(ErrorCode::kNotFound, "copy: missing"));
}

TEST(SolverStop, CancelsWhatRuns) {
    FakeOps ops;
    std::stop_source stop;
    ops.chain({"base", "app"});
    ops.at("base").run = [&](std::stop_token token) {
        stop.request_stop();
        return wait_for_stop(token);
    };
    EXPECT_THAT(ops.solve({"app"}, {.stop = stop.get_token()}),
                FailsWith(ErrorCode::kCancelled, "the build was stopped"));
    EXPECT_EQ(ops.done("base").reason, Reason::kCancelled);
    EXPECT_EQ(ops.done("app").reason, Reason::kCancelled);
    EXPECT_THAT(ops.executed(), ElementsAre("base"));
}

TEST(SolverStop, ReachesAKeyThatIsBeingComputed) {
    for (const std::string other : {"", "beside it"}) {
        FakeOps ops;
        std::stop_source stop;
        std::latch computing(1);
        ops.set({.name = "copy", .on_key = [&](std::stop_token token) {
                     computing.count_down();
                     return wait_for_stop(token);
                 }});
        std::vector<std::string> targets = {"copy"};
        if (!other.empty()) {
            ops.set({.name = other});
            targets.push_back(other);
        }
        const std::jthread stopper([&] {
            computing.wait();
            stop.request_stop();
        });
        EXPECT_THAT(ops.solve(targets, {.stop = stop.get_token()}),
                    FailsWith(ErrorCode::kCancelled, "the build was stopped"));
        EXPECT_THAT(ops.executed(), IsEmpty());
        EXPECT_EQ(ops.done("copy").reason, Reason::kCancelled);
    }
}

TEST(SolverStop, BeforeTheStartRunsNothing) {
    FakeOps ops;
    std::stop_source stop;
    stop.request_stop();
    ops.chain({"base", "app"});
    EXPECT_THAT(ops.solve({"app"}, {.stop = stop.get_token()}),
                FailsWith(ErrorCode::kCancelled, "the build was stopped"));
    EXPECT_THAT(ops.executed(), IsEmpty());
    EXPECT_EQ(ops.done("app").reason, Reason::kCancelled);
}

TEST(SolverPlan, AnInputMustStandBeforeItsUser) {
    FakeOps ops;
    ops.chain({"base", "app"});
    auto plan = ops.plan({"app"});
    plan.steps[0].inputs.push_back({.step = 1});
    EXPECT_THAT(solve(plan, ops.cache, ops.sink, {}),
                FailsWith(ErrorCode::kInternal, HasSubstr("step 'base' has an input")));
}

TEST(SolverPlan, ATargetMustBeInThePlan) {
    FakeOps ops;
    ops.chain({"base"});
    auto plan = ops.plan({"base"});
    plan.targets.push_back({.step = 7});
    EXPECT_THAT(solve(plan, ops.cache, ops.sink, {}),
                FailsWith(ErrorCode::kInternal, HasSubstr("step 7")));
}

TEST(SolverPlan, AStepThatGivesTooFewOutputsIsABug) {
    FakeOps ops;
    ops.set({.name = "one output"});
    EXPECT_THAT(
        ops.solve({"one output#2"}),
        FailsWith(ErrorCode::kInternal, "one output: the step gave 1 outputs, 3 are wanted"));
}

Result<void> unreachable(std::stop_token) {
    return make_error(ErrorCode::kUnavailable, "no route");
}

/// app <- compiled <- (url, git); tool <- image
void add_sources(FakeOps& ops) {
    ops.set({.name = "url", .kind = StepKind::kSource});
    ops.set({.name = "git", .kind = StepKind::kSource});
    ops.set({.name = "image", .kind = StepKind::kSource});
    ops.set({.name = "tool", .inputs = {"image"}});
    ops.set({.name = "compiled", .inputs = {"url", "git"}});
    ops.set({.name = "app", .inputs = {"tool", "compiled"}});
}

TEST(SolverSourcesFirst, NothingRunsBeforeEverySourceIsThere) {
    FakeOps ops;
    add_sources(ops);
    std::vector<FailedSource> failed;
    const auto solved = ops.solve({"app"}, {.failed_sources = &failed});
    ASSERT_THAT(solved, IsOk());
    EXPECT_THAT(failed, IsEmpty());
    auto order = ops.executed();
    ASSERT_EQ(order.size(), 6U);
    std::sort(order.begin(), order.begin() + 3);
    EXPECT_THAT(std::vector(order.begin(), order.begin() + 3), ElementsAre("git", "image", "url"));

    // Cached: nobody is asked.
    ops.forget();
    ops.at("url").run = unreachable;
    EXPECT_THAT(ops.solve({"app"}, {.failed_sources = &failed}), IsOk());
    EXPECT_THAT(ops.executed(), IsEmpty());
}

TEST(SolverSourcesFirst, AllThatFailAreTold) {
    FakeOps ops;
    add_sources(ops);
    ops.at("git").run = unreachable;
    ops.at("image").run = unreachable;
    std::vector<FailedSource> failed;
    EXPECT_THAT(ops.solve({"app"}, {.failed_sources = &failed}),
                FailsWith(ErrorCode::kUnavailable, "git: no route"));
    ASSERT_EQ(failed.size(), 2U);
    EXPECT_EQ(failed[0].name, "git");
    EXPECT_EQ(failed[1].name, "image");
    EXPECT_EQ(ops.done("url").reason, Reason::kSource);
    EXPECT_EQ(ops.done("git").reason, Reason::kFailed);
    EXPECT_EQ(ops.done("tool").reason, Reason::kCancelled);
    EXPECT_EQ(ops.done("compiled").reason, Reason::kCancelled);
    const auto order = ops.executed();
    EXPECT_EQ(std::find(order.begin(), order.end(), "tool"), order.end());
}

TEST(SolverSourcesFirst, KeysThatCannotBeMadeAreToldWithTheRest) {
    FakeOps ops;
    add_sources(ops);
    ops.at("git").on_key = unreachable;
    ops.at("image").run = unreachable;
    std::vector<FailedSource> failed;
    EXPECT_THAT(ops.solve({"app"}, {.failed_sources = &failed}),
                FailsWith(ErrorCode::kUnavailable, "git: no route"));
    ASSERT_EQ(failed.size(), 2U);
    EXPECT_EQ(failed[1].name, "image");
}

TEST(SolverSourcesFirst, OtherStepsFailAsEver) {
    FakeOps ops;
    add_sources(ops);
    ops.at("compiled").run = [](std::stop_token) -> Result<void> {
        return make_error(ErrorCode::kStepFailed, "exit status 2");
    };
    std::vector<FailedSource> failed;
    EXPECT_THAT(ops.solve({"app"}, {.failed_sources = &failed}),
                FailsWith(ErrorCode::kStepFailed, "compiled: exit status 2"));
    EXPECT_THAT(failed, IsEmpty());
}

}  // namespace
}  // namespace slipway::solver
