#include "registry/retry.h"

#include "support/result_matchers.h"

#include <cstdint>
#include <numeric>
#include <vector>

namespace slipway::registry {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOkAndHolds;

class FakePatience final : public Patience {
  public:
    double random() override { return chance; }
    Result<void> wait(milliseconds time, std::stop_token stop) override {
        waits.push_back(time.count());
        if (stop.stop_requested()) return Error(ErrorCode::kCancelled, "cancelled");
        return {};
    }
    double chance = 0;
    std::vector<std::int64_t> waits;
};

Result<int> fail(AttemptInfo& info) {
    info.again = true;
    return Error(ErrorCode::kUnavailable, "broken");
}

TEST(Retry, BacksOffTwiceAsLongEachTimeAndThenGivesUp) {
    FakePatience patience;
    EXPECT_THAT(retry<int>({.retries = 3, .first_delay = milliseconds(100)}, patience, {}, fail),
                FailsWith(ErrorCode::kUnavailable, HasSubstr("broken")));
    EXPECT_THAT(patience.waits, ElementsAre(50, 100, 200));
    patience.waits.clear();
    patience.chance = 0.5;
    EXPECT_FALSE(retry<int>({.retries = 3, .first_delay = milliseconds(100)}, patience, {}, fail));
    EXPECT_THAT(patience.waits, ElementsAre(75, 150, 300));
}

TEST(Retry, IsBoundedByTheLongestDelay) {
    EXPECT_EQ(next_delay({.retries = 90, .longest_delay = milliseconds(1000)}, 80, {}, 0.0),
              milliseconds(500));
}

TEST(Retry, DoesNotRepeatWhatCannotHelp) {
    FakePatience patience;
    int attempts = 0;
    const auto denied = [&](AttemptInfo&) -> Result<int> {
        ++attempts;
        return Error(ErrorCode::kDenied, "no");
    };
    EXPECT_THAT(retry<int>({}, patience, {}, denied),
                FailsWith(ErrorCode::kDenied, HasSubstr("no")));
    EXPECT_EQ(attempts, 1);
}

TEST(Retry, WaitsAsLongAsTheServerAsksButNotForEver) {
    AttemptInfo info{.again = true, .progressed = false, .asked_wait = milliseconds(7000)};
    EXPECT_EQ(next_delay({}, 1, info, 0.0), milliseconds(7000));
    info.asked_wait = milliseconds(1);
    EXPECT_EQ(next_delay({}, 1, info, 0.0), milliseconds(125));
    info.asked_wait = std::chrono::hours(1);
    EXPECT_EQ(next_delay({}, 1, info, 0.0), std::nullopt);
}

TEST(Retry, CountsAfreshAfterProgress) {
    FakePatience patience;
    int attempts = 0;
    const auto slow = [&](AttemptInfo& info) -> Result<int> {
        if (++attempts == 20) return attempts;
        info.progressed = true;
        return fail(info);
    };
    EXPECT_THAT(retry<int>({.retries = 1}, patience, {}, slow), IsOkAndHolds(20));
}

TEST(Retry, StopsWaitingWhenAskedTo) {
    RealPatience patience;
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THAT(
        retry<int>({.first_delay = std::chrono::hours(1), .longest_delay = std::chrono::hours(2)},
                   patience, stop.get_token(), fail),
        FailsWith(ErrorCode::kCancelled, HasSubstr("cancelled")));
}

}  // namespace
}  // namespace slipway::registry
