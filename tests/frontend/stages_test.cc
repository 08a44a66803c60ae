// Stages: what is looked up where, what is asked for, how steps are called.
#include "lowered_graph.h"
#include "support/result_matchers.h"

namespace slipway::frontend {
namespace {

using slipway::testing::FailsWith;
using ::testing::_;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Stages = LowerTest;

TEST_F(Stages, UnreachableStagesAskForNoImage) {
    lower_ok("FROM busybox AS a\nFROM missing AS b\nRUN x\nFROM a\nRUN y\n");
    EXPECT_THAT(images.asked(), ElementsAre("busybox"));
}

TEST_F(Stages, UnreachableStagesMayHoldWhatIsNotSupported) {
    lower_ok("FROM busybox AS a\nADD https://example.com/x /\nFROM busybox\nRUN y\n");
    EXPECT_THAT(names(), ElementsAre(HasSubstr("FROM"), HasSubstr("RUN y")));
}

TEST_F(Stages, AnImageIsAskedForWithTheNameAsWritten) {
    lower_ok("FROM debian:bookworm\n");
    EXPECT_THAT(images.asked(), ElementsAre("debian:bookworm"));
    EXPECT_THAT(vertex("FROM").op.source().identifier(),
                HasSubstr("docker-image://docker.io/library/debian:bookworm@sha256:"));
}

TEST_F(Stages, TheTargetIsFoundWhateverItsCase) {
    request.target = "BUILD";
    lower_ok("FROM busybox AS build\nRUN x\nFROM missing\n");
    EXPECT_EQ(lowered.target_stage, "build");
    EXPECT_THAT(names(), ElementsAre(_, "[build 2/2] RUN x"));
}

TEST_F(Stages, AnUnknownTargetNamesTheNearest) {
    request.target = "biuld";
    const auto result = lower_it("FROM busybox AS base\nFROM base AS build\n");
    EXPECT_THAT(result, FailsWith(ErrorCode::kNotFound, HasSubstr("no stage is called 'biuld'")));
    EXPECT_THAT(result, HintIs("did you mean 'build' (line 2)?"));
}

TEST_F(Stages, ATargetIsNoNumber) {
    request.target = "0";
    EXPECT_THAT(lower_it("FROM busybox\n"), FailsWith(ErrorCode::kNotFound, HasSubstr("'0'")));
}

TEST_F(Stages, AnUnknownCopySourceNamesTheNearestStageAbove) {
    const auto below = lower_it("FROM busybox AS build\nFROM busybox\nCOPY --from=biuld /a /a\n");
    EXPECT_THAT(below, FailsAt(ErrorCode::kNotFound, "no stage is called 'biuld'", 3));
    EXPECT_THAT(below, HintIs("did you mean 'build' (line 1)?"));

    request.target = "first";
    const auto above =
        lower_it("FROM busybox AS first\nCOPY --from=biuld /a /a\nFROM busybox AS build\n");
    EXPECT_THAT(above,
                FailsAt(ErrorCode::kNotFound, "no image 'docker.io/library/biuld:latest'", 2));
    EXPECT_EQ(above.error().hint(), std::nullopt);
}

TEST_F(Stages, AMountSourceThatIsUnknownIsReportedAtItsLine) {
    EXPECT_THAT(lower_it("FROM busybox\nRUN --mount=type=bind,from=missing,target=/x y\n"),
                FailsAt(ErrorCode::kNotFound, "missing", 2));
}

TEST_F(Stages, CopyFromANumberMeansAPosition) {
    lower_ok("FROM debian:bookworm\nRUN one\nFROM busybox\nCOPY --from=0 /a /a\n");
    const llb::Vertex& copy = vertex("COPY");
    EXPECT_EQ(graph.find(copy.inputs[1].vertex)->name(), "[stage-0 2/2] RUN one");
    EXPECT_THAT(lower_it("FROM busybox\nCOPY --from=7 /a /a\n"),
                FailsAt(ErrorCode::kInvalidInput, "no stage with this number", 2));
}

TEST_F(Stages, CopyFromHoldsNoVariables) {
    EXPECT_THAT(lower_it("FROM busybox\nARG X=a\nCOPY --from=$X /a /a\n"),
                FailsAt(ErrorCode::kInvalidInput, "--from=$X", 3));
}

TEST_F(Stages, AStageMustBeDefinedBeforeItIsCopiedFrom) {
    EXPECT_THAT(lower_it("FROM busybox AS a\nCOPY --from=b /x /x\nFROM busybox AS b\nFROM a\n"),
                FailsAt(ErrorCode::kInvalidInput, "must be defined before", 2));
    EXPECT_THAT(
        lower_it("FROM busybox AS a\nRUN --mount=from=b,target=/x y\nFROM busybox AS b\nFROM a\n"),
        FailsAt(ErrorCode::kInvalidInput, "must be defined before", 2));
}

TEST_F(Stages, ACircleIsAnError) {
    EXPECT_THAT(
        lower_it("FROM busybox AS a\nCOPY --from=b / /\nFROM busybox AS b\nCOPY --from=a / /\n"),
        FailsAt(ErrorCode::kInvalidInput, "needs itself", 4));
    EXPECT_THAT(lower_it("FROM busybox AS a\nCOPY --from=a / /\n"),
                FailsAt(ErrorCode::kInvalidInput, "needs itself", 2));
}

TEST_F(Stages, AFileOfSeveralKeepsTheirPlaces) {
    auto file = dockerfile::parse_dockerfile("FROM busybox AS base\nRUN one\n", "base.dockerfile");
    ASSERT_TRUE(file);
    auto more = dockerfile::parse_dockerfile(
        "# the second\nFROM base AS app\nRUN two\nFROM bsae AS typo\n", "app.dockerfile");
    ASSERT_TRUE(more);
    ASSERT_TRUE(dockerfile::append(*file, *std::move(more)));

    request.target = "app";
    const auto made = lower(*file, request, images);
    ASSERT_TRUE(made) << made.error().to_string();
    const auto loaded = llb::Graph::load(made->definition);
    ASSERT_TRUE(loaded);
    std::vector<SourceRange> places;
    for (const llb::Vertex& vertex : loaded->vertices()) {
        if (vertex.op.has_exec()) places.push_back(*loaded->where(vertex.digest));
    }
    EXPECT_THAT(places, ::testing::ElementsAre(SourceRange{"base.dockerfile", 2, 2},
                                               SourceRange{"app.dockerfile", 3, 3}));

    request.target = "typo";
    const auto failed = lower(*file, request, images);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().where(), (SourceRange{"app.dockerfile", 4, 4}));
    EXPECT_EQ(failed.error().hint(), "did you mean 'base' (base.dockerfile:1)?");
}

TEST_F(Stages, AFileOfSeveralHasOneEscapeCharacterAndItsArgsInFront) {
    auto file = dockerfile::parse_dockerfile("FROM busybox AS base\n", "base.dockerfile");
    ASSERT_TRUE(file);
    auto escape = dockerfile::parse_dockerfile("# escape=`\nFROM base\n", "a.dockerfile");
    const auto other = dockerfile::append(*file, *std::move(escape));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().where(), (SourceRange{"a.dockerfile", 1, 1}));
    auto global = dockerfile::parse_dockerfile("\nARG A=1\nFROM base\n", "b.dockerfile");
    const auto late = dockerfile::append(*file, *std::move(global));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().where(), (SourceRange{"b.dockerfile", 2, 2}));
}

