#include "async/thread_pool.h"

#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <vector>

namespace slipway::async {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using ::testing::HasSubstr;

TEST(ThreadPool, RunsWhatWasPostedBeforeItEnds) {
    std::atomic<int> ran = 0;
    {
        ThreadPool pool(2);
        EXPECT_EQ(pool.size(), 2U);
        for (int i = 0; i < 100; ++i) pool.post([&] { ++ran; });
    }
    EXPECT_EQ(ran, 100);
}

TEST(ThreadPool, RunsInTheOrderGiven) {
    std::vector<int> order;
    {
        ThreadPool pool(1);
        for (int i = 0; i < 100; ++i) pool.post([&order, i] { order.push_back(i); });
    }
    EXPECT_EQ(order.size(), 100U);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(ThreadPool, SubmitGivesTheResult) {
    ThreadPool pool(2);
    auto good = pool.submit([]() -> Result<int> { return 42; });
    auto bad = pool.submit([]() -> Result<int> { return Error(ErrorCode::kCorrupt, "no"); });
    EXPECT_THAT(good.get(), slipway::testing::IsOkAndHolds(42));
    EXPECT_THAT(bad.get(), FailsWith(ErrorCode::kCorrupt, "no"));
}

TEST(ThreadPool, RunsTasksAtTheSameTime) {
    ThreadPool pool(2);
    std::latch both(2);
    for (int i = 0; i < 2; ++i) pool.post([&] { both.arrive_and_wait(); });
    both.wait();
}

TEST(ParallelFor, VisitsEachIndexOnce) {
    ThreadPool pool(3);
    std::vector<std::atomic<int>> visits(10'000);
    ASSERT_THAT(parallel_for(pool, visits.size(),
                             [&](std::size_t i) -> Result<void> {
                                 ++visits[i];
                                 return {};
                             }),
                IsOk());
    for (const auto& count : visits) ASSERT_EQ(count, 1);
}

TEST(ParallelFor, OfNothingIsFine) {
    ThreadPool pool(1);
    EXPECT_THAT(parallel_for(pool, 0,
                             [](std::size_t) -> Result<void> {
                                 return Error(ErrorCode::kInternal, "never");
                             }),
                IsOk());
}

TEST(ParallelFor, StopsAtTheFirstErrorAndReturnsIt) {
    ThreadPool pool(1);
    std::atomic<int> calls = 0;
    const auto result = parallel_for(pool, 1'000'000, [&](std::size_t i) -> Result<void> {
        ++calls;
        if (i == 10) return Error(ErrorCode::kCorrupt, "number ten");
        return {};
    });
    EXPECT_THAT(result, FailsWith(ErrorCode::kCorrupt, HasSubstr("number ten")));
    EXPECT_LT(calls, 1'000'000);
}

TEST(ParallelFor, MayBeNestedInTasksOfTheSamePool) {
    ThreadPool pool(2);
    std::atomic<int> leaves = 0;
    // More outer tasks than threads, each of which needs the pool that it keeps busy.
    ASSERT_THAT(parallel_for(pool, 8,
                             [&](std::size_t) {
                                 return parallel_for(pool, 8, [&](std::size_t) {
                                     return parallel_for(pool, 8, [&](std::size_t) -> Result<void> {
                                         ++leaves;
                                         return {};
                                     });
                                 });
                             }),
                IsOk());
    EXPECT_EQ(leaves, 8 * 8 * 8);
}

TEST(ParallelFor, FromASubmittedTaskOfAPoolOfOne) {
    ThreadPool pool(1);
    auto done = pool.submit(
        [&] { return parallel_for(pool, 100, [](std::size_t) -> Result<void> { return {}; }); });
    EXPECT_THAT(done.get(), IsOk());
}

}  // namespace
}  // namespace slipway::async
