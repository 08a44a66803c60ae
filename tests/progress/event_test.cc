#include "progress/event.h"

#include "support/recording_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace slipway::progress {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::Optional;

TEST(Reason, EachHasItsOwnWord) {
    std::set<std::string_view> words;
    for (int i = 0; i <= static_cast<int>(Reason::kCancelled); ++i) {
        words.insert(to_string(static_cast<Reason>(i)));
    }
    EXPECT_EQ(words.size(), static_cast<std::size_t>(Reason::kCancelled) + 1);
    EXPECT_EQ(to_string(Reason::kMissInputs), "miss_inputs");
    EXPECT_EQ(to_string(Reason::kNoCacheAsked), "no_cache_asked");
}

TEST(RecordingSink, FindsWhatHappenedToAStep) {
    slipway::testing::RecordingSink sink;
    const Digest one = Digest::of("one");
    const Digest two = Digest::of("two");
    sink.emit(StepQueued{.step = one, .name = "[a 1/2] RUN x", .where = {}});
    sink.emit(StepQueued{.step = two, .name = "[a 2/2] RUN y", .where = {}});
    sink.emit(StepLog{.step = two, .stream = 1, .text = "hel"});
    sink.emit(StepLog{.step = two, .stream = 2, .text = "lo\n"});
    sink.emit(StepDone{
        .step = one, .reason = Reason::kHitLocal, .detail = {}, .duration = {}, .error = {}});
    sink.emit(StepDone{
        .step = two, .reason = Reason::kMissOp, .detail = {}, .duration = {}, .error = {}});
    EXPECT_THAT(sink.reasons(), ElementsAre(Reason::kHitLocal, Reason::kMissOp));
    EXPECT_THAT(sink.done("[a 2/2] RUN y"), Optional(Field(&StepDone::reason, Reason::kMissOp)));
    EXPECT_EQ(sink.done("[a 3/3] RUN z"), std::nullopt);
    EXPECT_EQ(sink.log_of(two), "hello\n");
    sink.clear();
    EXPECT_TRUE(sink.events().empty());
}

}  // namespace
}  // namespace slipway::progress