TEST_F(Stages, ManyStagesInARowNeedNoDeepStack) {
    std::string text = "FROM scratch AS s0\nCOPY a /\n";
    for (int i = 1; i < 3000; ++i) {
        text += fmt::format("FROM scratch AS s{}\nCOPY --from=s{} a /\n", i, i - 1);
    }
    lower_ok(text);
    EXPECT_EQ(graph.vertices().size(), 3001U);
}

TEST_F(Stages, StepsOfASingleStageHaveNoStageName) {
    lower_ok("FROM busybox\nRUN x\n");
    EXPECT_THAT(names(),
                ElementsAre(HasSubstr("[1/2] FROM docker.io/library/busybox:latest@sha256:"),
                            "[2/2] RUN x"));
}

TEST_F(Stages, StepNumbersAreAsWideAsTheirTotal) {
    std::string text = "FROM busybox\n";
    for (int i = 0; i < 10; ++i) text += fmt::format("RUN step{}\n", i);
    lower_ok(text);
    EXPECT_EQ(names()[1], "[ 2/11] RUN step0");
    EXPECT_EQ(names()[10], "[11/11] RUN step9");
}

TEST_F(Stages, ScratchIsNoStepAndNoVertex) {
    lower_ok("FROM scratch\nCOPY a /\n");
    EXPECT_THAT(names(), ElementsAre("[internal] load build context", "[1/1] COPY a /"));
    lower_ok("FROM scratch\nLABEL a=b\n");
    EXPECT_EQ(lowered.definition.def_size(), 0);
    EXPECT_EQ(lowered.config.labels.at("a"), "b");
}

