#include "stack/flow.h"

#include "small_stack.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::stack {
namespace {

using ::slipway::testing::FailsWith;
using ::testing::HasSubstr;

constexpr const char* kFile =
    "FROM debian:12 AS base\n"
    "FROM scratch AS src\nADD https://example.com/x-${ARCH}.tar /\n"
    "FROM base AS unused\n"
    "FROM base AS app\n"
    "COPY --from=src /a /b /\n"
    "RUN --mount=type=bind,from=stack,source=scripts/${ARCH},target=/x /x\n"
    "COPY here there\n";

Variant variant_of(const char* stage) {
    Variant variant;
    variant.engine = "none";
    variant.target = "runtime";
    variant.stage = stage;
    variant.args = {{"ARCH", "amd64"}};
    return variant;
}

TEST(StackFlow, NamesWhatEachStageTakes) {
    const auto file = dockerfile::parse_dockerfile(kFile, "Dockerfile");
    ASSERT_TRUE(file);
    const auto found = flows(*file, variant_of("app"), {"stack"});
    ASSERT_TRUE(found) << found.error().to_string();
    std::string text;
    for (const StageFlow& flow : *found)
        for (const Taken& taken : flow.takes)
            text += flow.stage + " <- " + taken.from + ": " + taken.what + "\n";
    EXPECT_EQ(text,
              "base <- debian:12: everything\n"
              "src <- https://example.com/x-amd64.tar: \n"
              "app <- base: everything\n"
              "app <- src: /a /b\n"
              "app <- stack: mounted: scripts/amd64\n"
              "app <- the main context: here\n");
    EXPECT_THAT(to_dot({*found}), HasSubstr("\"src\" -> \"app\" [label=\"/a /b\"];"));
}

TEST(StackFlow, APictureLeavesOutWhatOnlyNames) {
    const auto file = dockerfile::parse_dockerfile(
        "FROM debian:12 AS lib_source\nRUN make\nFROM scratch AS none\nFROM none AS other\n"
        "FROM lib_source AS lib\nARG X\n"
        "FROM lib AS app\nCOPY --from=other / /\nCOPY --from=stack x /\n"
        "RUN --mount=from=lib,target=/m true\nFROM app AS image\n",
        "Dockerfile");
    ASSERT_TRUE(file);
    const auto found = flows(*file, variant_of("image"), {"stack"});
    ASSERT_TRUE(found);
    EXPECT_EQ(to_dot({*found}, "stack"),
              "digraph stack {\n  rankdir=LR;\n  node [fontname=sans];\n"
              "  \"app\" -> \"image\" [style=bold, label=\"\"];\n"
              "  \"app\" [shape=box];\n"
              "  \"debian:12\" -> \"lib_source\" [style=bold, label=\"\"];\n"
              "  \"image\" [shape=box];\n"
              "  \"lib_source\" -> \"app\" [label=\"mounted: /\"];\n"
              "  \"lib_source\" -> \"app\" [style=bold, label=\"\"];\n"
              "  \"lib_source\" [shape=box];\n}\n");
}

TEST(StackFlow, AStageMustBeThere) {
    const auto file = dockerfile::parse_dockerfile(kFile, "Dockerfile");
    ASSERT_TRUE(file);
    const auto failed = flows(*file, variant_of("ap"), {});
    EXPECT_THAT(failed, FailsWith(ErrorCode::kInvalidInput, HasSubstr("no stage 'ap'")));
    EXPECT_EQ(failed.error().hint(), "did you mean 'app'?");
}

TEST(StackFlow, ASourcePackageIsARemoteSource) {
    auto file =
        dockerfile::parse_dockerfile("FROM scratch AS a\nADD --unpack=true apt:ffmpeg /\n", "f");
    ASSERT_TRUE(file) << file.error().to_string();
    Variant variant;
    variant.stage = "a";
    const auto found = flows(*file, variant, {});
    ASSERT_TRUE(found) << found.error().to_string();
    ASSERT_EQ(found->front().takes.size(), 1U);
    EXPECT_EQ(found->front().takes[0].kind, Taken::Kind::kUrl);
    EXPECT_EQ(found->front().takes[0].from, "apt:ffmpeg");
}

}  // namespace
}  // namespace slipway::stack
