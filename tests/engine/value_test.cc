#include "engine/value.h"

#include "support/result_matchers.h"

namespace slipway::engine {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOkAndHolds;

TEST(Output, ReadsWhatItWrites) {
    EXPECT_THAT(to_snapshot(to_output({"a", "b"})), IsOkAndHolds(ElementsAre("a", "b")));
    EXPECT_THAT(to_snapshot(to_output({})), IsOkAndHolds(IsEmpty()));
}

TEST(Output, OfAContextIsNoSnapshot) {
    EXPECT_THAT(to_snapshot(kContextOutput),
                FailsWith(ErrorCode::kInternal, HasSubstr("not a snapshot")));
}

TEST(MakeKey, DependsOnEveryLabelAndValue) {
    const auto key = make_key({{"command", "make"}, {"user", ""}});
    EXPECT_EQ(key.digest, make_key({{"command", "make"}, {"user", ""}}).digest);
    EXPECT_NE(key.digest, make_key({{"command", "make"}, {"user", "x"}}).digest);
    EXPECT_NE(key.digest, make_key({{"command", "make"}}).digest);
    EXPECT_NE(key.digest, make_key({{"commandmake", ""}, {"user", ""}}).digest);
}

TEST(Hidden, ShowsNothingOfTheValue) {
    EXPECT_THAT(hidden("hunter2"), Not(HasSubstr("hunter2")));
    EXPECT_NE(hidden("hunter2"), hidden("hunter3"));
}

}  // namespace
}  // namespace slipway::engine
