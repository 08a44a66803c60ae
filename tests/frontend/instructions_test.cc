// What each instruction does to the graph, the config and the history.
#include "lowered_graph.h"
#include "support/result_matchers.h"

namespace slipway::frontend {
namespace {

using slipway::testing::FailsWith;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

using Args = LowerTest;

TEST_F(Args, ABuildArgumentBeatsTheDefault) {
    request.build_args = {{"A", "given"}, {"UNDECLARED", "x"}};
    lower_ok("FROM busybox\nARG A=default\nARG B=default\nRUN x\n");
    EXPECT_THAT(env("RUN x"), ElementsAre("A=given", "B=default"));
}

TEST_F(Args, OneWithoutAValueSetsNothing) {
    lower_ok("FROM busybox\nARG A\nRUN x\n");
    EXPECT_THAT(env("RUN x"), IsEmpty());
    EXPECT_THAT(history(), ElementsAre("- ARG A", "+ RUN |1 A= /bin/sh -c x # buildkit"));
}

TEST_F(Args, GlobalOnesCountInFromAndInAStageOnlyWhenNamedAgain) {
    lower_ok("ARG TAG=bookworm\nARG SUB=${TAG}-x\nFROM debian:$TAG\nRUN x$TAG\nARG SUB\nRUN y\n");
    EXPECT_THAT(env("RUN x"), ElementsAre("LANG=C.UTF-8"));
    EXPECT_THAT(env("RUN y"), ElementsAre("LANG=C.UTF-8", "SUB=bookworm-x"));
}

TEST_F(Args, OfABaseStageAreSeenInItsChildren) {
    lower_ok("FROM busybox AS a\nARG A=1\nFROM a\nRUN x\n");
    EXPECT_THAT(env("RUN x"), ElementsAre("A=1"));
    EXPECT_THAT(history().back(), "+ RUN |1 A=1 /bin/sh -c x # buildkit");
}

TEST_F(Args, PlatformOnesMustBeDeclared) {
    lower_ok("FROM busybox\nRUN x\nARG TARGETPLATFORM TARGETARCH BUILDOS TARGETVARIANT\nRUN y\n");
    EXPECT_THAT(env("RUN x"), IsEmpty());
    EXPECT_THAT(env("RUN y"), ElementsAre("TARGETPLATFORM=linux/amd64", "TARGETARCH=amd64",
                                          "BUILDOS=linux", "TARGETVARIANT="));
}

TEST_F(Args, EnvAfterArgHidesTheBuildArgument) {
    request.build_args = {{"A", "given"}};
    lower_ok("FROM busybox\nARG A\nENV A=env\nRUN x\n");
    EXPECT_THAT(env("RUN x"), ElementsAre("A=env"));
    EXPECT_EQ(lowered.config.find_env("A"), "env");
}

TEST_F(Args, ArgAfterEnvChangesStepsButNotTheImage) {
    lower_ok("FROM busybox\nENV A=env\nARG A=arg\nRUN x\n");
    EXPECT_THAT(env("RUN x"), ElementsAre("A=arg"));
    EXPECT_EQ(lowered.config.find_env("A"), "env");
    EXPECT_EQ(history().back(), "+ RUN |1 A=arg /bin/sh -c x # buildkit");
}

TEST_F(Args, ProxiesReachStepsButNeitherHistoryNorEnv) {
    request.proxy_args = {{"http_proxy", "http://outer"}, {"NO_PROXY", "a"}};
    request.build_args = {{"http_proxy", "http://given"}};
    lower_ok("FROM busybox\nRUN x\n");
    const pb::Meta& meta = vertex("RUN x").op.exec().meta();
    EXPECT_EQ(meta.proxy_env().http_proxy(), "http://given");
    EXPECT_EQ(meta.proxy_env().no_proxy(), "a");
    EXPECT_THAT(env("RUN x"), IsEmpty());
    EXPECT_THAT(history(), ElementsAre("+ RUN /bin/sh -c x # buildkit"));
}

TEST_F(Args, AnEpochTimesHistoryAndNewDirectories) {
    request.build_args = {{"SOURCE_DATE_EPOCH", "1700000000"}};
    lower_ok("FROM busybox\nWORKDIR /w\n");
    EXPECT_EQ(lowered.source_date_epoch, 1700000000);
    EXPECT_EQ(lowered.config.history.back().created, "2023-11-14T22:13:20Z");
    EXPECT_EQ(vertex("WORKDIR").op.file().actions(0).mkdir().timestamp(), 1700000000'000000000);
    lower_ok("FROM busybox\nRUN x\n");
    EXPECT_THAT(env("RUN x"), IsEmpty());
    request.build_args = {{"SOURCE_DATE_EPOCH", "yesterday"}};
    EXPECT_THAT(lower_it("FROM busybox\n"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("yesterday")));
    request.build_args = {{"SOURCE_DATE_EPOCH", "9223372036854775807"}};
    EXPECT_THAT(lower_it("FROM busybox\n"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("seconds")));
}

using Config = LowerTest;

TEST_F(Config, VariablesOfOneEnvSeeOnlyThoseBeforeIt) {
    lower_ok("FROM busybox\nENV A=1\nENV A=2 B=$A C='$A' D=\"x $A\"\n");
    EXPECT_EQ(lowered.config.find_env("B"), "1");
    EXPECT_EQ(lowered.config.find_env("C"), "$A");
    EXPECT_EQ(lowered.config.find_env("D"), "x 1");
    EXPECT_EQ(history().back(), "- ENV A=2 B=1 C=$A D=x 1");
}

TEST_F(Config, PathIsAlwaysSet) {
    lower_ok("FROM registry.example.com:5000/team/app:1.2\nRUN x\n");
    EXPECT_EQ(lowered.config.find_env("PATH"),
              "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    EXPECT_EQ(vertex("RUN x").op.exec().meta().user(), "app:staff");
    EXPECT_EQ(vertex("RUN x").op.exec().meta().cwd(), "/srv/app");
    EXPECT_THAT(vertex("RUN x").op.exec().meta().args(), ElementsAre("/bin/bash", "-c", "x"));
}

TEST_F(Config, EntrypointClearsTheCmdOfTheBaseButNotItsOwn) {
    lower_ok("FROM busybox\nENTRYPOINT [\"a\"]\n");
    EXPECT_THAT(lowered.config.cmd, IsEmpty());
    lower_ok("FROM busybox\nCMD b\nENTRYPOINT [\"a\"]\n");
    EXPECT_THAT(lowered.config.cmd, ElementsAre("/bin/sh", "-c", "b"));
    EXPECT_THAT(history(), ElementsAre("- CMD [\"/bin/sh\" \"-c\" \"b\"]", "- ENTRYPOINT [\"a\"]"));
}

TEST_F(Config, ShellIsUsedByWhatFollows) {
    lower_ok("FROM busybox\nSHELL [\"/bin/bash\", \"-c\"]\nRUN x\nRUN [\"y\", \"z\"]\n");
    EXPECT_THAT(vertex("RUN x").op.exec().meta().args(), ElementsAre("/bin/bash", "-c", "x"));
    EXPECT_THAT(vertex("RUN [").op.exec().meta().args(), ElementsAre("y", "z"));
    EXPECT_EQ(history()[0], "- SHELL [/bin/bash -c]");
}

TEST_F(Config, ExposeTakesRangesAndVariables) {
    lower_ok("FROM busybox\nENV P=\"81 82\"\nEXPOSE 9000-9002/udp $P 80\n");
    EXPECT_THAT(lowered.config.exposed_ports,
                ElementsAre("80/tcp", "81/tcp", "82/tcp", "9000/udp", "9001/udp", "9002/udp"));
    EXPECT_THAT(lower_it("FROM busybox\nEXPOSE 70000\n"),
                FailsAt(ErrorCode::kInvalidInput, "'70000'", 2));
}

TEST_F(Config, LabelsOfTheRequestWin) {
    request.labels = {{"a", "cli"}};
    lower_ok("FROM debian:bookworm\nLABEL a=file b=\"x y\"\n");
    EXPECT_THAT(lowered.config.labels,
                ElementsAre(Pair("a", "cli"), Pair("b", "x y"), Pair("base", "debian")));
}

TEST_F(Config, SignalsAreChecked) {
    lower_ok("FROM busybox\nSTOPSIGNAL SIGRTMIN+3\n");
    EXPECT_EQ(lowered.config.stop_signal, "SIGRTMIN+3");
    EXPECT_THAT(lower_it("FROM busybox\nSTOPSIGNAL SIGNOTHING\n"),
                FailsAt(ErrorCode::kInvalidInput, "SIGNOTHING", 2));
}

TEST_F(Config, HealthchecksAreWrittenAsGoPrintsThem) {
    lower_ok("FROM busybox\nHEALTHCHECK --interval=90s --timeout=500ms CMD [\"a\", \"b\"]\n");
    ASSERT_TRUE(lowered.config.healthcheck);
    EXPECT_THAT(lowered.config.healthcheck->test, ElementsAre("CMD", "a", "b"));
    EXPECT_EQ(history().back(),
              "- HEALTHCHECK {Test:[CMD a b] Interval:1m30s Timeout:500ms StartPeriod:0s "
              "StartInterval:0s Retries:0}");
    lower_ok("FROM busybox\nHEALTHCHECK NONE\n");
    EXPECT_THAT(lowered.config.healthcheck->test, ElementsAre("NONE"));
}

TEST_F(Config, AnEmptyVolumeIsRefused) {
    lower_ok("FROM busybox\nVOLUME /b /a\n");
    EXPECT_THAT(lowered.config.volumes, ElementsAre("/a", "/b"));
    EXPECT_THAT(lower_it("FROM busybox\nVOLUME /a $NONE\n"),
                FailsAt(ErrorCode::kInvalidInput, "VOLUME", 2));
}

TEST_F(Config, ARunOfNoWordsIsRefused) {
    EXPECT_THAT(lower_it("FROM busybox\nRUN []\n"),
                FailsAt(ErrorCode::kInvalidInput, "no words", 2));
}

TEST_F(Config, OnbuildIsKeptAsText) {
    lower_ok("FROM busybox\nONBUILD RUN echo $A\n");
    EXPECT_THAT(lowered.config.on_build, ElementsAre("RUN echo $A"));
    EXPECT_THAT(history(), IsEmpty());
}

using Workdir = LowerTest;

TEST_F(Workdir, MakesTheDirectoryAsTheCurrentUser) {
    lower_ok("FROM busybox\nUSER app:1\nWORKDIR a/b\nWORKDIR ../c\nRUN x\n");
    const pb::FileActionMkDir& first = vertex("WORKDIR a/b").op.file().actions(0).mkdir();
    EXPECT_EQ(first.path(), "/a/b");
    EXPECT_EQ(first.mode(), 0755);
    EXPECT_TRUE(first.makeparents());
    EXPECT_EQ(first.owner().user().byname().name(), "app");
    EXPECT_EQ(first.owner().user().byname().input(), 0);
    EXPECT_EQ(first.owner().group().byid(), 1U);
    EXPECT_EQ(vertex("RUN x").op.exec().meta().cwd(), "/a/c");
    EXPECT_THAT(history(), Contains("+ WORKDIR /a/c"));
}

TEST_F(Workdir, TheRootIsThereAlready) {
    lower_ok("FROM busybox\nWORKDIR /\nRUN x\n");
    EXPECT_THAT(names(), Not(Contains(HasSubstr("WORKDIR"))));
    EXPECT_EQ(history()[0], "- WORKDIR /");
}

using Copy = LowerTest;

TEST_F(Copy, TellsTheContextWhichPathsAreUsed) {
    request.ignore_patterns = {"*.o", "!keep.o"};
    lower_ok("FROM scratch\nCOPY b /x\nCOPY ./a/../c *.txt /y/\n");
    const auto& attrs = vertex("load build context").op.source().attrs();
    EXPECT_THAT(attrs, UnorderedElementsAre(Pair("local.followpaths", R"(["*.txt","b","c"])"),
                                            Pair("local.excludepatterns", R"(["*.o","!keep.o"])"),
                                            Pair("local.sharedkeyhint", "context")));
    lower_ok("FROM scratch\nCOPY b /x\nCOPY . /y/\n");
    EXPECT_FALSE(vertex("load build context").op.source().attrs().contains("local.followpaths"));
}

TEST_F(Copy, PathsOfStagesThatAreNotBuiltDoNotCount) {
    lower_ok("FROM scratch AS a\nCOPY never /\nFROM scratch\nCOPY b /\n");
    EXPECT_EQ(vertex("load build context").op.source().attrs().at("local.followpaths"), R"(["b"])");
}

TEST_F(Copy, WithoutAContextIsAnErrorOnlyWhereItIsUsed) {
    request.has_context = false;
    EXPECT_THAT(lower_it("FROM busybox\nRUN x\nCOPY a /\n"),
                FailsAt(ErrorCode::kInvalidInput, "no build context", 3));
    EXPECT_THAT(lower_it("FROM busybox\nRUN --mount=target=/c x\n"),
                FailsAt(ErrorCode::kInvalidInput, "no build context", 2));
    lower_ok(
        "FROM busybox\nRUN --mount=type=cache,target=/c x\nCOPY --from=busybox /a /\nCOPY <<E "
        "/e\nE\n");
    EXPECT_THAT(names(), Not(Contains(HasSubstr("load build context"))));
}

TEST_F(Copy, OptionsGoIntoTheAction) {
    lower_ok("FROM busybox\nWORKDIR /w\nCOPY --chown=app:0 --chmod=4755 --exclude=*.log a b* ./\n");
    const pb::FileOp& op = vertex("COPY").op.file();
    ASSERT_EQ(op.actions_size(), 2);
    const pb::FileActionCopy& copy = op.actions(1).copy();
    EXPECT_EQ(copy.src(), "/b*");
    EXPECT_EQ(copy.dest(), "/w/");
    EXPECT_EQ(copy.mode(), 04755);
    EXPECT_EQ(copy.owner().user().byname().name(), "app");
    EXPECT_EQ(copy.owner().group().byid(), 0U);
    EXPECT_THAT(copy.exclude_patterns(), ElementsAre("*.log"));
    EXPECT_TRUE(copy.followsymlink() && copy.dircopycontents() && copy.createdestpath() &&
                copy.allowwildcard() && copy.allowemptywildcard());
    EXPECT_FALSE(copy.attemptunpackdockercompatibility());
    EXPECT_EQ(copy.timestamp(), -1);
    EXPECT_EQ(history().back(), "+ COPY --chown=app:0 --chmod=4755 a b* ./ # buildkit");
}

TEST_F(Copy, ModesAreOctalOrSymbolic) {
    lower_ok("FROM busybox\nCOPY --chmod=u=rwX,go=rX a /\n");
    EXPECT_EQ(vertex("COPY").op.file().actions(0).copy().modestr(), "u=rwX,go=rX");
    lower_ok("FROM busybox\nCOPY a /\n");
    EXPECT_EQ(vertex("COPY").op.file().actions(0).copy().mode(), -1);
    for (const char* wrong : {"99", "10000", "u=z", "rwx", "u+r,"}) {
        EXPECT_THAT(lower_it(std::string("FROM busybox\nCOPY --chmod=") + wrong + " a /\n"),
                    FailsAt(ErrorCode::kInvalidInput, "--chmod", 2))
            << wrong;
    }
}

TEST_F(Copy, AddUnpacksArchivesUnlessToldNotTo) {
    lower_ok("FROM busybox\nADD a.tar /\nADD --unpack=false b.tar /\n");
    EXPECT_TRUE(vertex("ADD a").op.file().actions(0).copy().attemptunpackdockercompatibility());
    EXPECT_FALSE(
        vertex("ADD --unpack").op.file().actions(0).copy().attemptunpackdockercompatibility());
}

TEST_F(Copy, InlineFilesAreExpandedUnlessQuoted) {
    lower_ok("FROM busybox\nARG A=1\nCOPY <<one <<'two' /d/\n$A \"q\"\none\n$A\ntwo\n");
    std::vector<std::string> data;
    for (const llb::Vertex& vertex : graph.vertices()) {
        if (vertex.op.file().actions_size() > 0 && vertex.op.file().actions(0).has_mkfile()) {
            data.push_back(vertex.op.file().actions(0).mkfile().data());
        }
    }
    EXPECT_THAT(data, UnorderedElementsAre("1 \"q\"\n", "$A\n"));
    EXPECT_EQ(history().back(), "+ COPY <<one <<two /d/ # buildkit");
}

TEST_F(Copy, LinkLaysALayerOfItsOwnOverTheStage) {
    lower_ok("FROM busybox\nRUN x\nCOPY --link --chown=5 a /a\n");
    const llb::Vertex& merge = vertex("LINK COPY");
    ASSERT_TRUE(merge.op.has_merge());
    EXPECT_EQ(graph.find(merge.inputs[0].vertex)->name(), "[2/3] RUN x");
    const llb::Vertex& copy = *graph.find(merge.inputs[1].vertex);
    EXPECT_EQ(copy.op.file().actions(0).input(), -1);
    EXPECT_TRUE(copy.metadata.progress_group().weak());
    EXPECT_EQ(copy.metadata.progress_group().id(), merge.metadata.progress_group().id());
    EXPECT_THAT(lower_it("FROM busybox\nCOPY --link --chown=app a /\n"),
                FailsAt(ErrorCode::kInvalidInput, "--chown=app", 2));
}

TEST_F(Copy, ParentsKeepTheDirectoriesBehindThePivot) {
    lower_ok(
        "FROM busybox AS b\nFROM scratch\n"
        "COPY --from=b --parents a/b/ /x/y*/./z/** /q/./r/./s [e]/./f /o/\n");
    struct Wanted {
        std::string src;
        std::string include;
        std::vector<std::string> required;
    };
    const std::vector<Wanted> wanted = {{"/", "a/b", {"/a/b"}},
                                        {"/x/y*", "z/**", {}},
                                        {"/q", "r/s", {"/q/r/s"}},
                                        {"/[e]", "f", {}}};
    const pb::FileOp& op = vertex("COPY").op.file();
    ASSERT_EQ(op.actions_size(), static_cast<int>(wanted.size()));
    for (int i = 0; i < op.actions_size(); ++i) {
        const pb::FileActionCopy& copy = op.actions(i).copy();
        EXPECT_EQ(copy.src(), wanted[static_cast<std::size_t>(i)].src);
        EXPECT_THAT(copy.include_patterns(),
                    ElementsAre(wanted[static_cast<std::size_t>(i)].include));
        EXPECT_THAT(copy.required_paths(),
                    ::testing::ElementsAreArray(wanted[static_cast<std::size_t>(i)].required));
    }
    EXPECT_EQ(history().back(),
              "+ COPY --parents a/b/ /x/y*/./z/** /q/./r/./s [e]/./f /o/ # buildkit");
}

using RunStep = LowerTest;

TEST_F(RunStep, MountsHaveTheDefaultsOfTheirTypes) {
    lower_ok(
        "FROM busybox\nWORKDIR /w\n"
        "RUN --mount=target=ctx --mount=type=cache,target=/c/ --mount=type=tmpfs,target=/t,size=4k "
        "--mount=target=/rw,rw x\n");
    const pb::Mount& bind = mount("RUN", "/w/ctx");
    EXPECT_TRUE(bind.readonly());
    EXPECT_EQ(bind.output(), -1);
    const pb::Mount& cache = mount("RUN", "/c/");
    EXPECT_EQ(cache.mounttype(), pb::CACHE);
    EXPECT_EQ(cache.cacheopt().id(), "//c");
    EXPECT_EQ(cache.cacheopt().sharing(), pb::SHARED);
    EXPECT_EQ(cache.input(), -1);
    EXPECT_FALSE(cache.readonly());
    EXPECT_EQ(mount("RUN", "/t").tmpfsopt().size(), 4096);
    const pb::Mount& writable = mount("RUN", "/rw");
    EXPECT_FALSE(writable.readonly());
    EXPECT_EQ(writable.output(), -1);
}

TEST_F(RunStep, ACacheOwnedByAUserStartsFromADirectoryOfTheirs) {
    request.build_args = {{"BUILDKIT_CACHE_MOUNT_NS", "ns"}};
    lower_ok(
        "FROM busybox\nRUN --mount=type=cache,id=i,target=/c,uid=7,mode=0700,sharing=locked x\n");
    const pb::Mount& cache = mount("RUN", "/c");
    EXPECT_EQ(cache.cacheopt().id(), "ns/i");
    EXPECT_EQ(cache.cacheopt().sharing(), pb::LOCKED);
    EXPECT_EQ(cache.selector(), "/cache");
    const pb::FileActionMkDir& made =
        vertex("cache mount permissions").op.file().actions(0).mkdir();
    EXPECT_EQ(made.mode(), 0700);
    EXPECT_EQ(made.owner().user().byid(), 7U);
    EXPECT_EQ(made.owner().group().byid(), 0U);
}

TEST_F(RunStep, MountsFromStagesTakeAPartOfThem) {
    lower_ok(
        "FROM busybox AS a\nRUN x\nFROM busybox\nRUN --mount=from=a,source=/etc,target=/e y\n");
    const pb::Mount& bind = mount("RUN --mount", "/e");
    EXPECT_EQ(bind.selector(), "/etc");
    EXPECT_EQ(
        graph.find(vertex("RUN --mount").inputs[static_cast<std::size_t>(bind.input())].vertex)
            ->name(),
        "[a 2/2] RUN x");
    EXPECT_THAT(lower_it("FROM busybox\nRUN --mount=target=/ x\n"),
                FailsAt(ErrorCode::kInvalidInput, "'/'", 2));
}

TEST_F(RunStep, SecretsAreFilesOrVariablesAndOptionalUnlessRequired) {
    lower_ok(
        "FROM busybox\nRUN --mount=type=secret,id=dir/token "
        "--mount=type=secret,id=key,env=KEY,required "
        "--mount=type=secret,id=both,env=B,target=/b,mode=0440,uid=3 echo $KEY $B\n");
    const pb::ExecOp& exec = vertex("RUN").op.exec();
    const pb::Mount& file = mount("RUN", "/run/secrets/token");
    EXPECT_EQ(file.mounttype(), pb::SECRET);
    EXPECT_EQ(file.secretopt().id(), "dir/token");
    EXPECT_EQ(file.secretopt().mode(), 0400U);
    EXPECT_TRUE(file.secretopt().optional());
    EXPECT_EQ(mount("RUN", "/b").secretopt().uid(), 3U);
    ASSERT_EQ(exec.secretenv_size(), 2);
    EXPECT_EQ(exec.secretenv(0).name(), "KEY");
    EXPECT_FALSE(exec.secretenv(0).optional());
    EXPECT_THAT(vertex("RUN").name(), HasSubstr("echo **** ****"));
}

TEST_F(RunStep, NetworkIsTheStepsOrTheRequests) {
    lower_ok("FROM busybox\nRUN a\nRUN --network=none b\nRUN --network=host c\n");
    EXPECT_EQ(vertex("RUN a").op.exec().network(), pb::UNSET);
    EXPECT_EQ(vertex("none b").op.exec().network(), pb::NONE);
    EXPECT_EQ(vertex("host c").op.exec().network(), pb::HOST);
    request.network = "host";
    lower_ok("FROM busybox\nRUN a\nRUN --network=default d\n");
    EXPECT_EQ(vertex("RUN a").op.exec().network(), pb::HOST);
    EXPECT_EQ(vertex("default d").op.exec().network(), pb::HOST);
}

TEST_F(RunStep, AScriptWithItsOwnInterpreterBecomesAFile) {
    lower_ok("FROM busybox\nRUN <<PY\n#!/usr/bin/python3\nprint(1)\nPY\n");
    const pb::Mount& script = mount("RUN", "/dev/pipes/");
    EXPECT_TRUE(script.readonly());
    const pb::FileActionMkFile& file =
        vertex("preparing inline document").op.file().actions(0).mkfile();
    EXPECT_EQ(file.path(), "/PY");
    EXPECT_EQ(file.mode(), 0755);
    EXPECT_EQ(file.data(), "#!/usr/bin/python3\nprint(1)\n");
    EXPECT_THAT(vertex("RUN").op.exec().meta().args(),
                ElementsAre("/bin/sh", "-c", "/dev/pipes/PY"));
    EXPECT_EQ(vertex("RUN").name(), "[2/2] RUN <<PY (#!/usr/bin/python3...)");
}

TEST_F(RunStep, OtherScriptsAreGivenToTheShellUnchanged) {
    lower_ok("FROM busybox\nARG A=1\nRUN <<E\necho $A\nE\nRUN cat <<X\n$A\nX\n");
    EXPECT_THAT(vertex("RUN <<E").op.exec().meta().args(),
                ElementsAre("/bin/sh", "-c", "echo $A\n"));
    EXPECT_THAT(vertex("RUN cat").op.exec().meta().args(),
                ElementsAre("/bin/sh", "-c", "cat <<X\n$A\nX"));
}

TEST_F(RunStep, NamesShowVariablesFilledInAndQuotesAsWritten) {
    lower_ok("FROM busybox\nARG A=1\nrun echo \"$A\" '$A' \\$A $NONE\n");
    EXPECT_EQ(vertex("RUN").name(), "[2/2] RUN echo \"1\" '$A' \\$A $NONE");
    EXPECT_EQ(vertex("RUN").metadata.description().at("com.docker.dockerfile.v1.command"),
              "run echo \"$A\" '$A' \\$A $NONE");
}

TEST_F(RunStep, HistoryIsCommentedAndTimeless) {
    lower_ok("FROM scratch\nRUN x\n");
    ASSERT_EQ(lowered.config.history.size(), 1U);
    EXPECT_EQ(lowered.config.history[0].comment, "buildkit.dockerfile.v0");
    EXPECT_FALSE(lowered.config.history[0].created);
    EXPECT_FALSE(lowered.config.history[0].empty_layer);
}

TEST_F(RunStep, TheSandboxIsWhatIsMeantBySecuritySandbox) {
    lower_ok("FROM busybox\nRUN --security=sandbox x\n");
    EXPECT_EQ(vertex("RUN").op.exec().security(), pb::SANDBOX);
}

TEST_F(RunStep, SecurityAndDevicesGoIntoTheOperation) {
    lower_ok(
        "FROM busybox\nRUN --security=insecure --device=vendor.com/gpu=all,required "
        "--device=other.com/x y\n");
    const pb::ExecOp& op = vertex("RUN").op.exec();
    EXPECT_EQ(op.security(), pb::INSECURE);
    ASSERT_EQ(op.cdidevices_size(), 2);
    EXPECT_EQ(op.cdidevices(0).name(), "vendor.com/gpu=all");
    EXPECT_FALSE(op.cdidevices(0).optional());
    EXPECT_EQ(op.cdidevices(1).name(), "other.com/x");
    EXPECT_TRUE(op.cdidevices(1).optional());
}

TEST_F(RunStep, SshSocketsHaveAPlaceAndOneIsTheAgent) {
    lower_ok(
        "FROM busybox\nRUN --mount=type=ssh --mount=type=ssh,id=x,target=/s,required,uid=1,gid=2,"
        "mode=666 x\n");
    EXPECT_THAT(env("RUN"), ElementsAre("SSH_AUTH_SOCK=/run/buildkit/ssh_agent.0"));
    const pb::SSHOpt& first = mount("RUN", "/run/buildkit/ssh_agent.0").sshopt();
    EXPECT_EQ(first.id(), "");
    EXPECT_EQ(first.mode(), 0600U);
    EXPECT_TRUE(first.optional());
    const pb::SSHOpt& second = mount("RUN", "/s").sshopt();
    EXPECT_EQ(second.id(), "x");
    EXPECT_EQ(second.uid(), 1U);
    EXPECT_EQ(second.gid(), 2U);
    EXPECT_EQ(second.mode(), 0666U);
    EXPECT_FALSE(second.optional());
    lower_ok("FROM busybox\nENV SSH_AUTH_SOCK=/mine\nRUN --mount=type=ssh x\n");
    EXPECT_THAT(env("RUN"), ElementsAre("SSH_AUTH_SOCK=/mine"));
    EXPECT_THAT(lower_it("FROM busybox\nRUN --mount=type=ssh,source=/x y\n"),
                FailsAt(ErrorCode::kInvalidInput, "no 'source'", 2));
}

TEST_F(RunStep, TheHostnameIsABuildArgument) {
    request.build_args = {{"BUILDKIT_SANDBOX_HOSTNAME", "builder"}};
    lower_ok("FROM busybox\nRUN x\n");
    EXPECT_EQ(vertex("RUN").op.exec().meta().hostname(), "builder");
    EXPECT_THAT(env("RUN"), IsEmpty());
}

TEST(Syntax, OfThisLanguageIsServedInAnyVersion) {
    const auto check = [](const std::string& line, const std::string& argument = "") {
        std::map<std::string, std::string> args;
        if (!argument.empty()) args["BUILDKIT_SYNTAX"] = argument;
        return check_syntax(line + "\nFROM x\n", "Dockerfile", args);
    };
    for (const char* const ours :
         {"docker/dockerfile", "docker/dockerfile:1", "docker/dockerfile:1.20-labs",
          "docker.io/docker/dockerfile:1.4 flag", "docker/dockerfile-upstream:master",
          ("docker/dockerfile:1@sha256:"
           "b6afd42430b15f2d2a4c5a02b919e98a525b785b1aaff16747d2f623364e39b6")}) {
        EXPECT_THAT(check(std::string("# syntax = ") + ours), slipway::testing::IsOk()) << ours;
        EXPECT_THAT(check("# syntax=other/one", ours), slipway::testing::IsOk()) << ours;
    }
    EXPECT_THAT(check("# a comment\n# syntax=other/one"), slipway::testing::IsOk());
    EXPECT_THAT(check("# escape=`\n#syntax=other/one:2"),
                FailsAt(ErrorCode::kUnsupported, "syntax=other/one:2", 2));
    EXPECT_THAT(check("#!/bin/x\n# syntax=example.com/docker/dockerfile:1"),
                FailsAt(ErrorCode::kUnsupported, "example.com", 2));
    EXPECT_THAT(check("# syntax=docker/dockerfile:1", "other/one"),
                FailsWith(ErrorCode::kUnsupported, HasSubstr("BUILDKIT_SYNTAX=other/one")));
}

}  // namespace
}  // namespace slipway::frontend
