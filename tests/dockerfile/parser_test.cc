// Each folder of data/ holds a Dockerfile and expected.json, its dump; each folder of data-invalid/
// a Dockerfile and expected.txt: the lines, the message and, when there is one, the hint.
// SLIPWAY_TEST_ACCEPT=1 writes the expected files anew; such a run counts as skipped.
#include "base/text.h"
#include "dockerfile/ast.h"
#include "dockerfile/dump.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace slipway::dockerfile {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    EXPECT_TRUE(in.is_open()) << path;
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::vector<std::string> cases(const std::string& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(std::string(SLIPWAY_TEST_DATA) + folder)) {
        names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::string case_name(const ::testing::TestParamInfo<std::string>& info) {
    std::string name = info.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

/// Skips the test when it was told to accept.
void expect_golden(const std::string& actual, const fs::path& file) {
    const char* accept = std::getenv("SLIPWAY_TEST_ACCEPT");
    if (accept != nullptr && std::string_view(accept) == "1") {
        std::ofstream(file, std::ios::binary) << actual;
        GTEST_SKIP() << file << " is written anew";
    }
    EXPECT_EQ(actual, read_file(file));
}

class Golden : public ::testing::TestWithParam<std::string> {};

TEST_P(Golden, ParsesAsExpected) {
    const fs::path folder = fs::path(SLIPWAY_TEST_DATA) / GetParam();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Dockerfile file,
                                 parse_dockerfile(read_file(folder / "Dockerfile"), "Dockerfile"));
    expect_golden(dump_json(testing::dump(file), 1) + "\n", folder / "expected.json");
}

INSTANTIATE_TEST_SUITE_P(Data, Golden, ::testing::ValuesIn(cases("")), case_name);

class Invalid : public ::testing::TestWithParam<std::string> {};

TEST_P(Invalid, IsRefusedAsExpected) {
    const fs::path folder = fs::path(SLIPWAY_TEST_DATA "-invalid") / GetParam();
    const auto file = parse_dockerfile(read_file(folder / "Dockerfile"), "Dockerfile");
    ASSERT_FALSE(file.has_value()) << "it was accepted";
    const Error& error = file.error();
    EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
    ASSERT_TRUE(error.where().has_value()) << error.to_string();
    std::string told = fmt::format("{}-{}: {}\n", error.where()->first_line,
                                   error.where()->last_line, error.to_string());
    if (error.hint()) told += "hint: " + *error.hint() + "\n";
    expect_golden(told, folder / "expected.txt");
}

INSTANTIATE_TEST_SUITE_P(Data, Invalid, ::testing::ValuesIn(cases("-invalid")), case_name);

}  // namespace
}  // namespace slipway::dockerfile
