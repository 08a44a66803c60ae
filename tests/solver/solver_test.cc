// What runs and what does not. Reasons are in solver_reason_test, errors in solver_failure_test.
#include "solver/solver.h"

#include "solver/fake_ops.h"
#include "support/result_matchers.h"

namespace slipway::solver {
namespace {

using progress::Reason;
using slipway::testing::IsOk;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(Solver, FirstBuildRunsInputsBeforeUsers) {
    FakeOps ops;
    ops.chain({"base", "deps", "app"});
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto solved, ops.solve({"app"}));
    EXPECT_THAT(ops.executed(), ElementsAre("base", "deps", "app"));
    EXPECT_THAT(solved.reports, Each(Field(&StepReport::ran, true)));
    EXPECT_THAT(solved.reports,
                ElementsAre(Field(&StepReport::name, "base"), Field(&StepReport::name, "deps"),
                            Field(&StepReport::name, "app")));
}

TEST(Solver, SecondBuildRunsNothing) {
    FakeOps ops;
    ops.chain({"base", "deps", "app"});
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto first, ops.solve({"app"}));
    ops.forget();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto second, ops.solve({"app"}));
    EXPECT_THAT(ops.executed(), IsEmpty());
    EXPECT_EQ(second.targets, first.targets);
}

TEST(Solver, AHitAtTheTargetLooksAtNothingBelow) {
    FakeOps ops;
    ops.chain({"base", "deps", "app"});
    ASSERT_THAT(ops.solve({"app"}), IsOk());
    ops.forget();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto solved, ops.solve({"app"}));
    EXPECT_EQ(ops.cache.finds(), 1);
    EXPECT_EQ(ops.cache.adds(), 0);
    EXPECT_THAT(solved.reports, ElementsAre(Field(&StepReport::name, "app")));
}

TEST(Solver, ReachableStepsAreAnnouncedInOrderAndEachEndsOnce) {
    FakeOps ops;
    ops.chain({"base", "deps", "app"});
    ops.set({.name = "unrelated"});
    for (int build = 0; build < 2; ++build) {
        ASSERT_THAT(ops.solve({"app"}), IsOk());
        std::vector<std::string> announced;
        for (const auto& event : ops.sink.all<progress::StepQueued>())
            announced.push_back(event.name);
        EXPECT_THAT(announced, ElementsAre("base", "deps", "app"));
        EXPECT_EQ(ops.sink.all<progress::StepDone>().size(), 3U);
        for (const auto& name : announced) {
            const auto done = ops.done(name);
            EXPECT_EQ(done.reason, build == 0 ? Reason::kMissFirst : Reason::kHitLocal);
            EXPECT_EQ(done.error, std::nullopt);
        }
        EXPECT_EQ(ops.sink.all<progress::StepStarted>().size(), build == 0 ? 3U : 0U);
    }
}

TEST(Solver, StepsThatNoTargetNeedsAreNotTouched) {
    FakeOps ops;
    ops.chain({"base", "app"});
    ops.set({.name = "other", .inputs = {"base"}});
    ASSERT_THAT(ops.solve({"app"}), IsOk());
    EXPECT_THAT(ops.executed(), ElementsAre("base", "app"));
    EXPECT_THAT(ops.keyed(), ElementsAre("base", "app"));
}

TEST(Solver, NoTargetsIsNothingToDo) {
    FakeOps ops;
    ops.chain({"base"});
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto solved, ops.solve({}));
    EXPECT_THAT(solved.targets, IsEmpty());
    EXPECT_THAT(ops.keyed(), IsEmpty());
}

TEST(Solver, TargetsComeInTheirOrderAndMayRepeat) {
    FakeOps ops;
    ops.set({.name = "a", .content = "A"});
    ops.set({.name = "b", .content = "B"});
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto solved, ops.solve({"b", "a", "b"}));
    EXPECT_THAT(FakeOps::contents(solved), ElementsAre("B", "A", "B"));
    EXPECT_THAT(ops.executed(), UnorderedElementsAre("a", "b"));
}

TEST(Solver, AChangeRunsWhatIsAboveIt) {
    FakeOps ops;
    ops.chain({"base", "deps", "app"});
    ASSERT_THAT(ops.solve({"app"}), IsOk());
    ops.at("deps").instruction = "other deps";
    ops.forget();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto solved, ops.solve({"app"}));
    EXPECT_THAT(ops.executed(), ElementsAre("deps", "app"));
    EXPECT_EQ(ops.done("base").reason, Reason::kHitLocal);
}

