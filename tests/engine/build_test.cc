// Dockerfiles without RUN, from the text to the snapshot, on a store of their own.
#include "engine/build.h"

#include "dockerfile/ast.h"
#include "engine/prune.h"
#include "frontend/dockerfile_frontend.h"
#include "os/file.h"
#include "os/system.h"
#include "os/temp.h"
#include "support/recording_sink.h"
#include "support/result_matchers.h"

namespace slipway::engine {
namespace {

using progress::Reason;
using ::testing::Contains;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;

class NoImages final : public frontend::ImageResolver {
  public:
    Result<frontend::ResolvedImage> resolve(const std::string& ref, const image::Platform&,
                                            frontend::ResolveMode) override {
        return make_error(ErrorCode::kNotFound, "no image '{}' in this test", ref);
    }
};

class BuildTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!os::is_root()) GTEST_SKIP() << "needs root: layers keep owners";
        auto dir = os::TempDir::create("/tmp", "engine");
        ASSERT_THAT(dir, IsOk());
        dir_.emplace(*std::move(dir));
        ASSERT_THAT(os::make_dirs(dir_->path() + "/context"), IsOk());
        open(os::LockMode::kShared);
    }

    void open(os::LockMode mode) {
        workspace_.reset();
        auto workspace = Workspace::open(dir_->path() + "/store", mode);
        ASSERT_THAT(workspace, IsOk());
        workspace_ = *std::move(workspace);
    }

    void write(const std::string& name, std::string_view text) {
        ASSERT_THAT(os::write_file(dir_->path() + "/context/" + name, text), IsOk());
    }

    static Result<llb::Graph> graph_of(std::string_view text, const std::string& target = "") {
        SLIPWAY_ASSIGN(const auto file, dockerfile::parse_dockerfile(text, "Dockerfile"));
        NoImages images;
        frontend::Request request;
        request.target = target;
        request.platform = this_platform();
        request.build_platform = request.platform;
        SLIPWAY_ASSIGN(const auto lowered, frontend::lower(file, request, images));
        return llb::Graph::load(lowered.definition);
    }

    static image::Platform this_platform() {
        return {.os = "linux", .architecture = os::machine_architecture(), .variant = ""};
    }

    [[nodiscard]] BuildOptions options(solver::Mode mode = solver::Mode::kBuild) const {
        BuildOptions options;
        options.platform = this_platform();
        options.contexts["context"] = dir_->path() + "/context";
        options.mode = mode;
        return options;
    }

    Result<Built> build(std::string_view text, solver::Mode mode = solver::Mode::kBuild) {
        SLIPWAY_ASSIGN(const auto graph, graph_of(text));
        progress::NullSink sink;
        return engine::build(graph, options(mode), *workspace_, sink, {});
    }

    /// The reason of the step whose name contains `name`.
    static std::optional<Reason> reason(const Result<Built>& built, std::string_view name) {
        for (const auto& report : built->reports) {
            if (report.name.find(name) != std::string::npos) return report.reason;
        }
        return std::nullopt;
    }

    Result<std::optional<std::string>> read(const snapshot::Snapshot& snapshot,
                                            std::string_view path) {
        SLIPWAY_ASSIGN(const auto view, workspace_->layers().view(snapshot));
        return view.read_small_file(path, 1000);
    }

    std::optional<os::TempDir> dir_;
    std::unique_ptr<Workspace> workspace_;
};

constexpr std::string_view kTwoStages =
    "FROM scratch AS first\nCOPY a /a\nCOPY b /b\n"
    "FROM scratch\nCOPY --from=first /a /only-a\n";

TEST_F(BuildTest, CopiesWhatTheDockerfileSays) {
    write("a", "1");
    write("b", "2");
    const auto built = build(kTwoStages);
    ASSERT_THAT(built, IsOk());
    EXPECT_THAT(read(built->snapshot, "only-a"), IsOkAndHolds(std::optional<std::string>("1")));
    EXPECT_THAT(read(built->snapshot, "b"), IsOkAndHolds(std::optional<std::string>()));
}

TEST_F(BuildTest, RunsNothingTheSecondTime) {
    write("a", "1");
    write("b", "2");
    const auto first = build(kTwoStages);
    ASSERT_THAT(first, IsOk());
    write("a", "1");  // another inode and time, the same content
    const auto second = build(kTwoStages);
    ASSERT_THAT(second, IsOk());
    EXPECT_EQ(second->snapshot, first->snapshot);
    EXPECT_EQ(reason(second, "/only-a"), Reason::kHitLocal);
}

