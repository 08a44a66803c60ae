#include "exec/internal/net_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::exec {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(HostsFile, NamesLocalhostItselfAndTheExtraHosts) {
    EXPECT_EQ(hosts_text("box", {{"mirror", "10.0.0.5"}, {"six", "fd00::1"}}),
              "127.0.0.1\tlocalhost box\n"
              "::1\tlocalhost ip6-localhost ip6-loopback\n"
              "10.0.0.5\tmirror\n"
              "fd00::1\tsix\n");
}

TEST(ResolvConf, IsTheHostsFileWithTheHostsNetwork) {
    const std::string text = "nameserver 127.0.0.1\noptions ndots:2\n";
    EXPECT_EQ(resolv_conf_text(text, Nameservers::kKeep), text);
}

TEST(ResolvConf, LosesLoopbackServersElsewhere) {
    EXPECT_EQ(resolv_conf_text(
                  "search a.example\nnameserver 127.0.0.1\nnameserver\t10.1.1.1\nnameserver ::1\n",
                  Nameservers::kStripLoopback),
              "search a.example\nnameserver\t10.1.1.1\n");
}

TEST(ResolvConf, GetsPublicServersWhenNoneRemains) {
    const std::string text =
        resolv_conf_text("nameserver 127.0.0.53\nsearch x.example\n", Nameservers::kStripLoopback);
    EXPECT_THAT(text, HasSubstr("search x.example\n"));
    EXPECT_THAT(text, HasSubstr("nameserver 8.8.8.8\n"));
    EXPECT_THAT(text, Not(HasSubstr("127.0.0.53")));
    EXPECT_THAT(resolv_conf_text("", Nameservers::kStripLoopback),
                HasSubstr("nameserver 8.8.8.8\n"));
}

TEST(ResolvConf, CommentedServersDoNotCount) {
    EXPECT_THAT(resolv_conf_text("# nameserver 10.1.1.1\n", Nameservers::kStripLoopback),
                HasSubstr("8.8.8.8"));
}

TEST(ResolvConf, KnowsTheStubOfSystemdResolved) {
    EXPECT_TRUE(uses_only_resolved_stub("# made by\nnameserver 127.0.0.53\noptions edns0\n"));
    EXPECT_FALSE(uses_only_resolved_stub("nameserver 127.0.0.53\nnameserver 10.0.0.1\n"));
    EXPECT_FALSE(uses_only_resolved_stub("nameserver 127.0.0.1\n"));
    EXPECT_FALSE(uses_only_resolved_stub(""));
}

}  // namespace
}  // namespace slipway::exec
