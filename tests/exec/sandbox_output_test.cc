#include "exec/sandbox_fixture.h"

#include <sys/resource.h>

#include <chrono>

namespace slipway::exec {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SandboxOutput : public SandboxTest {};
INSTANTIATE_TEST_SUITE_P(Runtimes, SandboxOutput, both_runtimes(), runtime_name);

long peak_memory_kib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

TEST_P(SandboxOutput, IsStreamedWithoutGrowing) {
    run({"/bin/true"});
    constexpr std::size_t kSize = 50U << 20;
    const long before = peak_memory_kib();
    std::size_t received = 0;
    spec_.secret_env = {{"TOKEN", "never-printed"}};
    spec_.on_output = [&](int, std::string_view text) { received += text.size(); };
    EXPECT_TRUE(shell(fmt::format("head -c {} /dev/zero", kSize)).end.ok());
    EXPECT_EQ(received, kSize);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // these keep freed memory
    EXPECT_LT(peak_memory_kib() - before, 8 * 1024);
#else
    static_cast<void>(before);
#endif
}

TEST_P(SandboxOutput, ComesWhileTheStepRuns) {
    const auto begin = std::chrono::steady_clock::now();
    std::optional<std::chrono::steady_clock::time_point> first;
    spec_.on_output = [&](int, std::string_view) {
        if (!first) first = std::chrono::steady_clock::now();
    };
    shell("echo -n 'prompt> '; sleep 1");
    ASSERT_TRUE(first.has_value());
    EXPECT_LT(*first - begin, std::chrono::milliseconds(900));
}

TEST_P(SandboxOutput, HidesSecretsSpreadOverWrites) {
    spec_.mounts = {
        {.kind = SandboxMount::Kind::kSecret, .target = "/s", .secret_value = "open-sesame\n"}};
    const Ran ran = shell(
        "echo -n 'a open-'; sleep 0.1; echo -n ses; sleep 0.1; echo 'ame b'; cat /s >&2; echo "
        "open-sesam");
    EXPECT_EQ(ran.out, "a **** b\nopen-sesam\n");
    EXPECT_EQ(ran.err, "****\n");
}

TEST_P(SandboxOutput, MayBeUnwanted) {
    SandboxSpec spec;
    spec.rootfs = root_.path();
    spec.args = {"/bin/sh", "-c", "head -c 1000000 /dev/zero; exit 4"};
    const auto end = runtime_->run(spec, {});
    ASSERT_TRUE(end.has_value()) << end.error().to_string();
    EXPECT_EQ(end->code, 4);
}

}  // namespace
}  // namespace slipway::exec