TEST_F(BuildTest, StopsWhereTheContentIsTheSameAgain) {
    write("a", "1");
    write("b", "2");
    ASSERT_THAT(build(kTwoStages), IsOk());
    write("b", "3");
    const auto built = build(kTwoStages);
    ASSERT_THAT(built, IsOk());
    EXPECT_EQ(reason(built, "COPY b /b"), Reason::kMissInputs);
    EXPECT_EQ(reason(built, "/only-a"), Reason::kHitContent);
}

TEST_F(BuildTest, NamesTheFileThatChanged) {
    write("a", "1");
    write("b", "2");
    ASSERT_THAT(build(kTwoStages), IsOk());
    write("a", "9");
    const auto built = build(kTwoStages);
    ASSERT_THAT(built, IsOk());
    EXPECT_THAT(built->reports,
                Contains(::testing::Field(&solver::StepReport::detail, HasSubstr("context file"))));
}

TEST_F(BuildTest, SeveralGraphsShareTheirSteps) {
    write("a", "1");
    constexpr std::string_view kText =
        "FROM scratch AS base\nCOPY a /a\n"
        "FROM base AS left\nCOPY a /left\nFROM base AS right\nCOPY a /right\n"
        "FROM scratch AS nothing\n";
    std::vector<llb::Graph> graphs;
    for (const auto* target : {"left", "nothing", "right"}) {
        auto graph = graph_of(kText, target);
        ASSERT_THAT(graph, IsOk());
        graphs.push_back(*std::move(graph));
    }
    progress::NullSink sink;
    const auto built = engine::build_all(graphs, options(), *workspace_, sink, {});
    ASSERT_THAT(built, IsOk());
    ASSERT_EQ(built->snapshots.size(), 3U);
    EXPECT_THAT(read(built->snapshots[0], "left"), IsOkAndHolds(std::optional<std::string>("1")));
    EXPECT_THAT(read(built->snapshots[0], "right"), IsOkAndHolds(std::optional<std::string>()));
    EXPECT_TRUE(built->snapshots[1].empty());
    EXPECT_THAT(read(built->snapshots[2], "right"), IsOkAndHolds(std::optional<std::string>("1")));
    int shared = 0;
    for (const auto& report : built->reports)
        shared += report.name.find("COPY a /a") != std::string::npos ? 1 : 0;
    EXPECT_EQ(shared, 1);
}

TEST_F(BuildTest, DryRunMakesNothing) {
    write("a", "1");
    write("b", "2");
    const auto planned = build(kTwoStages, solver::Mode::kDryRun);
    ASSERT_THAT(planned, IsOk());
    EXPECT_TRUE(planned->snapshot.empty());
    EXPECT_THAT(workspace_->layers().list(), IsOkAndHolds(::testing::IsEmpty()));
}

TEST_F(BuildTest, RefusesSourcesThatAreNotThere) {
    EXPECT_THAT(build("FROM scratch\nCOPY missing /x\n"),
                FailsWith(ErrorCode::kNotFound, HasSubstr("missing")));
}

TEST_F(BuildTest, RefusesWhatItCannotDoBeforeAnythingRuns) {
    pb::Op op;
    op.mutable_source()->set_identifier("odd://example.com/repository");
    const std::string bytes = llb::marshal_deterministic(op);
    pb::Op last;
    last.add_inputs()->set_digest(Digest::of(bytes).to_string());
    pb::Definition definition;
    definition.add_def(bytes);
    definition.add_def(llb::marshal_deterministic(last));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto graph, llb::Graph::load(definition));
    testing::RecordingSink sink;
    EXPECT_THAT(engine::build(graph, {}, *workspace_, sink, {}),
                FailsWith(ErrorCode::kUnsupported, HasSubstr("'odd'")));
    EXPECT_TRUE(sink.events().empty());
}

TEST_F(BuildTest, PruneRemovesWhatNoImageNames) {
    write("a", "1");
    write("b", "2");
    const auto built = build(kTwoStages);
    ASSERT_THAT(built, IsOk());
    open(os::LockMode::kExclusive);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto counted, prune(*workspace_, {.dry_run = true}, {}));
    EXPECT_EQ(counted.layers, 3U);
    EXPECT_TRUE(workspace_->layers().has_all(built->snapshot)) << "a dry run removes nothing";
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto pruned, prune(*workspace_, {}, {}));
    EXPECT_EQ(pruned.layers, 3U);
    EXPECT_FALSE(workspace_->layers().has_all(built->snapshot));
    EXPECT_EQ(reason(build(kTwoStages), "/only-a"), Reason::kMissFirst)
        << "no record is left either";
}

}  // namespace
}  // namespace slipway::engine
