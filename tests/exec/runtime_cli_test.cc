#include "exec/internal/runtime_cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace slipway::exec {
namespace {

using ::testing::Contains;
using ::testing::Not;
using ::testing::Optional;

TEST(RuntimeCli, TellsTheRuntimesApartByName) {
    EXPECT_EQ(kind_of_runtime("/usr/bin/crun"), RuntimeKind::kCrun);
    EXPECT_EQ(kind_of_runtime("/opt/crun/runc"), RuntimeKind::kRunc);
}

TEST(RuntimeCli, GivesCrunNoCgroup) {
    EXPECT_THAT(RuntimeCli("/usr/bin/crun", "/s").run("id", "/b", "/l").argv,
                Contains("--cgroup-manager=disabled"));
    const auto runc = RuntimeCli("/usr/sbin/runc", "/s").run("id", "/b", "/l");
    EXPECT_THAT(runc.argv, Not(Contains("--cgroup-manager=disabled")));
    EXPECT_THAT(runc.argv, Contains("/s"));
}

TEST(RuntimeLog, OfRuncNamesTheLastError) {
    const char* log =
        "{\"level\":\"warning\",\"msg\":\"unable to get oom kill count\",\"time\":\"t\"}\n"
        "{\"level\":\"error\",\"msg\":\"runc run failed: no such thing\\nmore\",\"time\":\"t\"}\n";
    EXPECT_THAT(find_runtime_error(RuntimeKind::kRunc, log),
                Optional(std::string("runc run failed: no such thing")));
    EXPECT_EQ(find_runtime_error(RuntimeKind::kRunc, "{\"level\":\"warning\",\"msg\":\"x\"}\n"),
              std::nullopt);
    EXPECT_EQ(find_runtime_error(RuntimeKind::kRunc, ""), std::nullopt);
}

TEST(RuntimeLog, OfCrunIsPlainText) {
    EXPECT_THAT(find_runtime_error(RuntimeKind::kCrun, "executable file `x` not found\n\n"),
                Optional(std::string("executable file `x` not found")));
    EXPECT_EQ(find_runtime_error(RuntimeKind::kCrun, "\n"), std::nullopt);
}

}  // namespace
}  // namespace slipway::exec