TEST_F(Stages, AnImageWithoutLayersIsLikeScratch) {
    lower_ok("FROM empty\nRUN x\n");
    EXPECT_THAT(names(), ElementsAre("[1/2] RUN x"));
    EXPECT_THAT(env("RUN x"), ElementsAre("EMPTY=1"));
}

TEST_F(Stages, TheBaseImageIsAlsoAnsweredAsItWas) {
    lower_ok("FROM debian:bookworm AS a\nENV X=1\nFROM a\nENV Y=1\n");
    ASSERT_TRUE(lowered.base_config);
    EXPECT_EQ(lowered.base_config->history.size(), 2U);
    EXPECT_FALSE(lowered.base_config->find_env("X"));
    EXPECT_EQ(lowered.config.history.size(), 4U);
    EXPECT_EQ(lowered.config.created, std::nullopt);
    lower_ok("FROM scratch\n");
    EXPECT_FALSE(lowered.base_config);
}

TEST_F(Stages, EachHasThePlatformOfItsFrom) {
    request.platform = image::Platform::parse("linux/arm64").value();
    request.platform_given = true;
    lower_ok(
        "FROM --platform=$BUILDPLATFORM busybox AS tools\nARG TARGETARCH BUILDARCH\nRUN compile\n"
        "FROM tools AS more\nRUN link\n"
        "FROM --platform=linux/arm/v6 missing AS other\n"
        "FROM busybox\nARG TARGETPLATFORM\nRUN x\nCOPY --from=more /a /a\n"
        "COPY --from=debian:bookworm /b /b\n");
    EXPECT_THAT(images.asked(), ElementsAre("busybox", "busybox for linux/arm64",
                                            "debian:bookworm for linux/arm64"));
    EXPECT_EQ(vertex("RUN compile").op.platform().architecture(), "amd64");
    EXPECT_THAT(env("RUN compile"), ElementsAre("TARGETARCH=arm64", "BUILDARCH=amd64"));
    EXPECT_EQ(vertex("RUN link").op.platform().architecture(), "amd64");
    EXPECT_EQ(vertex("RUN x").op.platform().architecture(), "arm64");
    EXPECT_THAT(env("RUN x"), ElementsAre("TARGETPLATFORM=linux/arm64"));
    EXPECT_EQ(lowered.config.platform.to_string(), "linux/arm64");
}

TEST_F(Stages, TheImageIsMarkedWithThePlatformThatWasAskedFor) {
    const char* const text = "FROM --platform=linux/arm/v6 busybox\nCOPY a /a\n";
    lower_ok(text);
    EXPECT_EQ(lowered.config.platform.to_string(), "linux/arm/v6");
    request.platform_given = true;
    lower_ok(text);
    EXPECT_EQ(lowered.config.platform.to_string(), "linux/amd64");
}

TEST_F(Stages, APlatformThatIsNoneIsRefusedWhereItStands) {
    EXPECT_THAT(lower_it("FROM busybox AS a\nFROM --platform=linux/arm65 busybox\n"),
                FailsAt(ErrorCode::kInvalidInput, "arm65", 2));
    EXPECT_THAT(lower_it("FROM --platform=$NONE busybox\n"),
                FailsAt(ErrorCode::kInvalidInput, "--platform '$NONE' is empty", 1));
}

TEST_F(Stages, ANamedContextOfThePlatformGoesFirst) {
    request.named_contexts = {{"base", "docker-image://busybox"},
                              {"base::linux/arm64", "docker-image://debian:bookworm"}};
    lower_ok("FROM --platform=linux/arm64 base\nCOPY a /a\n");
    EXPECT_THAT(images.asked(), ElementsAre("debian:bookworm for linux/arm64"));
    lower_ok("FROM base\nCOPY a /a\n");
    EXPECT_EQ(images.asked().back(), "busybox");
}

TEST_F(Stages, AnEmptyBaseNameTellsWhichArgIsMissing) {
    const auto result = lower_it("ARG VERSION=1\nFROM $VERSIN\n");
    EXPECT_THAT(result, FailsAt(ErrorCode::kInvalidInput, "'$VERSIN' is empty", 2));
    EXPECT_THAT(result, HintIs(HasSubstr("did you mean 'VERSION'?")));
}

