#include "engine/internal/emulation.h"

#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::engine {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;

/// As /proc/sys/fs/binfmt_misc shows what QEMU's packages register.
const std::string kArm64 =
    "enabled\ninterpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P\nflags: POCF\noffset 0\n"
    "magic 7f454c460201010000000000000000000200b700\n"
    "mask ffffffffffffff00fffffffffffffffffeffffff\n";
const std::string kS390x =
    "enabled\ninterpreter /usr/bin/qemu-s390x\nflags: OC\noffset 0\n"
    "magic 7f454c4602020100000000000000000000020016\n"
    "mask ffffffffffffff00fffffffffffffffffffeffff\n";
const std::string kScript =
    "enabled\ninterpreter /usr/bin/python3\nflags: F\noffset 0\nmagic a70d0d0a\n";

image::Platform platform(std::string_view text) {
    return image::Platform::parse(text).value();
}

TEST(Interpreter, TakesTheProgramsWhoseHeaderItsMagicMatches) {
    const auto arm64 = Interpreter::parse(kArm64);
    EXPECT_TRUE(arm64.enabled && arm64.kept_open);
    EXPECT_TRUE(arm64.takes(platform("linux/arm64")));
    EXPECT_FALSE(arm64.takes(platform("linux/amd64")));
    EXPECT_FALSE(arm64.takes(platform("linux/arm/v7")));
    EXPECT_FALSE(arm64.takes(platform("windows/arm64")));
    EXPECT_TRUE(Interpreter::parse(kS390x).takes(platform("linux/s390x")));
    EXPECT_FALSE(Interpreter::parse(kScript).takes(platform("linux/s390x")));
}

TEST(Interpreter, ThatIsDisabledOrNoEntryTakesNothing) {
    std::string disabled = kArm64;
    disabled.replace(0, 7, "disabled");
    EXPECT_FALSE(Interpreter::parse(disabled).takes(platform("linux/arm64")));
    EXPECT_FALSE(Interpreter::parse("").takes(platform("linux/arm64")));
    EXPECT_FALSE(Interpreter::parse("enabled\nmagic 7f4\n").takes(platform("linux/arm64")));
    EXPECT_FALSE(
        Interpreter::parse("enabled\noffset 999999\nmagic 7f\n").takes(platform("linux/arm64")));
}

TEST(CheckInterpreters, SaysWhatToInstall) {
    const std::vector<Interpreter> both = {Interpreter::parse(kArm64), Interpreter::parse(kS390x)};
    EXPECT_THAT(check_interpreters(platform("linux/arm64"), both), IsOk());
    EXPECT_THAT(check_interpreters(platform("linux/s390x"), both),
                FailsWith(ErrorCode::kResource, HasSubstr("without the flag F")));
    const auto riscv = check_interpreters(platform("linux/riscv64"), both);
    ASSERT_THAT(riscv, FailsWith(ErrorCode::kResource, HasSubstr("linux/riscv64")));
    EXPECT_THAT(riscv.error().hint().value_or(""), HasSubstr("qemu-riscv64"));
    EXPECT_THAT(check_interpreters(platform("windows/amd64"), both),
                FailsWith(ErrorCode::kResource, HasSubstr("windows/amd64")));
}

TEST(CheckRunnable, TheMachinesOwnPlatformNeedsNobody) {
    EXPECT_THAT(check_runnable(platform("linux/amd64"), platform("linux/amd64"), "/nowhere"),
                IsOk());
    EXPECT_THAT(check_runnable(platform("linux/arm/v6"), platform("linux/arm/v7"), "/nowhere"),
                IsOk());
}

}  // namespace
}  // namespace slipway::engine
