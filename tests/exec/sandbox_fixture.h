// Runs busybox in containers, once with each runtime. Skips, with the reason, where that cannot be.
#pragma once

#include "exec/internal/runtime_cli.h"
#include "exec/sandbox.h"
#include "exec/test_root.h"
#include "os/child.h"
#include "support/result_matchers.h"

#include <optional>
#include <string>
#include <vector>

namespace slipway::exec {

/// Why the tests do not run in namespaces of their own (see supervised_main.cc); nothing when they
/// do.
const std::optional<std::string>& unsupervised_reason();

struct Ran {
    SandboxExit end;
    std::string out;
    std::string err;
};

class SandboxTest : public ::testing::TestWithParam<std::string> {
  protected:
    void SetUp() override {
        if (unsupervised_reason()) GTEST_SKIP() << *unsupervised_reason();
        if (!os::find_program(GetParam())) GTEST_SKIP() << GetParam() << " is not installed";
        if (!os::path_exists(kBusybox)) GTEST_SKIP() << "busybox-static is not installed";
        ASSERT_TRUE(root_.ok());
        ASSERT_TRUE(state_);
        auto found = Runtime::find(state_->path(), GetParam());
        ASSERT_TRUE(found.has_value()) << found.error().to_string();
        runtime_.emplace(std::move(*found));
        install_busybox(root_);
        spec_.rootfs = root_.path();
    }

    static void install_busybox(const TestRoot& root) {
        root.make_dir("/bin");
        root.make_dir("/etc");
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const os::Fd from, os::open_read(kBusybox));
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const os::Fd to,
                                     os::open_write(root.path() + "/bin/busybox", 0755));
        ASSERT_TRUE(os::copy_file_data(from, to));
        for (const char* name :
             {"cat",  "chown", "dd",    "env",   "grep",   "head",    "hostname", "id", "kill",
              "ls",   "mkdir", "mknod", "mount", "ps",     "pwd",     "rm",       "sh", "sleep",
              "stat", "tail",  "touch", "true",  "umount", "unshare", "wc"}) {
            root.link("busybox", "/bin/" + std::string(name));
        }
    }

    Result<Ran> try_run(std::vector<std::string> args, std::stop_token stop = {}) {
        spec_.args = std::move(args);
        Ran ran;
        if (!spec_.on_output) {
            spec_.on_output = [&ran](int stream, std::string_view text) {
                (stream == 1 ? ran.out : ran.err) += text;
            };
        }
        auto end = runtime_->run(spec_, stop);
        spec_.on_output = nullptr;
        if (!end) return std::move(end).error();
        ran.end = *end;
        return ran;
    }

    Ran run(std::vector<std::string> args) {
        auto ran = try_run(std::move(args));
        EXPECT_TRUE(ran.has_value()) << ran.error().to_string();
        return ran ? std::move(*ran) : Ran{};
    }
    Ran shell(const std::string& script) { return run({"/bin/sh", "-c", script}); }

    static constexpr const char* kBusybox = "/bin/busybox";
    TestRoot root_;
    Result<os::TempDir> state_ = os::TempDir::create("/tmp", "slipway-exec-state");
    std::optional<Runtime> runtime_;
    SandboxSpec spec_;
};

inline auto both_runtimes() {
    return ::testing::Values("crun", "runc");
}
inline std::string runtime_name(const ::testing::TestParamInfo<std::string>& info) {
    return info.param;
}

}  // namespace slipway::exec
