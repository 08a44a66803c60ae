// Makes the system calls named on the command line and prints "<name> <errno>" for each (0: it
// worked).
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace {

long clone_with(unsigned long flags) {
    const long pid = syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
    if (pid == 0) _exit(0);
    if (pid > 0) waitpid(static_cast<pid_t>(pid), nullptr, 0);
    return pid;
}

long call_clone3() {
    clone_args args{};
    args.exit_signal = SIGCHLD;
    const long pid = syscall(SYS_clone3, &args, sizeof args);
    if (pid == 0) _exit(0);
    return pid;
}

struct Probe {
    const char* name;
    long (*call)();
};

constexpr Probe kProbes[] = {
    {"getpid", [] { return syscall(SYS_getpid); }},
    {"fork", [] { return clone_with(0); }},
    {"clone_newuser", [] { return clone_with(CLONE_NEWUSER); }},
    {"clone_newnet", [] { return clone_with(CLONE_NEWNET); }},
    {"clone3", call_clone3},
    {"unshare", [] { return static_cast<long>(unshare(CLONE_NEWUSER)); }},
    {"setns", [] { return static_cast<long>(setns(open("/proc/self/ns/uts", O_RDONLY), 0)); }},
    {"mount", [] { return static_cast<long>(mount("none", "/tmp", "tmpfs", 0, nullptr)); }},
    {"umount", [] { return static_cast<long>(umount2("/proc", MNT_DETACH)); }},
    {"keyctl", [] { return syscall(SYS_keyctl, 0, 0, 0, 0, 0); }},
    {"add_key", [] { return syscall(SYS_add_key, "user", "x", "y", 1, -3); }},
    {"bpf", [] { return syscall(SYS_bpf, 0, nullptr, 0); }},
    {"io_uring_setup", [] { return syscall(SYS_io_uring_setup, 0, nullptr); }},
    {"userfaultfd", [] { return syscall(SYS_userfaultfd, 0); }},
    {"kexec_load", [] { return syscall(SYS_kexec_load, 0, 0, nullptr, 0); }},
    {"open_by_handle_at", [] { return syscall(SYS_open_by_handle_at, -1, nullptr, 0); }},
    {"perf_event_open", [] { return syscall(SYS_perf_event_open, nullptr, 0, 0, 0, 0); }},
    {"socket_alg", [] { return static_cast<long>(socket(38, SOCK_SEQPACKET, 0)); }},
    {"socket_vsock", [] { return static_cast<long>(socket(40, SOCK_STREAM, 0)); }},
    {"socket_unix", [] { return static_cast<long>(socket(AF_UNIX, SOCK_STREAM, 0)); }},
    {"personality_query", [] { return static_cast<long>(personality(0xffffffff)); }},
    {"personality_no_random", [] { return static_cast<long>(personality(ADDR_NO_RANDOMIZE)); }},
    {"ptrace", [] { return ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }},
};

}  // namespace

int main(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        bool known = false;
        for (const Probe& probe : kProbes) {
            if (std::strcmp(probe.name, argv[i]) != 0) continue;
            known = true;
            errno = 0;
            const long result = probe.call();
            std::printf("%s %d\n", probe.name, result < 0 ? errno : 0);
        }
        if (!known) return 2;
    }
    return 0;
}
