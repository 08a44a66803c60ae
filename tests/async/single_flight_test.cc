#include "async/single_flight.h"

#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace slipway::async {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOkAndHolds;
using ::testing::_;

using Flight = SingleFlight<std::string, int>;

/// Work that waits until it is released or stopped, and counts.
struct SlowWork {
    std::atomic<int> runs = 0;
    std::atomic<int> stopped = 0;
    std::latch started{1};
    std::atomic<bool> release = false;

    Result<int> operator()(std::stop_token stop) {
        if (runs++ == 0) started.count_down();
        while (!release) {
            if (stop.stop_requested()) {
                ++stopped;
                return Error(ErrorCode::kCancelled, "work was stopped");
            }
            std::this_thread::yield();
        }
        return 7;
    }
    Flight::Work work() {
        return [this](std::stop_token stop) { return (*this)(std::move(stop)); };
    }
};

TEST(SingleFlight, WorksOnceForEqualRequests) {
    Flight flights;
    SlowWork slow;
    std::atomic<int> sum = 0;
    std::vector<std::thread> callers;
    callers.emplace_back([&] { sum += flights.run("k", {}, slow.work()).value(); });
    slow.started.wait();
    std::atomic<int> asked = 0;
    for (int i = 0; i < 4; ++i) {
        callers.emplace_back([&] {
            ++asked;
            sum += flights.run("k", {}, [](std::stop_token) -> Result<int> { return 1; }).value();
        });
    }
    while (asked < 4) std::this_thread::yield();
    std::this_thread::sleep_for(
        std::chrono::milliseconds(50));  // all four are inside run() by then
    slow.release = true;
    for (auto& caller : callers) caller.join();
    EXPECT_EQ(slow.runs, 1);
    EXPECT_EQ(sum, 5 * 7);
}

TEST(SingleFlight, OtherKeysAndLaterRequestsWorkForThemselves) {
    Flight flights;
    int runs = 0;
    const Flight::Work count = [&](std::stop_token) -> Result<int> { return ++runs; };
    EXPECT_THAT(flights.run("a", {}, count), IsOkAndHolds(1));
    EXPECT_THAT(flights.run("b", {}, count), IsOkAndHolds(2));
    EXPECT_THAT(flights.run("a", {}, count), IsOkAndHolds(3));
}

TEST(SingleFlight, EveryCallerGetsTheError) {
    Flight flights;
    const Flight::Work fail = [](std::stop_token) -> Result<int> {
        return Error(ErrorCode::kCorrupt, "bad blob");
    };
    EXPECT_THAT(flights.run("a", {}, fail), FailsWith(ErrorCode::kCorrupt, "bad blob"));
}

TEST(SingleFlight, StopsWhenTheOnlyCallerLeaves) {
    Flight flights;
    SlowWork slow;
    std::stop_source stop;
    std::thread caller([&] {
        EXPECT_THAT(flights.run("k", stop.get_token(), slow.work()),
                    FailsWith(ErrorCode::kCancelled, _));
    });
    slow.started.wait();
    stop.request_stop();
    caller.join();
    EXPECT_EQ(slow.stopped, 1);
}

TEST(SingleFlight, GoesOnWhileOneStillWaits) {
    Flight flights;
    SlowWork slow;
    std::stop_source first_stop;
    std::stop_source second_stop;
    std::thread first([&] {
        EXPECT_THAT(flights.run("k", first_stop.get_token(), slow.work()),
                    FailsWith(ErrorCode::kCancelled, _));
    });
    slow.started.wait();
    std::atomic<bool> second_left = false;
    std::thread second([&] {
        EXPECT_THAT(flights.run("k", second_stop.get_token(), slow.work()),
                    FailsWith(ErrorCode::kCancelled, _));
        second_left = true;
    });
    std::thread third([&] { EXPECT_THAT(flights.run("k", {}, slow.work()), IsOkAndHolds(7)); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    first_stop.request_stop();
    second_stop.request_stop();
    while (!second_left) std::this_thread::yield();  // it leaves while the work goes on
    EXPECT_EQ(slow.stopped, 0);
    slow.release = true;
    first.join();
    second.join();
    third.join();
    EXPECT_EQ(slow.runs, 1);
}

TEST(SingleFlight, AStopReachesWorkInsideOfWork) {
    Flight flights;
    SlowWork slow;
    std::stop_source stop;
    std::thread caller([&] {
        EXPECT_THAT(flights.run("outer", stop.get_token(),
                                [&](std::stop_token inner) {
                                    return flights.run("inner", inner, slow.work());
                                }),
                    FailsWith(ErrorCode::kCancelled, _));
    });
    slow.started.wait();
    stop.request_stop();
    caller.join();
    EXPECT_EQ(slow.stopped, 1);
}

TEST(SingleFlight, WhoComesAfterAStopStartsAnew) {
    Flight flights;
    std::latch started(1);
    std::atomic<bool> may_end = false;
    std::stop_source stop;
    std::thread dying([&] {
        EXPECT_THAT(flights.run("k", stop.get_token(),
                                [&](std::stop_token) -> Result<int> {
                                    started.count_down();
                                    while (!may_end) std::this_thread::yield();
                                    return 1;
                                }),
                    FailsWith(ErrorCode::kCancelled, _));
    });
    started.wait();
    stop.request_stop();
    std::thread fresh([&] {
        EXPECT_THAT(
            flights.run("k", {},
                        [&](std::stop_token) -> Result<int> {
                            EXPECT_TRUE(may_end);  // never at the same time as the stopped work
                            return 2;
                        }),
            IsOkAndHolds(2));
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    may_end = true;
    dying.join();
    fresh.join();
}

}  // namespace
}  // namespace slipway::async
