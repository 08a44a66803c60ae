#include "os/lock.h"

#include "os/child.h"
#include "os/temp.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace slipway::os {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using ::testing::HasSubstr;

class LockTest : public ::testing::Test {
  protected:
    void SetUp() override {
        auto temp = TempDir::create(::testing::TempDir(), "lock-test");
        ASSERT_THAT(temp, IsOk());
        temp_.emplace(std::move(*temp));
        path_ = temp_->path() + "/lock";
    }
    std::optional<TempDir> temp_;
    std::string path_;
};

TEST_F(LockTest, ExclusiveExcludesAndSharedShares) {
    {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const FileLock held,
                                     FileLock::acquire(path_, LockMode::kExclusive));
        EXPECT_FALSE(FileLock::try_acquire(path_, LockMode::kExclusive)->has_value());
        EXPECT_FALSE(FileLock::try_acquire(path_, LockMode::kShared)->has_value());
    }
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto first, FileLock::try_acquire(path_, LockMode::kShared));
    ASSERT_TRUE(first.has_value());
    EXPECT_TRUE(FileLock::try_acquire(path_, LockMode::kShared)->has_value());
    EXPECT_FALSE(FileLock::try_acquire(path_, LockMode::kExclusive)->has_value());
}

TEST_F(LockTest, WaitsForItsTurn) {
    for (const bool stoppable : {false, true}) {
        auto held = FileLock::acquire(path_, LockMode::kExclusive);
        ASSERT_THAT(held, IsOk());
        std::optional<FileLock> mine(std::move(*held));
        std::stop_source stop;
        std::atomic<bool> released = false;
        std::thread waiter([&] {
            const auto lock = FileLock::acquire(path_, LockMode::kExclusive,
                                                stoppable ? stop.get_token() : std::stop_token());
            EXPECT_THAT(lock, IsOk());
            EXPECT_TRUE(released);
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        released = true;
        mine.reset();
        waiter.join();
    }
}

TEST_F(LockTest, StopEndsTheWait) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const FileLock held,
                                 FileLock::acquire(path_, LockMode::kExclusive));
    std::stop_source stop;
    std::thread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        stop.request_stop();
    });
    EXPECT_THAT(FileLock::acquire(path_, LockMode::kShared, stop.get_token()),
                FailsWith(ErrorCode::kCancelled, HasSubstr(path_)));
    stopper.join();
}

TEST_F(LockTest, IsNotInheritedByPrograms) {
    std::optional<Child> child;
    {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const FileLock held,
                                     FileLock::acquire(path_, LockMode::kExclusive));
        SpawnOptions options;
        options.argv = {"sleep", "60"};
        auto spawned = Child::spawn(options);
        ASSERT_THAT(spawned, IsOk());
        child.emplace(std::move(*spawned));
    }
    EXPECT_TRUE(FileLock::try_acquire(path_, LockMode::kExclusive)->has_value());
}

TEST_F(LockTest, NamesTheFileItCannotMake) {
    EXPECT_THAT(FileLock::acquire("/no/such/folder/lock", LockMode::kShared),
                FailsWith(ErrorCode::kNotFound, HasSubstr("/no/such/folder/lock")));
}

}  // namespace
}  // namespace slipway::os
