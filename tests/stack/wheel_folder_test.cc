#include "stack/wheel_folder.h"

#include "os/file.h"
#include "os/temp.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::stack {
namespace {

using ::slipway::testing::FailsWith;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(WheelName, IsTakenApart) {
    const auto wheel = WheelName::parse(
        "TensorRT.LLM-1.2.0rc2-1-cp310.cp312-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl");
    ASSERT_TRUE(wheel) << wheel.error().to_string();
    EXPECT_EQ(wheel->package, "tensorrt_llm");
    EXPECT_EQ(wheel->version, "1.2.0rc2");
    EXPECT_THAT(wheel->pythons, ElementsAre("cp310", "cp312"));
    EXPECT_THAT(wheel->abis, ElementsAre("abi3"));
    EXPECT_THAT(wheel->platforms, ElementsAre("manylinux_2_17_x86_64", "manylinux2014_x86_64"));
    for (const char* wrong : {"a.whl", "a-1-py3-none.whl", "a-1-py3-none-any", "a-1--none-any.whl",
                              "a-1-2-3-py3-none-any.whl"}) {
        EXPECT_THAT(WheelName::parse(wrong),
                    FailsWith(ErrorCode::kInvalidInput, HasSubstr("no name of a wheel")));
    }
}

class WheelFolder : public ::testing::Test {
  protected:
    void SetUp() override {
        auto made = os::TempDir::create("/tmp");
        ASSERT_TRUE(made);
        folder_.emplace(*std::move(made));
    }
    void put(const std::string& name, const std::string& text = "") {
        ASSERT_TRUE(os::write_file(folder_->path() + "/" + name, text));
    }
    [[nodiscard]] Result<void> check(const std::string& commit = "") const {
        return check_wheel_folder(
            folder_->path(),
            {.package = "tensorrt-llm", .machine = "x86_64", .python = "cp312", .commit = commit});
    }
    std::optional<os::TempDir> folder_;
};

TEST_F(WheelFolder, HasOneWheelOfThePackage) {
    EXPECT_THAT(check_wheel_folder("/nowhere", {.package = "p", .machine = "m"}),
                FailsWith(ErrorCode::kNotFound, HasSubstr("no folder '/nowhere'")));
    EXPECT_THAT(check(), FailsWith(ErrorCode::kNotFound, HasSubstr("no wheel at all")));
    put("other-1-py3-none-any.whl");
    EXPECT_THAT(check(), FailsWith(ErrorCode::kNotFound, HasSubstr("other-1-py3-none-any.whl")));
    put("tensorrt_llm-1-cp312-cp312-linux_x86_64.whl");
    EXPECT_TRUE(check());
    put("tensorrt_llm-2-cp312-cp312-linux_x86_64.whl");
    EXPECT_THAT(check(), FailsWith(ErrorCode::kInvalidInput, HasSubstr("has 2 wheels")));
}

TEST_F(WheelFolder, TheWheelIsForTheMachine) {
    put("tensorrt_llm-1-cp312-cp312-linux_aarch64.whl");
    EXPECT_THAT(check(), FailsWith(ErrorCode::kInvalidInput, AllOf(HasSubstr("for linux_aarch64"),
                                                                   HasSubstr("x86_64 is wanted"))));
}

TEST_F(WheelFolder, TheWheelIsForThePython) {
    put("tensorrt_llm-1-cp310-cp310-linux_x86_64.whl");
    EXPECT_THAT(check(), FailsWith(ErrorCode::kInvalidInput,
                                   AllOf(HasSubstr("Python cp310"), HasSubstr("cp312 is wanted"))));
}

TEST_F(WheelFolder, AStableInterfaceFitsNewerPythons) {
    put("tensorrt_llm-1-cp39-abi3-linux_x86_64.whl");
    EXPECT_TRUE(check());
}

TEST_F(WheelFolder, AStableInterfaceDoesNotFitOlderPythons) {
    put("tensorrt_llm-1-cp313-abi3-linux_x86_64.whl");
    EXPECT_THAT(check(), FailsWith(ErrorCode::kInvalidInput, HasSubstr("cp312 is wanted")));
}

TEST_F(WheelFolder, PurePythonFitsEverywhere) {
    put("tensorrt_llm-1-py3-none-any.whl");
    EXPECT_TRUE(check());
}

TEST_F(WheelFolder, TheCommitIsTheOneAskedFor) {
    put("tensorrt_llm-1-py3-none-any.whl");
    EXPECT_THAT(check("amd64_abc"),
                FailsWith(ErrorCode::kNotFound, HasSubstr("has no commit.txt")));
    put("commit.txt", "amd64_def\n");
    EXPECT_THAT(check("amd64_abc"),
                FailsWith(ErrorCode::kInvalidInput,
                          AllOf(HasSubstr("'amd64_def'"), HasSubstr("'amd64_abc' is wanted"))));
    put("commit.txt", "amd64_abc\n");
    EXPECT_TRUE(check("amd64_abc"));
}

}  // namespace
}  // namespace slipway::stack
