#include "engine/internal/layer_origins.h"

#include "llb/builder.h"
#include "support/result_matchers.h"

namespace slipway::engine {
namespace {

using ::testing::ElementsAre;

pb::FileAction copy_action() {
    pb::FileAction action;
    action.mutable_copy()->set_src("/a");
    action.mutable_copy()->set_dest("/b");
    return action;
}

class LayerOriginsTest : public ::testing::Test {
  protected:
    llb::Ref source(const std::string& identifier, std::map<std::string, std::string> attrs = {}) {
        return graph_.source({.identifier = identifier, .attrs = std::move(attrs)}, {});
    }
    llb::Ref copy(llb::Ref base, llb::Ref from, const std::string& name) {
        return graph_.file({.base = base, .steps = {{.action = copy_action(), .source = from}}},
                           llb::About().named(name));
    }
    std::vector<std::string> origins(llb::Ref result, std::size_t count) {
        const auto graph = llb::Graph::load(graph_.marshal(result));
        EXPECT_THAT(graph, testing::IsOk());
        return layer_origins(*graph, count);
    }
    llb::Builder graph_;
};

TEST_F(LayerOriginsTest, StandFromTheLowestLayerUp) {
    const auto local = source("local://tree");
    const auto first = copy(local, source("local://context"), "[1/2] COPY a /b");
    EXPECT_THAT(origins(copy(first, local, "[2/2] COPY c /d"), 3),
                ElementsAre("local source for tree", "[1/2] COPY a /b", "[2/2] COPY c /d"));
}

TEST_F(LayerOriginsTest, SourcesAreNamedWithoutCredentials) {
    EXPECT_THAT(origins(source("git://example.com/x.git#v1:sub",
                               {{"git.fullurl", "https://me:pw@example.com/x.git"}}),
                        1),
                ElementsAre("git snapshot for https://xxxxx:xxxxx@example.com/x.git#v1"));
    EXPECT_THAT(origins(source("git://example.com/x.git"), 1),
                ElementsAre("git snapshot for https://example.com/x.git#"));
    EXPECT_THAT(origins(source("https://token@example.com/f?a=b@c"), 1),
                ElementsAre("http url https://xxxxx@example.com/f?a=b@c"));
    EXPECT_THAT(origins(source("https://example.com/a@b"), 1),
                ElementsAre("http url https://example.com/a@b"));
}

TEST_F(LayerOriginsTest, AnImageHasAsManyLayersAsRemain) {
    const auto image = source("docker-image://docker.io/library/x:1");
    const std::string pulled = "pulled from docker.io/library/x:1";
    EXPECT_THAT(origins(copy(image, image, "COPY"), 3), ElementsAre(pulled, pulled, "COPY"));
}

TEST_F(LayerOriginsTest, OfAMergeTheLastInputIsHighest) {
    const auto base = source("local://tree");
    const auto linked = copy({}, source("local://context"), "COPY --link");
    EXPECT_THAT(origins(graph_.merge({base, linked}, {}), 2),
                ElementsAre("local source for tree", "COPY --link"));
}

TEST_F(LayerOriginsTest, WhatTheGraphDoesNotTellIsEmpty) {
    EXPECT_THAT(origins(copy({}, source("local://context"), "COPY"), 2), ElementsAre("", "COPY"));
    EXPECT_THAT(layer_origins(llb::Graph(), 1), ElementsAre(""));
}

}  // namespace
}  // namespace slipway::engine