TEST_F(Stages, NamedContextsReplaceImagesAndStages) {
    request.named_contexts = {{"busybox", "docker-image://debian:bookworm"},
                              {"deps", "docker-image://busybox"}};
    lower_ok(
        "FROM busybox\nRUN x\nFROM nowhere AS deps\nRUN never\nFROM deps\nCOPY --from=0 /a /a\n");
    EXPECT_THAT(images.asked(), ElementsAre("debian:bookworm", "busybox"));
    EXPECT_THAT(names(), ElementsAre("[context deps] busybox", "[context busybox] debian:bookworm",
                                     "[stage-0 1/2] RUN x", "[stage-2 1/1] COPY --from=0 /a /a"));
}

TEST_F(Stages, LocalNamedContextsTellThePathsThatAreUsed) {
    request.named_contexts = {{"assets", "local:assets"}};
    request.named_ignore_patterns["assets"] = {"*.tmp"};
    lower_ok("FROM scratch\nCOPY --from=assets b a /x/\n");
    const auto& source = vertex("[context assets] load from client").op.source();
    EXPECT_EQ(source.identifier(), "local://assets");
    EXPECT_EQ(source.attrs().at("local.followpaths"), R"(["a","b"])");
    EXPECT_EQ(source.attrs().at("local.excludepatterns"), R"(["*.tmp"])");
}

TEST_F(Stages, LayoutNamedContextsGoToTheResolverAsTheyAre) {
    request.named_contexts = {{"base", "oci-layout:///images:tag"}};
    lower_ok("FROM base\nRUN x\n");
    EXPECT_THAT(images.asked(), ElementsAre("oci-layout:///images:tag"));
    EXPECT_THAT(vertex("OCI load").op.source().identifier(), HasSubstr("oci-layout://store/name@"));
    EXPECT_EQ(vertex("OCI load").op.platform().architecture(), "amd64");
}

TEST_F(Stages, NamedContextsMayLieElsewhere) {
    request.named_contexts = {{"repo", "https://example.com/x.git#v1:d"},
                              {"file", "https://example.com/x.tar"},
                              {"odd", "ftp://example.com/x"}};
    lower_ok("FROM scratch\nCOPY --from=repo a /\n");
    EXPECT_EQ(vertex("[internal] load git source").op.source().identifier(),
              "git://example.com/x.git#v1:d");
    lower_ok("FROM scratch\nCOPY --from=file context /\n");
    const auto& file = vertex("[context file] https://example.com/x.tar").op.source();
    EXPECT_EQ(file.identifier(), "https://example.com/x.tar");
    EXPECT_EQ(file.attrs().at("http.filename"), "context");
    EXPECT_THAT(lower_it("FROM odd\n"), FailsAt(ErrorCode::kInvalidInput, "no known kind", 1));
}

TEST_F(Stages, NamesOfContextsTellNoPassword) {
    request.named_contexts = {{"repo", "https://me:hunter2@example.com/x.git#v1"},
                              {"file", "https://me:hunter2@example.com/x.tar"},
                              {"odd", "ftp://me:hunter2@example.com/x"}};
    lower_ok("FROM scratch\nCOPY --from=repo a /\n");
    EXPECT_TRUE(vertex("[internal] load git source https://xxxxx:xxxxx@example.com/x.git#v1").op.has_source());
    lower_ok("FROM scratch\nCOPY --from=file context /\n");
    EXPECT_TRUE(vertex("[context file] https://xxxxx:xxxxx@example.com/x.tar").op.has_source());
    const auto refused = lower_it("FROM odd\n");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().to_string(), Not(HasSubstr("hunter2")));
}

TEST_F(Stages, TheMainContextMayLieElsewhere) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(request.remote_context,
                                 RemoteContext::find_git("git@h:x.git#main", true, true));
    request.ignore_patterns = {"a"};
    lower_ok("FROM scratch\nCOPY a /\n");
    const auto& source = vertex("[internal] load git source git@h:x.git#main").op.source();
    EXPECT_EQ(source.identifier(), "git://h/x.git#main");
    EXPECT_EQ(source.attrs().at("git.keepgitdir"), "true");
    EXPECT_EQ(source.attrs().at("git.mtime"), "commit");
    EXPECT_FALSE(source.attrs().contains("local.followpaths"));
}

