#include "base/json.h"
#include "sample_graph.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::llb {
namespace {

using ::testing::HasSubstr;

Graph sample() {
    Builder builder;
    FileStep step;
    pb::FileActionMkFile& file = *step.action.mutable_mkfile();
    file.set_path("/note");
    file.set_data("a \"note\"");
    file.mutable_owner()->mutable_user()->set_byid(7);
    const Ref image = sample_image(builder);
    auto graph = Graph::load(
        builder.marshal(builder.file({.base = image, .steps = {step}}, named("say \"hi\"\n"))));
    EXPECT_TRUE(graph.has_value());
    return graph ? *graph : Graph();
}

TEST(PrintJson, HasTheShapesOfTheReferenceView) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Json json, parse_json(to_json(sample())));
    EXPECT_EQ(json["version"], 1);
    ASSERT_EQ(json["vertices"].size(), 2U);
    const Json& image = json["vertices"][0];
    EXPECT_EQ(image["name"], "FROM busybox");
    EXPECT_EQ(image["op"]["Op"]["source"]["identifier"],
              "docker-image://docker.io/library/busybox:latest");
    EXPECT_EQ(image["op"]["platform"], (Json{{"Architecture", "amd64"}, {"OS", "linux"}}));
    EXPECT_EQ(image["op"]["constraints"], Json::object());
    const Json& action = json["vertices"][1]["op"]["Op"]["file"]["actions"][0];
    EXPECT_EQ(action["secondaryInput"], -1);
    EXPECT_FALSE(action.contains("input"));  // zero is left out
    EXPECT_EQ(action["Action"]["mkfile"]["data"], "YSAibm90ZSI=");
    EXPECT_EQ(action["Action"]["mkfile"]["owner"]["user"]["User"]["byId"], 7);
    EXPECT_EQ(json["output"]["vertex"], json["vertices"][1]["digest"]);
    EXPECT_TRUE(json["vertices"][1]["where"].is_null());
}

TEST(PrintJson, ScratchHasNoOutput) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Json json, parse_json(to_json(Graph())));
    EXPECT_TRUE(json["output"].is_null());
    EXPECT_EQ(json["vertices"], Json::array());
}

TEST(PrintDot, EscapesNamesAndDrawsEveryEdge) {
    const Graph graph = sample();
    const std::string dot = to_dot(graph);
    EXPECT_THAT(dot, HasSubstr(R"(label="say \"hi\"\n")"));
    EXPECT_THAT(dot, HasSubstr("\"" + graph.vertices()[0].digest.short_hex() + "\" -> \"" +
                               graph.vertices()[1].digest.short_hex() + "\";"));
    EXPECT_THAT(dot, HasSubstr("-> result;"));
}

}  // namespace
}  // namespace slipway::llb
