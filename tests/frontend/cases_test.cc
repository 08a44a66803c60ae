// Each folder in data/ is a case: a Dockerfile, perhaps a request.json, and the graph and config
// that come out of it. SLIPWAY_TEST_ACCEPT=1 writes what comes out instead of comparing it.
#include "base/json.h"
#include "fake_images.h"
#include "llb/graph.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace slipway::frontend {
namespace {

const std::string kData = SLIPWAY_TEST_DATA;

std::vector<std::string> case_names() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(kData)) {
        if (entry.is_directory()) names.push_back(entry.path().filename());
    }
    std::ranges::sort(names);
    return names;
}

class FrontendCase : public ::testing::TestWithParam<std::string> {};

TEST_P(FrontendCase, MakesTheExpectedGraphAndConfig) {
    const std::string folder = kData + "/" + GetParam();
    FakeImages images = FakeImages::load(kData + "/images.json");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Lowered lowered,
                                 lower_text(read_test_file(folder + "/Dockerfile"),
                                            load_request(folder + "/request.json"), images));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const llb::Graph graph, llb::Graph::load(lowered.definition));
    const Json made = {{"graph", Json::parse(llb::to_json(graph))},
                       {"config", Json::parse(lowered.config.dump())},
                       {"asked", images.asked()}};
    const std::string text = dump_json(made, 1) + "\n";
    const std::string expected = folder + "/expected.json";
    if (std::getenv("SLIPWAY_TEST_ACCEPT") != nullptr) {
        std::ofstream(expected) << text;
        GTEST_SKIP() << "wrote " << expected;
    }
    EXPECT_EQ(text, read_test_file(expected));
}

INSTANTIATE_TEST_SUITE_P(Data, FrontendCase, ::testing::ValuesIn(case_names()),
                         [](const auto& param) { return param.param; });

}  // namespace
}  // namespace slipway::frontend