TEST(Solver, UnchangedContentStopsTheRebuild) {
    FakeOps ops;
    ops.chain({"base", "deps", "app", "image"});
    ops.at("deps").content = "always the same";
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto first, ops.solve({"image"}));
    ops.at("deps").instruction = "RUN deps # with a comment";
    ops.forget();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto second, ops.solve({"image"}));
    EXPECT_THAT(ops.executed(), ElementsAre("deps"));
    EXPECT_EQ(second.targets, first.targets);
    EXPECT_EQ(ops.done("app").reason, Reason::kHitContent);
    EXPECT_EQ(ops.done("image").reason, Reason::kHitContent);
}

TEST(Solver, AContentHitIsRememberedUnderTheDefinitionKey) {
    FakeOps ops;
    ops.chain({"base", "app"});
    ops.at("base").content = "always the same";
    ASSERT_THAT(ops.solve({"app"}), IsOk());
    ops.at("base").instruction = "other words";
    ASSERT_THAT(ops.solve({"app"}), IsOk());
    ops.forget();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto solved, ops.solve({"app"}));
    EXPECT_EQ(ops.done("app").reason, Reason::kHitLocal);
    EXPECT_EQ(ops.cache.finds(), 1);
}

TEST(Solver, WithoutAContentKeyAnInputThatRanMakesItRun) {
    FakeOps ops;
    ops.chain({"base", "app"});
    ops.at("base").content = "always the same";
    ops.at("app").has_content_key = false;
    ASSERT_THAT(ops.solve({"app"}), IsOk());
    ops.at("base").instruction = "other words";
    ops.forget();
    ASSERT_THAT(ops.solve({"app"}), IsOk());
    EXPECT_THAT(ops.executed(), ElementsAre("base", "app"));
}

TEST(Solver, StepsWithEqualKeysRunOnce) {
    FakeOps ops;
    ops.set({.name = "one", .instruction = "RUN same"});
    ops.set({.name = "two", .instruction = "RUN same"});
    ops.set({.name = "top", .inputs = {"one", "two"}});
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto solved, ops.solve({"top", "one", "two"}));
    EXPECT_THAT(ops.executed(), ElementsAre("one", "top"));
    EXPECT_EQ(solved.targets[1], solved.targets[2]);
    EXPECT_EQ(ops.done("two").reason, Reason::kHitLocal);
    EXPECT_EQ(ops.done("two").detail, "the same step as 'one'");
}

TEST(Solver, EqualChainsAreJoinedAtTheirTopAndNotLookedAtBelow) {
    FakeOps ops;
    ops.set({.name = "base 1", .instruction = "FROM"});
    ops.set({.name = "base 2", .instruction = "FROM"});
    ops.set({.name = "run 1", .inputs = {"base 1"}, .instruction = "RUN"});
    ops.set({.name = "run 2", .inputs = {"base 2"}, .instruction = "RUN"});
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto solved, ops.solve({"run 1", "run 2"}));
    EXPECT_THAT(ops.executed(), ElementsAre("base 1", "run 1"));
    EXPECT_EQ(ops.sink.all<progress::StepDone>().size(), 4U);
    EXPECT_EQ(solved.reports.size(), 3U);  // 'base 2' was never asked for
}

TEST(Solver, AnEqualStepThatWantsAnotherOutputGetsIt) {
    FakeOps ops;
    ops.set({.name = "one", .instruction = "same", .outputs = 2, .content = "x"});
    ops.set({.name = "two", .instruction = "same", .outputs = 2, .content = "x"});
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto solved, ops.solve({"one", "two#1"}));
    EXPECT_THAT(FakeOps::contents(solved), ElementsAre("x", "x#1"));
    EXPECT_THAT(ops.executed(), ElementsAre("one"));
}

TEST(Solver, StepsWithEqualContentKeysRunOnce) {
    FakeOps ops;
    ops.set({.name = "base 1", .content = "equal"});
    ops.set({.name = "base 2", .content = "equal"});
    ops.set({.name = "run 1", .inputs = {"base 1"}, .instruction = "RUN"});
    ops.set({.name = "run 2", .inputs = {"base 2"}, .instruction = "RUN"});
    ops.set({.name = "top", .inputs = {"run 1", "run 2"}});
    for (int round = 0; round < 50; ++round) {
        FakeOps fresh;
        for (const auto& step : ops.steps()) fresh.set(step);
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto solved, fresh.solve({"run 1", "run 2", "top"}));
        EXPECT_EQ(fresh.executed().size(), 4U);  // both bases, one of the runs, and the top
        EXPECT_EQ(solved.targets[0], solved.targets[1]);
    }
}

