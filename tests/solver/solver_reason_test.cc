// Why a step ran, as people read it.
#include "solver/fake_ops.h"
#include "support/result_matchers.h"

namespace slipway::solver {
namespace {

using progress::Reason;
using slipway::testing::IsOk;
using ::testing::IsEmpty;

class SolverReason : public ::testing::Test {
  protected:
    void build(const std::string& target) { ASSERT_THAT(ops_.solve({target}), IsOk()); }
    void expect(const std::string& step, Reason reason, const std::string& detail) const {
        const auto done = ops_.done(step);
        EXPECT_EQ(done.reason, reason) << step << ": " << done.detail;
        EXPECT_EQ(done.detail, detail) << step;
    }
    FakeOps ops_;
};

TEST_F(SolverReason, NothingLikeItWasBuilt) {
    ops_.chain({"base", "app"});
    build("app");
    expect("base", Reason::kMissFirst, "");
    expect("app", Reason::kMissFirst, "");
}

TEST_F(SolverReason, TheInstructionChanged) {
    ops_.chain({"base", "app"});
    build("app");
    ops_.at("app").instruction = "RUN another thing";
    build("app");
    expect("app", Reason::kMissOp, "instruction changed");
}

TEST_F(SolverReason, ChangedAddedAndRemovedIngredientsAreNamed) {
    ops_.set({.name = "app", .extra = {{"env PATH", "/bin"}, {"env OLD", "1"}}});
    build("app");
    ops_.at("app").extra = {{"env PATH", "/usr/bin"}, {"env NEW", "1"}};
    build("app");
    expect("app", Reason::kMissOp, "env PATH changed, env NEW added, env OLD removed");
}

TEST_F(SolverReason, OnlyTheFirstOfManyChangesAreNamed) {
    ops_.set({.name = "app"});
    build("app");
    for (int i = 1; i <= 6; ++i) ops_.at("app").extra.push_back({fmt::format("env V{}", i), ""});
    build("app");
    expect("app", Reason::kMissOp, "env V1 added, env V2 added, env V3 added, and 3 more");
}

TEST_F(SolverReason, AContextFileIsAnInput) {
    ops_.set({.name = "context", .kind = StepKind::kVolatile});
    ops_.set(
        {.name = "copy", .inputs = {"context"}, .extra = {{"context file 'src/main.c'", "1"}}});
    build("copy");
    ops_.at("context").instruction = "another session";  // no ingredient of its user
    ops_.at("copy").extra[0].value = "2";
    build("copy");
    expect("copy", Reason::kMissInputs, "context file 'src/main.c' changed");
    expect("context", Reason::kSource, "");
}

TEST_F(SolverReason, AnInputThatRanAgainSaysWhy) {
    ops_.chain({"base", "app"});
    build("app");
    ops_.at("base").extra = {{"env CC", "clang"}};
    build("app");
    expect("base", Reason::kMissOp, "env CC added");
    expect("app", Reason::kMissInputs, "input 'base' ran again (env CC added)");
}

TEST_F(SolverReason, ADeepCauseIsNamedOnce) {
    ops_.chain({"base", "deps", "tools", "app"});
    build("app");
    ops_.at("base").extra = {{"env CC", "clang"}};
    build("app");
    expect("tools", Reason::kMissInputs, "input 'deps' ran again ('base': env CC added)");
    expect("app", Reason::kMissInputs, "input 'tools' ran again ('base': env CC added)");
}

TEST_F(SolverReason, AnInputThatWasKnownUnderItsNewKeyJustChanged) {
    ops_.chain({"base", "app"});
    build("app");
    ops_.at("base").instruction = "another";
    build("base");
    build("app");
    expect("base", Reason::kHitLocal, "");
    expect("app", Reason::kMissInputs, "input 'base' changed");
}

TEST_F(SolverReason, AnotherImageJustChanged) {
    ops_.set({.name = "image", .kind = StepKind::kSource});
    ops_.set({.name = "app", .inputs = {"image"}});
    build("app");
    ops_.at("image").instruction = "FROM another";
    build("app");
    expect("image", Reason::kSource, "");
    expect("app", Reason::kMissInputs, "input 'image' changed");
}

TEST_F(SolverReason, AnEvictedResult) {
    ops_.chain({"base", "app"});
    build("app");
    ops_.evict("app");
    build("app");
    expect("app", Reason::kMissEvicted, "its result is gone from the store");
    expect("base", Reason::kHitLocal, "");
}

TEST_F(SolverReason, AskedToIgnoreTheCache) {
    ops_.chain({"base", "app"});
    ops_.at("base").has_content_key = false;
    build("app");
    ops_.at("base").ignore_cache = true;
    ops_.at("base").content = "not as before";
    build("app");
    expect("base", Reason::kNoCacheAsked, "");
    expect("app", Reason::kMissInputs, "input 'base' ran again (asked to run without cache)");
}

TEST_F(SolverReason, AnInputThatCameOutAsBefore) {
    ops_.chain({"base", "app"});
    ops_.at("base").content = "constant";
    build("app");
    ops_.at("base").instruction = "other words";
    build("app");
    expect("app", Reason::kHitContent, "its inputs came out as before");
}

TEST_F(SolverReason, ASlotRemembersItsNewestBuild) {
    ops_.set({.name = "app", .extra = {{"env A", "1"}}});
    build("app");
    ops_.at("app").extra = {{"env A", "2"}};
    build("app");
    ops_.at("app").extra = {{"env A", "2"}, {"env B", "1"}};
    build("app");
    expect("app", Reason::kMissOp, "env B added");
}

TEST_F(SolverReason, OneBuildInAnotherSlotIsNoComparison) {
    ops_.set({.name = "app", .slot = "Dockerfile:app:1"});
    build("app");
    ops_.at("app").slot = "Dockerfile:app:2";
    ops_.at("app").instruction = "another";
    build("app");
    expect("app", Reason::kMissFirst, "");
}

}  // namespace
}  // namespace slipway::solver
