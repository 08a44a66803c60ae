// Containers need a mount namespace of their own, so every test runs as the body of
// os::run_supervised.
#include "exec/sandbox_fixture.h"
#include "os/supervisor.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace slipway::exec {
namespace {
std::optional<std::string> g_unsupervised_reason;
}

const std::optional<std::string>& unsupervised_reason() {
    return g_unsupervised_reason;
}

int run_tests(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    if (GTEST_FLAG_GET(list_tests)) return RUN_ALL_TESTS();
    const auto code = os::run_supervised([] { return RUN_ALL_TESTS(); });
    if (code) return *code;
    g_unsupervised_reason = code.error().to_string();
    return RUN_ALL_TESTS();
}

}  // namespace slipway::exec

int main(int argc, char** argv) {
    return slipway::exec::run_tests(argc, argv);
}