TEST_F(Stages, AnArchiveAsContextIsUnpacked) {
    request.remote_context = RemoteContext::of_content(Digest::of("x"));
    lower_ok("FROM scratch\nCOPY a /\n");
    ASSERT_EQ(graph.vertices().size(), 3U);
    EXPECT_EQ(graph.vertices()[0].op.source().attrs().at("http.checksum"),
              Digest::of("x").to_string());
    const auto& unpack = graph.vertices()[1].op.file().actions(0).copy();
    EXPECT_EQ(unpack.src(), "/context");
    EXPECT_TRUE(unpack.attemptunpackdockercompatibility());
}

TEST_F(Stages, TriggersOfABaseImageRunFirstAndMayNeedOtherImages) {
    lower_ok("FROM onbuild\nRUN own\n");
    EXPECT_THAT(images.asked(), ElementsAre("onbuild", "busybox"));
    EXPECT_THAT(lowered.config.on_build, IsEmpty());
    EXPECT_EQ(lowered.config.find_env("TRIGGERED"), "yes");
    EXPECT_EQ(vertex("RUN make").name(), "[5/7] ONBUILD RUN make");
    EXPECT_EQ(graph.where(vertex("RUN make").digest), (SourceRange{"Dockerfile", 1, 1}));
}

TEST_F(Stages, TriggersOfAStageRunInItsChildrenOnly) {
    lower_ok(
        "FROM busybox AS a\nONBUILD RUN t\nRUN in-a\nFROM a AS b\nRUN in-b\nFROM b\nRUN in-c\n");
    EXPECT_THAT(names(),
                ElementsAre(HasSubstr("[a 1/2] FROM"), "[a 2/2] RUN in-a", "[b 1/2] ONBUILD RUN t",
                            "[b 2/2] RUN in-b", "[stage-2 1/1] RUN in-c"));
}

TEST_F(Stages, TriggersOfAnImageThatOnlyFilesAreTakenOfDoNotRun) {
    lower_ok("FROM scratch\nCOPY --from=onbuild /a /a\n");
    EXPECT_THAT(images.asked(), ElementsAre("onbuild"));
}

TEST_F(Stages, AWrongTriggerIsReportedAtTheFromThatFiresIt) {
    EXPECT_THAT(lower_it("FROM busybox AS a\nONBUILD STOPSIGNAL nothing\nFROM a\n"),
                FailsAt(ErrorCode::kInvalidInput, "invalid signal", 3));
}

TEST_F(Stages, NoCacheIsForAllOrForTheStagesNamed) {
    request.no_cache_stages = {"B"};
    lower_ok("FROM busybox AS a\nRUN one\nFROM a AS b\nRUN two\nCOPY x /\nWORKDIR /w\n");
    EXPECT_FALSE(vertex("RUN one").metadata.ignore_cache());
    EXPECT_TRUE(vertex("RUN two").metadata.ignore_cache());
    EXPECT_TRUE(vertex("COPY").metadata.ignore_cache());
    EXPECT_FALSE(vertex("WORKDIR").metadata.ignore_cache());
    request.no_cache_stages.clear();
    request.no_cache = true;
    lower_ok("FROM busybox AS a\nRUN one\n");
    EXPECT_TRUE(vertex("RUN one").metadata.ignore_cache());
}

TEST_F(Stages, TheResolveModeStandsInTheGraph) {
    request.resolve_mode = ResolveMode::kPull;
    lower_ok("FROM busybox\n");
    EXPECT_EQ(vertex("FROM").op.source().attrs().at("image.resolvemode"), "pull");
    EXPECT_TRUE(vertex("FROM").metadata.caps().contains("source.image.resolvemode"));
}

TEST_F(Stages, BytesThatAreNotUtf8AreRefusedAtTheirLine) {
    EXPECT_THAT(lower_it("FROM busybox\nRUN echo \xff\n"),
                FailsAt(ErrorCode::kInvalidInput, "not UTF-8", 2));
    EXPECT_THAT(lower_it("FROM busybox\nRUN <<E\n\xff\nE\n"),
                FailsAt(ErrorCode::kInvalidInput, "not UTF-8", 2));
    request.build_args["A"] = "\xff";
    EXPECT_THAT(lower_it("FROM busybox\n"), FailsWith(ErrorCode::kUsage, HasSubstr("not UTF-8")));
}

}  // namespace
}  // namespace slipway::frontend
