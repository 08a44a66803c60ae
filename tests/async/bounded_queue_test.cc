#include "async/bounded_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace slipway::async {
namespace {

TEST(BoundedQueue, HandsOverInOrder) {
    BoundedQueue<int> queue(2);
    std::vector<int> got;
    std::thread consumer([&] {
        while (const auto item = queue.pop()) got.push_back(*item);
    });
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(queue.push(i));
    queue.close();
    consumer.join();
    ASSERT_EQ(got.size(), 1000U);
    EXPECT_TRUE(std::is_sorted(got.begin(), got.end()));
}

TEST(BoundedQueue, CloseKeepsWhatIsInsideAndRefusesMore) {
    BoundedQueue<int> queue(4);
    EXPECT_TRUE(queue.push(1));
    queue.close();
    EXPECT_FALSE(queue.push(2));
    EXPECT_EQ(queue.pop(), 1);
    EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, CloseWakesABlockedProducer) {
    BoundedQueue<int> queue(1);
    EXPECT_TRUE(queue.push(1));
    std::atomic<bool> accepted = true;
    std::thread producer([&] { accepted = queue.push(2); });
    queue.close();
    producer.join();
    EXPECT_FALSE(accepted);
}

}  // namespace
}  // namespace slipway::async
