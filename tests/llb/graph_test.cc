#include "llb/graph.h"

#include "sample_graph.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::llb {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

pb::Definition chain(int length) {
    Builder builder;
    Ref last = sample_image(builder);
    for (int i = 1; i < length; ++i) last = sample_exec(builder, last, "step " + std::to_string(i));
    return builder.marshal(last);
}

/// A definition whose only vertex is `op`.
pb::Definition definition_of(const pb::Op& op) {
    pb::Definition definition;
    definition.add_def(marshal_deterministic(op));
    pb::Op terminal;
    terminal.add_inputs()->set_digest(Digest::of(definition.def(0)).to_string());
    definition.add_def(marshal_deterministic(terminal));
    return definition;
}

TEST(Graph, AnEmptyDefinitionIsScratch) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Graph graph, Graph::load({}));
    EXPECT_THAT(graph.vertices(), IsEmpty());
    EXPECT_FALSE(graph.output());
}

TEST(Graph, VerticesComeAfterTheirInputsWhateverTheOrderOnTheWire) {
    pb::Definition definition = chain(4);
    pb::Definition shuffled = definition;
    shuffled.mutable_def()->SwapElements(0, 3);
    shuffled.mutable_def()->SwapElements(1, 2);
    shuffled.add_def(definition.def(4));
    *shuffled.mutable_def(4) = definition.def(2);  // once more, where the end was
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Graph graph, Graph::load(shuffled));
    ASSERT_EQ(graph.vertices().size(), 4U);
    for (std::size_t i = 1; i < 4; ++i) {
        EXPECT_EQ(graph.vertices()[i].inputs[0].vertex, graph.vertices()[i - 1].digest);
        EXPECT_EQ(graph.vertices()[i].bytes, definition.def(static_cast<int>(i)));
    }
    EXPECT_EQ(graph.output()->vertex, graph.vertices()[3].digest);
}

TEST(Graph, ALongChainNeedsNoDeepStack) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Graph graph, Graph::load(chain(50000)));
    EXPECT_EQ(graph.vertices().size(), 50000U);
}

TEST(Graph, FindsAVertexByItsDigest) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Graph graph, Graph::load(chain(2)));
    const Vertex& last = graph.vertices()[1];
    EXPECT_EQ(graph.find(last.digest), &last);
    EXPECT_EQ(graph.find(Digest::of("other")), nullptr);
}

TEST(Graph, NamesAreTheCustomOnesOrTellWhatTheOpDoes) {
    Builder builder;
    const Ref base = sample_exec(builder, sample_image(builder), "make");
    const Ref both =
        builder.file({.base = base, .steps = {mkdir_step("/a"), copy_step(base, "/b", "/c")}}, {});
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Graph graph, Graph::load(builder.marshal(both)));
    EXPECT_EQ(graph.vertices()[0].name(), "FROM busybox");
    EXPECT_EQ(graph.vertices()[1].name(), "/bin/sh -c make");
    EXPECT_EQ(graph.vertices()[2].name(), "mkdir /a,copy /b /c");
}

TEST(Graph, TellsTheLinesThatAVertexComesFrom) {
    Builder builder;
    const int file = builder.add_file("sub/Dockerfile", "...", "Dockerfile");
    About about;
    about.place = Place{.file = file, .first = 4, .last = 6};
    const Ref image = sample_image(builder);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const Graph graph,
        Graph::load(builder.marshal(sample_exec(builder, image, "true", about))));
    EXPECT_EQ(graph.where(graph.vertices()[0].digest), std::nullopt);
    EXPECT_EQ(graph.where(graph.vertices()[1].digest), (SourceRange{"sub/Dockerfile", 4, 6}));
}

TEST(Graph, RefusesBytesThatAreNoOp) {
    pb::Definition definition = chain(2);
    *definition.mutable_def(0) = "\xff\xff";
    EXPECT_THAT(Graph::load(definition),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("not an op")));
}

