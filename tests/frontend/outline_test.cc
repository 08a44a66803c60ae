// What a build can be given, as --call=outline tells it.
#include "lint_case.h"
#include "support/result_matchers.h"

namespace slipway::frontend {
namespace {

using slipway::testing::FailsWith;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OutlineTest : public LowerTest {
  protected:
    Result<Outline> outline_it(const std::string& text) {
        SLIPWAY_ASSIGN(const auto file, dockerfile::parse_dockerfile(text, "Dockerfile"));
        return outline(file, request, images);
    }
    /// "name=value:line" each.
    std::vector<std::string> args_of(const std::string& text) {
        const auto made = outline_it(text);
        if (!made) return {"error: " + made.error().to_string()};
        std::vector<std::string> args;
        for (const auto& arg : made->args)
            args.push_back(fmt::format("{}={}:{}", arg.name, arg.value, arg.lines.first));
        return args;
    }
};

TEST_F(OutlineTest, ListsTheArgsOfTheTarget) {
    EXPECT_THAT(args_of("FROM busybox\nARG A=1\nARG B\nENV X=$A\nARG C=$A-$X D=4\n"),
                ElementsAre("A=1:2", "B=:3", "C=1-1:5", "D=4:5"));
}

TEST_F(OutlineTest, ListsTheArgsOfAllThatTheTargetNeeds) {
    EXPECT_THAT(args_of("FROM busybox AS base\nARG A=1\nFROM busybox AS tools\nARG B=2\n"
                        "FROM busybox AS other\nARG C=3\nFROM base\nCOPY --from=tools /b /b\n"
                        "RUN --mount=type=bind,from=base,target=/c x\nARG D=4\n"),
                ElementsAre("A=1:2", "B=2:4", "D=4:10"));
    request.target = "other";
    EXPECT_THAT(args_of("FROM busybox AS base\nARG A=1\nFROM busybox AS other\nARG C=3\n"),
                ElementsAre("C=3:4"));
}

TEST_F(OutlineTest, ListsGlobalArgsThatAreUsed) {
    EXPECT_THAT(args_of("ARG IMAGE=busy\nARG BASE=${IMAGE}box\nARG UNUSED=1\nARG GIVEN=2\n"
                        "FROM $BASE\nARG GIVEN\n"),
                ElementsAre("IMAGE=busy:1", "BASE=busybox:2", "GIVEN=2:4"));
}

TEST_F(OutlineTest, HasTheValuesOfTheRequest) {
    request.build_args = {{"A", "given"}, {"B", "too"}, {"UNKNOWN", "x"}};
    EXPECT_THAT(args_of("ARG B=1\nFROM busybox\nARG A=1\nARG B\n"),
                ElementsAre("A=given:3", "B=too:4"));
}

TEST_F(OutlineTest, LeavesOutPlatformArgsThatAreOnlyDeclared) {
    EXPECT_THAT(args_of("FROM busybox\nARG TARGETARCH\nARG TARGETOS=none\n"),
                ElementsAre("TARGETOS=none:3"));
}

TEST_F(OutlineTest, TakesTheLastDeclarationOfAName) {
    EXPECT_THAT(args_of("FROM busybox\nARG A=1\nARG A=2\n"), ElementsAre("A=2:3"));
}

TEST_F(OutlineTest, TakesDescriptionsFromComments) {
    const auto made = outline_it(
        "# BASE is what it is built on\nARG BASE=busybox\n# app is the server\nFROM $BASE AS App\n"
        "# of no use\n# JOBS at once\n# JOBS again\nARG JOBS=8\n# nothing about it\nARG X\n");
    ASSERT_TRUE(made) << made.error().to_string();
    EXPECT_EQ(made->name, "app");
    EXPECT_EQ(made->description, "is the server");
    ASSERT_EQ(made->args.size(), 3U);
    EXPECT_EQ(made->args[0].description, "is what it is built on");
    EXPECT_EQ(made->args[1].description, "at once");
    EXPECT_EQ(made->args[2].description, "");
}

TEST_F(OutlineTest, ListsSecrets) {
    const auto made = outline_it(
        "FROM busybox AS a\nRUN --mount=type=secret,id=one,required=true x\n"
        "FROM busybox\nARG N=two\nRUN --mount=type=secret,id=$N "
        "--mount=type=secret,target=/x/three y\n"
        "RUN --mount=type=secret,id=one --mount=type=bind,from=a,target=/a z\n");
    ASSERT_TRUE(made) << made.error().to_string();
    std::vector<std::string> secrets;
    for (const auto& asked : made->secrets)
        secrets.push_back(fmt::format("{}:{}{}", asked.name, asked.lines.first,
                                      asked.required ? " required" : ""));
    EXPECT_THAT(secrets, ElementsAre("three:5", "two:5", "one:6"));
    EXPECT_THAT(made->agents, IsEmpty());
}

TEST_F(OutlineTest, FailsAsTheBuildWould) {
    request.target = "missing";
    EXPECT_THAT(outline_it("FROM busybox\n"),
                FailsWith(ErrorCode::kNotFound, HasSubstr("missing")));
}

}  // namespace
}  // namespace slipway::frontend
