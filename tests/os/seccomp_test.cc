// The walk that stands in for openat2, with the system call really refused.
#include "os/dir.h"
#include "os/temp.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

namespace slipway::os {
namespace {

using slipway::testing::IsOk;

/// From now on `number` fails with `error` in this process.
bool refuse(long number, unsigned error) {
    std::array<sock_filter, 4> code = {{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog program{.len = code.size(), .filter = code.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

class Refused : public ::testing::TestWithParam<unsigned> {};

INSTANTIATE_TEST_SUITE_P(Openat2, Refused, ::testing::Values(ENOSYS, EPERM),
                         [](const auto& each) { return each.param == EPERM ? "EPERM" : "ENOSYS"; });

TEST_P(Refused, WorkGoesOnAndLinksStayRefused) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const TempDir temp,
                                 TempDir::create(::testing::TempDir(), "seccomp-test"));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Dir dir, Dir::open(temp.path()));
    ASSERT_THAT(dir.make_symlink("/etc", RelPath::in_root("link")), IsOk());
    const pid_t pid = ::fork();
    if (pid == 0) {
        if (!refuse(SYS_openat2, GetParam())) ::_exit(10);
        if (::syscall(SYS_openat2, -1, "", nullptr, 0) != -1 ||
            errno != static_cast<int>(GetParam()))
            ::_exit(11);
        if (!dir.make_dirs(RelPath::in_root("a/b"), 0755)) ::_exit(12);
        if (!dir.create_file(RelPath::in_root("a/b/f"), 0644)) ::_exit(13);
        if (!dir.open_file(RelPath::in_root("a/b/f"))) ::_exit(14);
        const auto through_link = dir.open_file(RelPath::in_root("link/passwd"));
        if (through_link || through_link.error().system_errno() != ELOOP) ::_exit(15);
        if (!dir.remove_tree(RelPath::in_root("a"))) ::_exit(16);
        ::_exit(42);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 42);
}

}  // namespace
}  // namespace slipway::os
