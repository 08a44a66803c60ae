#include "cli/command.h"

#include <gtest/gtest.h>

namespace slipway::cli {
namespace {

TEST(ExitCode, TellsScriptsWhatToDo) {
    const auto code = [](ErrorCode error) { return exit_code_of(Error(error, "x")); };
    EXPECT_EQ(code(ErrorCode::kStepFailed), 1);
    EXPECT_EQ(code(ErrorCode::kUsage), 2);
    EXPECT_EQ(code(ErrorCode::kInvalidInput), 3);
    EXPECT_EQ(code(ErrorCode::kUnsupported), 3);
    EXPECT_EQ(code(ErrorCode::kUnavailable), 4);
    EXPECT_EQ(code(ErrorCode::kDenied), 4);
    EXPECT_EQ(code(ErrorCode::kResource), 5);
    EXPECT_EQ(code(ErrorCode::kInternal), 70);
    EXPECT_EQ(code(ErrorCode::kCancelled), 130);
}

}  // namespace
}  // namespace slipway::cli
