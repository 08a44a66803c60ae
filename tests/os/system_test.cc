#include "os/system.h"

#include "os/file.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <thread>

namespace slipway::os {
namespace {

using slipway::testing::IsOkAndHolds;
using ::testing::Eq;

TEST(System, CountsUsableProcessors) {
    EXPECT_GE(cpu_count(), 1U);
    EXPECT_LE(cpu_count(), static_cast<unsigned>(::sysconf(_SC_NPROCESSORS_ONLN)));
}

TEST(System, BootIdIsAUuid) {
    EXPECT_THAT(boot_id(), IsOkAndHolds(::testing::SizeIs(36)));
}

TEST(System, ReadsTheEnvironment) {
    ASSERT_EQ(::setenv("SLIPWAY_SYSTEM_TEST", "", 1), 0);
    EXPECT_THAT(get_env("SLIPWAY_SYSTEM_TEST"), ::testing::Optional(std::string()));
    ASSERT_EQ(::unsetenv("SLIPWAY_SYSTEM_TEST"), 0);
    EXPECT_THAT(get_env("SLIPWAY_SYSTEM_TEST"), Eq(std::nullopt));
}

TEST(System, NamesTheMachineInOciWords) {
    EXPECT_THAT(machine_architecture(),
                ::testing::Not(::testing::AnyOf("x86_64", "aarch64", "unknown", "")));
}

TEST(System, AFileIsNoTerminal) {
    const auto file = open_read("/dev/null");
    ASSERT_TRUE(file.has_value());
    EXPECT_FALSE(terminal_size(file->get()).has_value());
}

TEST(System, ClockIsAfterTheYear2020) {
    EXPECT_GT(now_unix_nanoseconds(), std::int64_t{1'577'836'800} * 1'000'000'000);
}

}  // namespace
}  // namespace slipway::os
