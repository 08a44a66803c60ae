#include "cli/step_flags.h"

#include "support/result_matchers.h"

namespace slipway::cli {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOkAndHolds;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(StepFlags, HostsHaveANameAndAnAddress) {
    EXPECT_THAT(parse_extra_host("one:10.0.0.1"), IsOkAndHolds(Pair("one", "10.0.0.1")));
    EXPECT_THAT(parse_extra_host("one=10.0.0.1"), IsOkAndHolds(Pair("one", "10.0.0.1")));
    EXPECT_THAT(parse_extra_host("six=[::1]"), IsOkAndHolds(Pair("six", "::1")));
    EXPECT_THAT(parse_extra_host("six:fe80::2"), IsOkAndHolds(Pair("six", "fe80::2")));
    for (const char* wrong : {"", "one", ":10.0.0.1", "one:", "one:ten", "one:10.0.0.1.2"})
        EXPECT_THAT(parse_extra_host(wrong), FailsWith(ErrorCode::kUsage, HasSubstr(wrong)));
    EXPECT_THAT(parse_extra_host("me:host-gateway"),
                FailsWith(ErrorCode::kUnsupported, HasSubstr("gateway")));
}

TEST(StepFlags, SizesHaveUnits) {
    EXPECT_THAT(parse_shm_size("128m"), IsOkAndHolds(134217728));
    EXPECT_THAT(parse_shm_size("512"), IsOkAndHolds(512));
    for (const char* wrong : {"", "0", "-1", "1x"})
        EXPECT_THAT(parse_shm_size(wrong), FailsWith(ErrorCode::kUsage, HasSubstr("size")));
}

TEST(StepFlags, LimitsAreSoftAndHard) {
    const auto both = parse_limit("nofile=512:1024");
    ASSERT_TRUE(both);
    EXPECT_EQ(both->name, "nofile");
    EXPECT_EQ(both->soft, 512);
    EXPECT_EQ(both->hard, 1024);
    EXPECT_EQ(parse_limit("core=0").value().hard, 0);
    EXPECT_EQ(parse_limit("memlock=-1").value().hard, -1);
    EXPECT_EQ(parse_limit("nproc=5:-1").value().hard, -1);
    for (const char* wrong : {"nofile", "files=1", "nofile=", "nofile=1:", "nofile=x", "nofile=-2",
                              "nofile=2:1", "nofile=-1:1"})
        EXPECT_THAT(parse_limit(wrong), FailsWith(ErrorCode::kUsage, HasSubstr(wrong)));
}

}  // namespace
}  // namespace slipway::cli
