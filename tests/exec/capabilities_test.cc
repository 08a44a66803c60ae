#include "exec/internal/capabilities.h"

#include "support/result_matchers.h"

namespace slipway::exec {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOkAndHolds;
using ::testing::_;
using ::testing::ElementsAre;

TEST(Capabilities, HaveTheirNamesByNumber) {
    EXPECT_THAT(capability_names(0b101), ElementsAre("CAP_CHOWN", "CAP_DAC_READ_SEARCH"));
    EXPECT_THAT(capability_names(CapabilityMask{1} << 21), ElementsAre("CAP_SYS_ADMIN"));
    EXPECT_THAT(capability_names(CapabilityMask{1} << 40), ElementsAre("CAP_CHECKPOINT_RESTORE"));
    EXPECT_THAT(capability_names(CapabilityMask{1} << 63), ElementsAre());
}

TEST(Capabilities, OfAStepAreTheUsualFourteen) {
    EXPECT_EQ(capability_names(default_capabilities()).size(), 14U);
}

TEST(Capabilities, AreReadFromTheStatusText) {
    EXPECT_THAT(parse_bounding_set("Name:\tx\nCapEff:\t00ff\nCapBnd:\t000001fffeffffff\n"),
                IsOkAndHolds(CapabilityMask{0x1fffeffffff}));
    EXPECT_THAT(parse_bounding_set("Name:\tx\n"), FailsWith(ErrorCode::kInternal, _));
}

}  // namespace
}  // namespace slipway::exec
