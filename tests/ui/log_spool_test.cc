#include "ui/internal/log_spool.h"

#include "os/dir.h"
#include "os/file.h"
#include "os/temp.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace slipway::ui::internal {
namespace {

using slipway::testing::IsOk;
using ::testing::HasSubstr;

std::string replayed(const LogSpool& spool) {
    StringWriter text;
    EXPECT_THAT(spool.replay(text), IsOk());
    return text.text();
}

TEST(LogSpool, GivesBackWhatItGot) {
    LogSpool spool;
    EXPECT_TRUE(spool.empty());
    EXPECT_EQ(replayed(spool), "");
    spool.append("a");
    spool.append("b\n");
    EXPECT_FALSE(spool.empty());
    EXPECT_EQ(replayed(spool), "ab\n");
    spool.clear();
    EXPECT_TRUE(spool.empty());
}

TEST(LogSpool, KeepsLogsThatAreTooLargeForMemory) {
    LogSpool spool;
    std::string expected;
    for (int i = 0; expected.size() < 3 * LogSpool::kMemory; ++i) {
        const std::string line = "line " + std::to_string(i) + "\n";
        spool.append(line);
        expected += line;
    }
    EXPECT_EQ(replayed(spool), expected);
    spool.append("and more\n");
    EXPECT_EQ(replayed(spool), expected + "and more\n");
    spool.clear();
    EXPECT_EQ(replayed(spool), "");
}

TEST(LogSpool, SpillsWithoutLeavingAName) {
    const auto temp = os::TempDir::create(::testing::TempDir(), "spool-test");
    ASSERT_THAT(temp, IsOk());
    ASSERT_EQ(::setenv("TMPDIR", temp->path().c_str(), 1), 0);
    LogSpool spool;
    spool.append(std::string(2 * LogSpool::kMemory, 'x'));
    ::unsetenv("TMPDIR");
    EXPECT_EQ(replayed(spool).size(), 2 * LogSpool::kMemory);
    EXPECT_THAT(os::Dir::open(temp->path())->list(RelPath()),
                slipway::testing::IsOkAndHolds(::testing::IsEmpty()));
}

}  // namespace
}  // namespace slipway::ui::internal