TEST(Solver, OutputsOfOneStepAreDifferentInputs) {
    FakeOps ops;
    ops.set({.name = "two outputs", .outputs = 2, .content = "x"});
    ops.set({.name = "first", .inputs = {"two outputs"}, .instruction = "RUN"});
    ops.set({.name = "second", .inputs = {"two outputs#1"}, .instruction = "RUN"});
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto solved, ops.solve({"first", "second"}));
    EXPECT_THAT(ops.executed(), UnorderedElementsAre("two outputs", "first", "second"));
    EXPECT_NE(FakeOps::contents(solved)[0], FakeOps::contents(solved)[1]);
}

TEST(Solver, ARecordWithFewerOutputsThanWantedIsNotUsed) {
    FakeOps ops;
    ops.set({.name = "step", .outputs = 1});
    ASSERT_THAT(ops.solve({"step"}), IsOk());
    ops.at("step").outputs = 2;
    ops.forget();
    ASSERT_THAT(ops.solve({"step#1"}), IsOk());
    EXPECT_THAT(ops.executed(), ElementsAre("step"));
    EXPECT_EQ(ops.done("step").reason, Reason::kMissEvicted);
}

TEST(Solver, AVolatileStepIsReadEachTimeItIsNeededAndNeverStored) {
    FakeOps ops;
    ops.set({.name = "context", .kind = StepKind::kVolatile});
    ops.set({.name = "copy", .inputs = {"context"}});
    ASSERT_THAT(ops.solve({"copy"}), IsOk());
    EXPECT_EQ(ops.cache.size(), 2U);  // both keys of 'copy'
    EXPECT_EQ(ops.done("context").reason, Reason::kSource);
    ops.forget();
    ASSERT_THAT(ops.solve({"copy"}), IsOk());
    EXPECT_THAT(ops.executed(), IsEmpty());
    ASSERT_THAT(ops.solve({"context"}), IsOk());
    EXPECT_THAT(ops.executed(), ElementsAre("context"));
}

TEST(Solver, ASourceIsFetchedOnce) {
    FakeOps ops;
    ops.set({.name = "image", .kind = StepKind::kSource});
    ASSERT_THAT(ops.solve({"image"}), IsOk());
    EXPECT_EQ(ops.done("image").reason, Reason::kSource);
    ASSERT_THAT(ops.solve({"image"}), IsOk());
    EXPECT_EQ(ops.done("image").reason, Reason::kHitLocal);
    EXPECT_THAT(ops.executed(), ElementsAre("image"));
}

TEST(Solver, StepsThatIgnoreTheCacheRunAndAreStored) {
    FakeOps ops;
    ops.chain({"base", "deps", "app"});
    ASSERT_THAT(ops.solve({"app"}), IsOk());
    for (const auto name : {"base", "deps", "app"}) ops.at(name).ignore_cache = true;
    ops.forget();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto uncached, ops.solve({"app"}));
    EXPECT_THAT(ops.executed(), ElementsAre("base", "deps", "app"));
    EXPECT_EQ(ops.cache.finds(), 0);
    EXPECT_EQ(ops.done("app").reason, Reason::kNoCacheAsked);
    for (const auto name : {"base", "deps", "app"}) ops.at(name).ignore_cache = false;
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto cached, ops.solve({"app"}));
    EXPECT_EQ(cached.targets, uncached.targets);
}

TEST(Solver, AStepThatIgnoresTheCacheRunsAlsoBelowACachedOne) {
    FakeOps ops;
    ops.chain({"base", "deps", "app"});
    ASSERT_THAT(ops.solve({"app"}), IsOk());
    ops.at("deps").ignore_cache = true;
    ops.forget();
    ASSERT_THAT(ops.solve({"app"}), IsOk());
    EXPECT_THAT(ops.executed(), ElementsAre("deps"));  // it wrote what it wrote before
    EXPECT_EQ(ops.done("app").reason, Reason::kHitContent);
    ops.at("deps").content = "this time something else";
    ops.forget();
    ASSERT_THAT(ops.solve({"app"}), IsOk());
    EXPECT_THAT(ops.executed(), ElementsAre("deps", "app"));
}

