#include "os/internal/cpu_quota.h"

#include "os/file.h"
#include "os/temp.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::os::internal {
namespace {

using slipway::testing::IsOk;
using ::testing::Eq;
using ::testing::Optional;

class CpuQuota : public ::testing::Test {
  protected:
    void SetUp() override {
        auto temp = TempDir::create(::testing::TempDir(), "cpu-test");
        ASSERT_THAT(temp, IsOk());
        temp_.emplace(std::move(*temp));
    }
    void put(const std::string& path, const std::string& text) {
        const std::string full = temp_->path() + "/" + path;
        ASSERT_THAT(make_dirs(full.substr(0, full.rfind('/'))), IsOk());
        ASSERT_THAT(write_file(full, text), IsOk());
    }
    std::optional<TempDir> temp_;
};

TEST_F(CpuQuota, OfVersionTwoRoundsUp) {
    put("a/b/cpu.max", "150000 100000\n");
    put("a/cpu.max", "max 100000\n");
    EXPECT_THAT(cpu_quota("0::/a/b\n", temp_->path()), Optional(2U));
}

TEST_F(CpuQuota, OfAParentCounts) {
    put("a/b/cpu.max", "800000 100000\n");
    put("a/cpu.max", "300000 100000\n");
    EXPECT_THAT(cpu_quota("0::/a/b\n", temp_->path()), Optional(3U));
}

TEST_F(CpuQuota, OfVersionOne) {
    put("cpu/docker/1/cpu.cfs_quota_us", "50000\n");
    put("cpu/docker/1/cpu.cfs_period_us", "100000\n");
    put("cpu/docker/cpu.cfs_quota_us", "-1\n");
    put("cpu/docker/cpu.cfs_period_us", "100000\n");
    EXPECT_THAT(cpu_quota("3:memory:/docker/1\n2:cpu:/docker/1\n0::/\n", temp_->path()),
                Optional(1U));
}

TEST_F(CpuQuota, OfVersionOneMountedTogether) {
    put("cpu,cpuacct/cpu.cfs_quota_us", "400000\n");
    put("cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    EXPECT_THAT(cpu_quota("2:cpu,cpuacct:/not/seen/from/inside\n", temp_->path()), Optional(4U));
}

TEST_F(CpuQuota, IsNothingWithoutLimits) {
    put("a/cpu.max", "max 100000\n");
    EXPECT_THAT(cpu_quota("0::/a\n", temp_->path()), Eq(std::nullopt));
    EXPECT_THAT(cpu_quota("", temp_->path()), Eq(std::nullopt));
    EXPECT_THAT(cpu_quota("rubbish\n1:cpu", temp_->path()), Eq(std::nullopt));
}

}  // namespace
}  // namespace slipway::os::internal