TEST(Graph, RefusesAGraphWithoutAnEnd) {
    pb::Definition definition = chain(2);
    definition.mutable_def()->RemoveLast();
    EXPECT_THAT(Graph::load(definition), FailsWith(ErrorCode::kInvalidInput, HasSubstr("last op")));
    definition.mutable_def()->RemoveLast();
    EXPECT_THAT(Graph::load(definition),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("no vertices")));
}

TEST(Graph, RefusesAMissingInput) {
    pb::Definition definition = chain(3);
    definition.mutable_def()->DeleteSubrange(0, 1);
    EXPECT_THAT(Graph::load(definition),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("lacks the vertex")));
}

TEST(Graph, RefusesAnOutputThatTheVertexDoesNotHave) {
    pb::Definition definition = chain(2);
    pb::Op terminal;
    ASSERT_TRUE(terminal.ParseFromString(definition.def(2)));
    terminal.mutable_inputs(0)->set_index(1);
    *definition.mutable_def(2) = marshal_deterministic(terminal);
    EXPECT_THAT(Graph::load(definition),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("has no output 1")));
    terminal.mutable_inputs(0)->set_index(-1);
    *definition.mutable_def(2) = marshal_deterministic(terminal);
    EXPECT_THAT(Graph::load(definition),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("index -1")));
}

TEST(Graph, RefusesAnExecWithoutARoot) {
    pb::Op op;
    op.mutable_exec()->mutable_meta()->add_args("true");
    EXPECT_THAT(Graph::load(definition_of(op)),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("without mounts")));
    pb::Mount& mount = *op.mutable_exec()->add_mounts();
    mount.set_input(-1);
    mount.set_dest("/src");
    EXPECT_THAT(Graph::load(definition_of(op)),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("without a mount of '/'")));
    mount.set_dest("/");
    EXPECT_THAT(Graph::load(definition_of(op)), IsOk());
    mount.set_input(0);
    EXPECT_THAT(Graph::load(definition_of(op)),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("input 0 of 0")));
    mount.set_input(-1);
    op.mutable_exec()->clear_meta();
    EXPECT_THAT(Graph::load(definition_of(op)),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("without arguments")));
}

TEST(Graph, RefusesFileOpsThatDoNothingOrUseWhatIsNotThere) {
    pb::Op op;
    op.mutable_file();
    EXPECT_THAT(Graph::load(definition_of(op)),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("without actions")));
    pb::FileAction& action = *op.mutable_file()->add_actions();
    action.set_input(-1);
    action.set_secondaryinput(-1);
    EXPECT_THAT(Graph::load(definition_of(op)),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("action 0 is empty")));
    action.mutable_mkdir()->set_path("/a");
    EXPECT_THAT(Graph::load(definition_of(op)), IsOk());
    action.set_input(0);  // itself
    EXPECT_THAT(Graph::load(definition_of(op)),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("not there")));
    action.set_input(-1);
    auto& user = *action.mutable_mkdir()->mutable_owner()->mutable_user()->mutable_byname();
    user.set_name("app");
    user.set_input(3);
    EXPECT_THAT(Graph::load(definition_of(op)),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("owner 'app'")));
}

TEST(Graph, RefusesADiffWithOneSide) {
    pb::Op op;
    op.mutable_diff()->mutable_lower()->set_input(-1);
    EXPECT_THAT(Graph::load(definition_of(op)),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("lower and an upper")));
}

TEST(MarshalDeterministic, WritesMapEntriesInOrder) {
    pb::SourceOp forth;
    pb::SourceOp back;
    for (int i = 0; i < 50; ++i) {
        (*forth.mutable_attrs())[std::to_string(i)] = "x";
        (*back.mutable_attrs())[std::to_string(49 - i)] = "x";
    }
    EXPECT_EQ(marshal_deterministic(forth), marshal_deterministic(back));
}

}  // namespace
}  // namespace slipway::llb
