#include "llb/builder.h"

#include "sample_graph.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::llb {
namespace {

using slipway::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::Key;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

pb::Op op_at(const pb::Definition& definition, int index) {
    pb::Op op;
    EXPECT_TRUE(op.ParseFromString(definition.def(index)));
    return op;
}

/// The names of the vertices in the order of the definition, which must load.
std::vector<std::string> names(const pb::Definition& definition) {
    EXPECT_THAT(Graph::load(definition), IsOk());
    std::vector<std::string> names;
    for (int i = 0; i + 1 < definition.def_size(); ++i) {
        const std::string digest = Digest::of(definition.def(i)).to_string();
        names.push_back(definition.metadata().at(digest).description().at("llb.customname"));
    }
    return names;
}

TEST(Builder, ScratchIsAnEmptyDefinition) {
    const pb::Definition definition = Builder().marshal(Ref());
    EXPECT_EQ(definition.def_size(), 0);
    EXPECT_EQ(definition.ByteSizeLong(), 0U);
}

TEST(Builder, BytesAreThoseOfTheReferenceClient) {
    Builder builder;
    const Ref local = builder.source({.identifier = "local://x"}, {});
    // Constraints stand there though empty; the oneof comes after them though its number is lower.
    EXPECT_EQ(builder.marshal(local).def(0), std::string("\x5a\x00\x1a\x0b\x0a\x09local://x", 15));
    const Ref image = sample_image(builder);
    EXPECT_EQ(builder.marshal(image).def(0).substr(0, 18), std::string("\x52\x0e\x0a\x05"
                                                                       "amd64"
                                                                       "\x12\x05linux\x5a\x00",
                                                                       18));
}

TEST(Builder, TheLastOpNamesTheResultAndCarriesTheCapsOfTheWhole) {
    Builder builder;
    const pb::Definition definition = builder.marshal(sample_image(builder));
    ASSERT_EQ(definition.def_size(), 2);
    const pb::Op last = op_at(definition, 1);
    EXPECT_EQ(last.op_case(), pb::Op::OP_NOT_SET);
    ASSERT_EQ(last.inputs_size(), 1);
    EXPECT_EQ(last.inputs(0).digest(), Digest::of(definition.def(0)).to_string());
    EXPECT_FALSE(last.has_constraints());
    const auto& metadata = definition.metadata().at(Digest::of(definition.def(1)).to_string());
    EXPECT_THAT(metadata.caps(),
                UnorderedElementsAre(Pair("constraints", true), Pair("platform", true),
                                     Pair("meta.description", true)));
}

TEST(Builder, IgnoreCacheIsMetadataAndDoesNotChangeTheDigest) {
    Builder builder;
    const Ref image = sample_image(builder);
    About about;
    about.ignore_cache = true;
    const pb::Definition with = builder.marshal(sample_exec(builder, image, "true", about));
    const pb::Definition without = builder.marshal(sample_exec(builder, image, "true"));
    EXPECT_EQ(with.def(1), without.def(1));
    EXPECT_TRUE(with.metadata().at(Digest::of(with.def(1)).to_string()).ignore_cache());
    EXPECT_TRUE(with.metadata()
                    .at(Digest::of(with.def(2)).to_string())
                    .caps()
                    .contains("meta.ignorecache"));
}

TEST(Builder, EqualVerticesBecomeOneAndKeepAllTheirPlaces) {
    Builder builder;
    const int file = builder.add_file("Dockerfile", "FROM busybox\n", "Dockerfile");
    const Ref image = sample_image(builder);
    std::vector<Ref> both;
    for (const int line : {3, 7}) {
        About about = named("step of line " + std::to_string(line));
        about.place = Place{.file = file, .first = line, .last = line};
        both.push_back(sample_exec(builder, image, "make", std::move(about)));
    }
    const Ref result =
        builder.file({.base = both[0], .steps = {copy_step(both[1], "/a", "/b")}}, named("copy"));
    const pb::Definition definition = builder.marshal(result);
    EXPECT_THAT(names(definition), ElementsAre("FROM busybox", "step of line 7", "copy"));
    const auto& locations =
        definition.source().locations().at(Digest::of(definition.def(1)).to_string());
    ASSERT_EQ(locations.locations_size(), 2);
    EXPECT_EQ(locations.locations(0).ranges(0).start().line(), 3);
    EXPECT_EQ(locations.locations(1).ranges(0).start().line(), 7);
    ASSERT_EQ(definition.source().infos_size(), 1);
    EXPECT_EQ(definition.source().infos(0).filename(), "Dockerfile");
    // The copy takes from the vertex it stands on: one input serves both.
    const pb::Op copy = op_at(definition, 2);
    EXPECT_EQ(copy.inputs_size(), 1);
    EXPECT_EQ(copy.file().actions(0).secondaryinput(), 0);
}

TEST(Builder, VerticesThatTheResultDoesNotNeedAreLeftOut) {
    Builder builder;
    const Ref image = sample_image(builder);
    sample_exec(builder, image, "never");
    EXPECT_THAT(names(builder.marshal(image)), ElementsAre("FROM busybox"));
}

TEST(Builder, MountsAreSortedByTargetAndOnlyWritableBindsHaveOutputs) {
    Builder builder;
    const Ref root = sample_image(builder);
    const Ref other = sample_image(builder, "alpine");
    ExecSpec spec{.root = root, .platform = sample_platform()};
    spec.meta.add_args("true");
    spec.mounts = {
        {.kind = MountSpec::Kind::kTmpfs, .target = "/tmp", .tmpfs_size = 4096},
        {.kind = MountSpec::Kind::kCache,
         .target = "/cache",
         .cache_id = "//cache",
         .sharing = pb::LOCKED},
        {.source = other, .target = "/src", .selector = "/etc", .readonly = true},
        {.source = other, .target = "/rw", .discard = true},
        {.source = other, .target = "/data"},
    };
    spec.secrets = {{.id = "token", .target = "/run/secrets/token", .optional = true},
                    {.id = "key", .env = "KEY"}};
    const pb::Definition definition = builder.marshal(builder.exec(std::move(spec), {}));
    const pb::Op op = op_at(definition, 2);
    std::vector<std::string> mounts;
    for (const pb::Mount& mount : op.exec().mounts()) {
        mounts.push_back(mount.dest() + " in " + std::to_string(mount.input()) + " out " +
                         std::to_string(mount.output()));
    }
    EXPECT_THAT(mounts, ElementsAre("/ in 0 out 0", "/cache in -1 out -1", "/data in 1 out 1",
                                    "/rw in 1 out -1", "/src in 1 out -1", "/tmp in -1 out -1",
                                    "/run/secrets/token in -1 out 0"));
    EXPECT_TRUE(op.exec().meta().removemountstubsrecursive());
    ASSERT_EQ(op.exec().secretenv_size(), 1);
    EXPECT_EQ(op.exec().secretenv(0).name(), "KEY");
    const auto& caps = definition.metadata().at(Digest::of(definition.def(2)).to_string()).caps();
    EXPECT_THAT(caps,
                UnorderedElementsAre(Key("exec.meta.base"), Key("exec.meta.setsdefaultpath"),
                                     Key("exec.mount.bind"), Key("exec.mount.cache"),
                                     Key("exec.mount.cache.sharing"), Key("exec.mount.secret"),
                                     Key("exec.mount.selector"), Key("exec.mount.tmpfs"),
                                     Key("exec.mount.tmpfs.size"), Key("exec.secretenv")));
}

TEST(Builder, ActionsOfAFileOpAreChained) {
    Builder builder;
    const Ref base = sample_image(builder);
    const Ref first = sample_image(builder, "first");
    const Ref second = sample_image(builder, "second");
    FileStep owned = copy_step(second, "/b", "/");
    owned.action.mutable_copy()->mutable_owner()->mutable_user()->mutable_byname()->set_name("app");
    const pb::Definition definition = builder.marshal(builder.file(
        {.base = base, .steps = {copy_step(first, "/a", "/"), owned, mkdir_step("/c")}},
        named("file")));
    // Walked from the last action to the first, as BuildKit's client does.
    EXPECT_THAT(names(definition),
                ElementsAre("FROM busybox", "FROM second", "FROM first", "file"));
    const pb::Op op = op_at(definition, 3);
    std::vector<std::string> actions;
    for (const pb::FileAction& action : op.file().actions()) {
        actions.push_back(std::to_string(action.input()) + " " +
                          std::to_string(action.secondaryinput()) + " " +
                          std::to_string(action.output()));
    }
    EXPECT_THAT(actions, ElementsAre("0 1 -1", "3 2 -1", "4 -1 0"));
    EXPECT_EQ(op.inputs(1).digest(), Digest::of(definition.def(2)).to_string());
    EXPECT_EQ(op.file().actions(1).copy().owner().user().byname().input(), 0);
    EXPECT_FALSE(op.has_platform());
}

TEST(Builder, AMergeOfOneIsThatOne) {
    Builder builder;
    const Ref image = sample_image(builder);
    EXPECT_EQ(builder.merge({Ref(), image}, {}), image);
    EXPECT_TRUE(builder.merge({Ref(), Ref()}, {}).is_scratch());
    const Ref other = sample_image(builder, "alpine");
    const pb::Definition definition = builder.marshal(builder.merge({image, other}, {}));
    const pb::Op op = op_at(definition, 2);
    ASSERT_EQ(op.merge().inputs_size(), 2);
    EXPECT_EQ(op.merge().inputs(1).input(), 1);
    EXPECT_EQ(op.inputs_size(), 2);
}

TEST(Builder, AttributesMayComeLateAndBringTheirCaps) {
    Builder builder;
    const Ref context = builder.source({.identifier = "local://context"}, named("context"));
    const Ref copy = builder.file({.base = Ref(), .steps = {copy_step(context, "/a", "/")}}, {});
    builder.set_attribute(context, "local.followpaths", json_list({"a & b"}));
    const pb::Definition definition = builder.marshal(copy);
    const pb::Op op = op_at(definition, 0);
    EXPECT_THAT(op.source().attrs(), ElementsAre(Pair("local.followpaths", R"(["a \u0026 b"])")));
    EXPECT_FALSE(op.has_platform());
    EXPECT_THAT(definition.metadata().at(Digest::of(definition.def(0)).to_string()).caps(),
                UnorderedElementsAre(Key("source.local"), Key("source.local.followpaths")));
}

}  // namespace
}  // namespace slipway::llb