TEST(Solver, AnEvictedResultIsMadeAgain) {
    FakeOps ops;
    ops.chain({"base", "deps", "app"});
    ASSERT_THAT(ops.solve({"app"}), IsOk());
    ops.evict("app");
    ops.evict("base");
    ops.forget();
    ASSERT_THAT(ops.solve({"app"}), IsOk());
    EXPECT_THAT(ops.executed(), ElementsAre("app"));
    ops.evict("app");
    ops.evict("deps");
    ops.forget();
    ASSERT_THAT(ops.solve({"app"}), IsOk());
    EXPECT_THAT(ops.executed(), ElementsAre("base", "deps", "app"));
}

TEST(Solver, ABrokenCacheIsOneWarning) {
    FakeOps ops;
    ops.chain({"base", "deps", "app"});
    ops.cache.fail_with(make_error(ErrorCode::kCorrupt, "not a database"));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto solved, ops.solve({"app"}));
    EXPECT_THAT(ops.executed(), ElementsAre("base", "deps", "app"));
    const auto warnings = ops.sink.all<progress::Warning>();
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_THAT(warnings[0].text, ::testing::HasSubstr("not a database"));
    EXPECT_EQ(ops.cache.finds() + ops.cache.adds(), 1);
}

TEST(SolverDryRun, RunsAndStoresNothing) {
    FakeOps ops;
    ops.chain({"base", "deps", "app"});
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto solved, ops.solve({"app"}, {.mode = Mode::kDryRun}));
    EXPECT_THAT(ops.executed(), IsEmpty());
    EXPECT_EQ(ops.cache.size(), 0U);
    EXPECT_THAT(solved.targets, IsEmpty());
    EXPECT_EQ(solved.reports.size(), 3U);
    EXPECT_THAT(solved.reports, Each(Field(&StepReport::ran, true)));
    EXPECT_THAT(solved.reports, Each(Field(&StepReport::reason, Reason::kMissFirst)));
    EXPECT_THAT(ops.sink.all<progress::StepStarted>(), IsEmpty());
}

TEST(SolverDryRun, TellsHitsFromWhatWouldRun) {
    FakeOps ops;
    ops.chain({"base", "deps", "app"});
    ASSERT_THAT(ops.solve({"app"}), IsOk());
    ops.at("deps").instruction = "other deps";
    ops.forget();
    const int before = ops.cache.adds();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto solved, ops.solve({"app"}, {.mode = Mode::kDryRun}));
    EXPECT_EQ(ops.cache.adds(), before);
    ASSERT_EQ(solved.reports.size(), 3U);
    EXPECT_FALSE(solved.reports[0].ran);
    EXPECT_EQ(solved.reports[0].reason, Reason::kHitLocal);
    EXPECT_TRUE(solved.reports[1].ran);
    EXPECT_EQ(solved.reports[1].reason, Reason::kMissOp);
    EXPECT_EQ(solved.reports[1].detail, "instruction changed");
    EXPECT_TRUE(solved.reports[2].ran);
    EXPECT_EQ(solved.reports[2].reason, Reason::kMissInputs);
    EXPECT_EQ(
        solved.reports[2].detail,
        "input 'deps' would run (instruction changed); runs unless its inputs come out as before");
}

TEST(SolverDryRun, AContentHitIsFoundWhenAllInputsAreThere) {
    FakeOps ops;
    ops.chain({"base", "app"});
    ops.at("base").content = "always the same";
    ASSERT_THAT(ops.solve({"app"}), IsOk());
    ops.at("base").instruction = "other words";
    ASSERT_THAT(ops.solve({"base"}), IsOk());
    ops.forget();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto solved, ops.solve({"app"}, {.mode = Mode::kDryRun}));
    EXPECT_EQ(ops.done("app").reason, Reason::kHitContent);
    EXPECT_EQ(ops.cache.adds(), 0);
}

TEST(SolverDryRun, EqualStepsAreCountedOnce) {
    FakeOps ops;
    ops.set({.name = "one", .instruction = "RUN same"});
    ops.set({.name = "two", .instruction = "RUN same"});
    ops.set({.name = "top", .inputs = {"two"}});
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto solved,
                                 ops.solve({"one", "top"}, {.mode = Mode::kDryRun}));
    ASSERT_EQ(solved.reports.size(), 3U);
    EXPECT_TRUE(solved.reports[0].ran);
    EXPECT_FALSE(solved.reports[1].ran);
    EXPECT_TRUE(solved.reports[2].ran);
}

}  // namespace
}  // namespace slipway::solver
