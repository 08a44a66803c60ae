#include "frontend/internal/values.h"

#include "frontend/internal/go_text.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::frontend {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using slipway::testing::IsOkAndHolds;
using ::testing::_;
using ::testing::ElementsAre;

TEST(Ports, AreNumbersRangesAndProtocols) {
    EXPECT_THAT(parse_ports("80"), IsOkAndHolds(ElementsAre("80/tcp")));
    EXPECT_THAT(parse_ports("80/UDP"), IsOkAndHolds(ElementsAre("80/udp")));
    EXPECT_THAT(parse_ports("80-82"), IsOkAndHolds(ElementsAre("80/tcp", "81/tcp", "82/tcp")));
    EXPECT_THAT(parse_ports("127.0.0.1:8080:80"), IsOkAndHolds(ElementsAre("80/tcp")));
    EXPECT_THAT(parse_ports("[::1]:8080:80/sctp"), IsOkAndHolds(ElementsAre("80/sctp")));
}

TEST(Ports, ThatAreNoneAreRefused) {
    for (const char* wrong :
         {"", "x", "-1", "65536", "9-8", "80/icmp", "/tcp", "1-", "1-2-3", "5-6:1-3", "x:80"}) {
        EXPECT_THAT(parse_ports(wrong), FailsWith(ErrorCode::kInvalidInput, _)) << wrong;
    }
}

TEST(Signals, GoByNameOrNumber) {
    for (const char* right :
         {"9", "TERM", "sigterm", "SIGRTMIN", "RTMIN+15", "RTMAX-14", "SIGPOLL"}) {
        EXPECT_THAT(check_signal(right), IsOk()) << right;
    }
    for (const char* wrong : {"", "0", "SIG", "RTMIN+16", "RTMAX-15", "RTMIN+0", "TERM "}) {
        EXPECT_THAT(check_signal(wrong), FailsWith(ErrorCode::kInvalidInput, _)) << wrong;
    }
}

TEST(Owners, AreNumbersOrNames) {
    EXPECT_EQ(parse_owner("5").user().byid(), 5U);
    EXPECT_FALSE(parse_owner("5").has_group());
    EXPECT_FALSE(parse_owner("5:").has_group());
    EXPECT_EQ(parse_owner("root:root").group().byid(), 0U);
    EXPECT_FALSE(has_names(parse_owner("root:5")));
    EXPECT_TRUE(has_names(parse_owner("0:staff")));
    EXPECT_EQ(parse_owner(":staff").user().byid(), 0U);
    EXPECT_EQ(parse_owner("4294967296").user().byname().name(), "4294967296");
}

TEST(Destinations, KeepTheEndThatMeansInto) {
    EXPECT_EQ(copy_destination("/w", "a"), "/w/a");
    EXPECT_EQ(copy_destination("/w", "a/"), "/w/a/");
    EXPECT_EQ(copy_destination("/w", "."), "/w/");
    EXPECT_EQ(copy_destination("/w", ""), "/w/");
    EXPECT_EQ(copy_destination("/w", "/"), "/");
    EXPECT_EQ(copy_destination("/w", "/x//y/."), "/x/y/.");
    EXPECT_EQ(copy_destination("/w", "../../.."), "/");
    EXPECT_EQ(copy_destination("", "x"), "/x");
}

TEST(GoText, QuotesAsGoSourceDoes) {
    EXPECT_EQ(go_quoted_list({"a b", "\"\\", "\n\t\x01\x7f", "ü€😀"}),
              R"(["a b" "\"\\" "\n\t\x01\x7f" "ü€😀"])");
    EXPECT_EQ(go_quoted_list({"\xff\xc3", "\u00a0\u200b\u2028", "\U000e0001"}),
              R"(["\xff\xc3" "\u00a0\u200b\u2028" "\U000e0001"])");
    EXPECT_EQ(go_quoted_list({}), "[]");
    EXPECT_EQ(go_list({"a", "b c"}), "[a b c]");
}

TEST(GoText, DurationsLookAsGoPrintsThem) {
    EXPECT_EQ(go_duration(0), "0s");
    EXPECT_EQ(go_duration(1), "1ns");
    EXPECT_EQ(go_duration(1'500), "1.5µs");
    EXPECT_EQ(go_duration(100'000'000), "100ms");
    EXPECT_EQ(go_duration(90'000'000'000), "1m30s");
    EXPECT_EQ(go_duration(3'600'000'000'000), "1h0m0s");
    EXPECT_EQ(go_duration(3'661'250'000'000), "1h1m1.25s");
    EXPECT_EQ(go_duration(-1'000'000'000), "-1s");
    EXPECT_EQ(go_duration(std::numeric_limits<std::int64_t>::min()), "-2562047h47m16.854775808s");
}

}  // namespace
}  // namespace slipway::frontend
