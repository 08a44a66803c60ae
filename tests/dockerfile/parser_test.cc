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

TEST(Parser, LimitsTheLengthOfALine) {
    const std::string longest = "FROM a\nRUN " + std::string(65531, 'x') + "\n";
    EXPECT_THAT(parse_dockerfile(longest, "Dockerfile"), IsOk());
    const auto longer =
        parse_dockerfile(longest.substr(0, longest.size() - 1) + "y\n", "Dockerfile");
    ASSERT_THAT(longer, FailsWith(ErrorCode::kInvalidInput, HasSubstr("longer than 65535 bytes")));
    EXPECT_EQ(longer.error().where(), (SourceRange{"Dockerfile", 2, 2}));
    const auto body =
        parse_dockerfile("FROM a\nRUN <<E\n" + std::string(65536, 'x') + "\nE\n", "Dockerfile");
    EXPECT_THAT(body, FailsWith(ErrorCode::kInvalidInput, HasSubstr("longer than 65535 bytes")));
}

TEST(Parser, JoinsAHundredThousandContinuationLines) {
    std::string text = "FROM a\nRUN x \\\n";
    for (int i = 0; i < 100'000; ++i) text += "  && y \\\n\\\n";
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Dockerfile file, parse_dockerfile(text, "Dockerfile"));
    EXPECT_EQ(file.stages[0].instructions[0].lines, (Lines{2, 200'002}));
}

TEST(Parser, ReadsTenThousandHeredocsOfOneInstruction) {
    std::string line = "COPY";
    std::string bodies;
    for (int i = 0; i < 10'000; ++i) {
        line += fmt::format(" \\\n<<f{}", i);
        bodies += fmt::format("{}\nf{}\n", i, i);
    }
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const Dockerfile file,
        parse_dockerfile("FROM a\n" + line + " /dir/\n" + bodies, "Dockerfile"));
    const auto& copy = std::get<Copy>(file.stages[0].instructions[0].body);
    ASSERT_EQ(copy.heredocs.size(), 10'000U);
    EXPECT_EQ(copy.heredocs[9'999].body, "9999\n");
}

TEST(Parser, RefusesAHeredocThatIsNamedManyTimes) {
    std::string line = "FROM a\nCOPY";
    std::string bodies;
    for (int i = 0; i < 10'000; ++i) {
        line += " <<E";
        bodies += "E\n";
    }
    bodies.erase(0, 2);  // the last one has a body, and all of them mean it
    for (int i = 0; i < 10'000; ++i)
        bodies += "a line of a hundred bytes or so, no more than that, but many of its kind\n";
    EXPECT_THAT(parse_dockerfile(line + " /dir/\n" + bodies + "E\n", "Dockerfile"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("hold more than 64 MiB")));
}

TEST(Parser, SurvivesDeepJson) {
    std::string text = "FROM a\nCMD ";
    for (int i = 0; i < 200; ++i) text += std::string(10'000, '[') + "\\\n";
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Dockerfile file, parse_dockerfile(text, "Dockerfile"));
    EXPECT_FALSE(std::get<Cmd>(file.stages[0].instructions[0].body).command.exec_form);
    text += std::string(65'000, ']') + "\n";
    EXPECT_THAT(parse_dockerfile(text, "Dockerfile"), IsOk());
}

TEST(Parser, KeepsTheWholeText) {
    const std::string text = "# c\nFROM a\n\n";
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Dockerfile file, parse_dockerfile(text, "some/Dockerfile"));
    EXPECT_EQ(file.text, text);
    EXPECT_EQ(file.file_name, "some/Dockerfile");
}

TEST(ParseInstruction, ReadsATriggerWithItsHeredocs) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const Dockerfile file,
        parse_dockerfile("FROM a\nONBUILD RUN cat <<-A <<B\n\ta\n\tA\nb\nB\n", "Dockerfile"));
    const auto& trigger = std::get<OnBuild>(file.stages[0].instructions[0].body).trigger;
    EXPECT_EQ(trigger, "RUN cat <<-A <<B\n\ta\nA\nb\nB");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Instruction run,
                                 parse_instruction(trigger, "Dockerfile", {2, 6}, '\\'));
    EXPECT_EQ(run.lines, (Lines{2, 6}));
    EXPECT_EQ(with_heredocs(std::get<dockerfile::Run>(run.body).command.shell,
                            std::get<dockerfile::Run>(run.body).heredocs),
              trigger.substr(4));
    EXPECT_EQ(std::get<dockerfile::Run>(run.body).heredocs[0].body, "a\n");
}

TEST(ParseInstruction, UsesTheEscapeCharacterItIsGiven) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Instruction run,
                                 parse_instruction("RUN a `\n  b", "Dockerfile", {}, '`'));
    EXPECT_EQ(std::get<dockerfile::Run>(run.body).command.shell, "a   b");
}

TEST(ParseInstruction, PlacesErrorsWhereTheTriggerStands) {
    const auto placed = parse_instruction("COPY a", "Dockerfile", {7, 9}, '\\');
    ASSERT_THAT(placed, FailsWith(ErrorCode::kInvalidInput, HasSubstr("COPY needs")));
    EXPECT_EQ(placed.error().where(), (SourceRange{"Dockerfile", 7, 9}));
    const auto unfinished = parse_instruction("RUN <<E", "Dockerfile", {7, 9}, '\\');
    ASSERT_THAT(unfinished, FailsWith(ErrorCode::kInvalidInput, HasSubstr("'E' has no end")));
    EXPECT_EQ(unfinished.error().where(), (SourceRange{"Dockerfile", 7, 9}));
    const auto of_an_image = parse_instruction("COPPY a", "", {}, '\\');
    ASSERT_THAT(of_an_image, FailsWith(ErrorCode::kInvalidInput, HasSubstr("unknown instruction")));
    EXPECT_EQ(of_an_image.error().where(), std::nullopt);
    EXPECT_EQ(of_an_image.error().hint(), "did you mean 'COPY'?");
}

TEST(ParseInstruction, WantsExactlyOne) {
    EXPECT_THAT(parse_instruction("", "Dockerfile", {1, 1}, '\\'),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("no instruction")));
    EXPECT_THAT(parse_instruction("# RUN a", "Dockerfile", {1, 1}, '\\'),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("no instruction")));
    EXPECT_THAT(parse_instruction("RUN a\nRUN b", "Dockerfile", {1, 1}, '\\'),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("more than one")));
}

}  // namespace
}  // namespace slipway::dockerfile
