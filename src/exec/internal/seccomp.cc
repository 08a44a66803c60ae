// An allow-list: what is not named fails with EPERM. The set follows what the Moby project's
// default profile allows (so a RUN step behaves as under Docker), grouped by what the calls are
// for. Names that a kernel, architecture or runtime does not know are ignored by the runtimes.
#include "exec/internal/seccomp.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

namespace slipway::exec {
namespace {

// Each text is a list of names, broken where a line is full.
// NOLINTBEGIN(bugprone-suspicious-missing-comma)
/// Calls that everybody may make.
constexpr std::string_view kAlways[] = {
    // open files and their data
    "open openat openat2 creat close close_range read readv pread64 preadv preadv2 write writev "
    "pwrite64 pwritev "
    "pwritev2 lseek _llseek sendfile sendfile64 splice tee vmsplice copy_file_range readahead "
    "fadvise64 fadvise64_64 "
    "fallocate truncate truncate64 ftruncate ftruncate64 fsync fdatasync sync syncfs "
    "sync_file_range dup dup2 dup3 "
    "fcntl fcntl64 flock ioctl pipe pipe2",
    // names, attributes, mounts seen from inside
    "access faccessat faccessat2 stat stat64 lstat lstat64 fstat fstat64 fstatat64 newfstatat "
    "statx statfs statfs64 "
    "fstatfs fstatfs64 statmount listmount getdents getdents64 getcwd chdir fchdir mkdir mkdirat "
    "rmdir mknod mknodat "
    "link linkat symlink symlinkat readlink readlinkat rename renameat renameat2 unlink unlinkat "
    "chmod fchmod "
    "fchmodat fchmodat2 chown chown32 fchown fchown32 fchownat lchown lchown32 utime utimes "
    "futimesat utimensat "
    "utimensat_time64 umask name_to_handle_at",
    "getxattr getxattrat lgetxattr fgetxattr listxattr listxattrat llistxattr flistxattr setxattr "
    "setxattrat "
    "lsetxattr fsetxattr removexattr removexattrat lremovexattr fremovexattr",
    // waiting for descriptors and changes
    "poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64 epoll_create epoll_create1 "
    "epoll_ctl "
    "epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd "
    "signalfd4 "
    "inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark",
    // memory
    "brk mmap mmap2 munmap mremap mprotect madvise mincore msync mlock mlock2 mlockall munlock "
    "munlockall mseal "
    "membarrier memfd_create memfd_secret remap_file_pages map_shadow_stack pkey_alloc pkey_free "
    "pkey_mprotect "
    "cachestat process_mrelease",
    // processes and threads
    "execve execveat exit exit_group fork vfork wait4 waitid waitpid getpid getppid gettid getpgid "
    "getpgrp getsid "
    "setpgid setsid prctl set_tid_address set_robust_list get_robust_list set_thread_area "
    "get_thread_area rseq "
    "restart_syscall pidfd_open pidfd_send_signal getcpu capget capset seccomp "
    "landlock_create_ruleset "
    "landlock_add_rule landlock_restrict_self riscv_hwprobe uretprobe",
    // tracing, safe since Linux 4.8
    "ptrace process_vm_readv process_vm_writev",
    // who one is
    "getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid getresuid32 "
    "getresgid "
    "getresgid32 getgroups getgroups32 setuid setuid32 setgid setgid32 setreuid setreuid32 "
    "setregid setregid32 "
    "setresuid setresuid32 setresgid setresgid32 setfsuid setfsuid32 setfsgid setfsgid32 setgroups "
    "setgroups32",
    // scheduling and limits
    "sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_setparam "
    "sched_getscheduler "
    "sched_setscheduler sched_getattr sched_setattr sched_get_priority_min sched_get_priority_max "
    "sched_rr_get_interval sched_rr_get_interval_time64 getpriority setpriority ioprio_get "
    "ioprio_set getrlimit "
    "ugetrlimit setrlimit prlimit64 getrusage",
    // signals
    "kill tkill tgkill pause alarm sigaltstack sigprocmask sigreturn rt_sigaction rt_sigpending "
    "rt_sigprocmask "
    "rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 "
    "rt_tgsigqueueinfo",
    // time
    "time times gettimeofday nanosleep clock_getres clock_getres_time64 clock_gettime "
    "clock_gettime64 "
    "clock_nanosleep clock_nanosleep_time64 adjtimex clock_adjtime clock_adjtime64 getitimer "
    "setitimer timer_create "
    "timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 "
    "timerfd_create "
    "timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64",
    // locks between threads and processes
    "futex futex_time64 futex_wait futex_wake futex_requeue futex_waitv ipc semget semctl semop "
    "semtimedop "
    "semtimedop_time64 shmget shmat shmdt shmctl msgget msgsnd msgrcv msgctl mq_open mq_unlink "
    "mq_notify "
    "mq_getsetattr mq_timedsend mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64",
    // sockets (socket itself: see the rules)
    "socketcall socketpair bind connect listen accept accept4 getsockname getpeername getsockopt "
    "setsockopt shutdown "
    "send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64",
    // the kernel's own asynchronous reads and writes (not io_uring)
    "io_setup io_submit io_getevents io_pgetevents io_pgetevents_time64 io_cancel io_destroy",
    // facts
    "uname sysinfo getrandom",
};
// NOLINTEND(bugprone-suspicious-missing-comma)

/// Calls that come with a capability.
struct CapabilityCalls {
    std::string_view capability;
    std::string_view calls;
};
constexpr CapabilityCalls kByCapability[] = {
    {"CAP_BPF", "bpf"},
    {"CAP_DAC_READ_SEARCH", "open_by_handle_at"},
    {"CAP_PERFMON", "perf_event_open"},
    {"CAP_SYS_ADMIN",
     "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie "
     "lsm_get_self_attr lsm_list_modules "
     "lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl "
     "quotactl_fd setdomainname "
     "sethostname setns syslog umount umount2 unshare"},
    {"CAP_SYS_BOOT", "reboot"},
    {"CAP_SYS_CHROOT", "chroot"},
    {"CAP_SYSLOG", "syslog"},
    {"CAP_SYS_MODULE", "delete_module finit_module init_module"},
    {"CAP_SYS_NICE", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"},
    {"CAP_SYS_PACCT", "acct"},
    {"CAP_SYS_PTRACE", "kcmp pidfd_getfd process_madvise"},
    {"CAP_SYS_RAWIO", "ioperm iopl"},
    {"CAP_SYS_TIME", "clock_settime clock_settime64 settimeofday stime"},
    {"CAP_SYS_TTY_CONFIG", "vhangup"},
};

/// What the filter has to know of an architecture: its own names (first the native one, then those
/// of its 32-bit programs) and the calls only it has.
struct Architecture {
    std::string_view oci;
    std::string_view seccomp;
    std::string_view calls;
};
constexpr Architecture kArchitectures[] = {
    {"amd64", "x86_64 x86 x32", "arch_prctl modify_ldt"},
    {"386", "x86", "modify_ldt"},
    {"arm64", "aarch64 arm",
     "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2"},
    {"arm", "arm",
     "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2"},
    {"ppc64le", "ppc64le", "swapcontext sync_file_range2"},
    {"riscv64", "riscv64", "riscv_flush_icache"},
    {"s390x", "s390x s390", "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr"},
};

/// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET: making namespaces takes
/// CAP_SYS_ADMIN.
constexpr std::uint64_t kNamespaceFlags = 0x7e020000;

/// Kinds of sockets by number: 38 (AF_ALG) and 40 (AF_VSOCK, which reaches the hypervisor) are left
/// out.
constexpr std::uint64_t kAfAlg = 38;
constexpr std::uint64_t kAfVsock = 40;

/// personality(2): Linux, 32-bit Linux, both with UNAME26, and "tell me the current one".
constexpr std::array<std::uint64_t, 5> kPersonalities = {0x0, 0x8, 0x20000, 0x20008, 0xffffffff};

SeccompRule when(std::string_view call, const SeccompCondition& condition) {
    return {.calls = {call}, .error = std::nullopt, .when = condition};
}

void append_names(std::vector<std::string_view>& names, std::string_view calls) {
    const auto parts = split(calls, ' ');
    names.insert(names.end(), parts.begin(), parts.end());
}

const char* name_of(SeccompOperator op) {
    switch (op) {
        case SeccompOperator::kLess:
            return "SCMP_CMP_LT";
        case SeccompOperator::kEqual:
            return "SCMP_CMP_EQ";
        case SeccompOperator::kGreater:
            return "SCMP_CMP_GT";
        case SeccompOperator::kMaskedEqual:
            return "SCMP_CMP_MASKED_EQ";
    }
    return "";
}

}  // namespace

std::optional<SeccompProfile> seccomp_profile(std::string_view architecture,
                                              const std::vector<std::string>& capabilities) {
    using enum SeccompOperator;
    const auto* arch = std::ranges::find(kArchitectures, architecture, &Architecture::oci);
    if (arch == std::end(kArchitectures)) return std::nullopt;
    const auto has = [&](std::string_view name) {
        return std::ranges::find(capabilities, name) != capabilities.end();
    };

    SeccompProfile profile{
        .default_error = EPERM, .architectures = split(arch->seccomp, ' '), .rules = {}};
    SeccompRule always;
    append_names(always.calls, arch->calls);
    for (const std::string_view group : kAlways) append_names(always.calls, group);
    for (const CapabilityCalls& extra : kByCapability) {
        if (has(extra.capability)) append_names(always.calls, extra.calls);
    }
    profile.rules.push_back(std::move(always));

    profile.rules.push_back(when("socket", {.op = kLess, .value = kAfAlg}));
    profile.rules.push_back(when("socket", {.op = kEqual, .value = kAfAlg + 1}));
    profile.rules.push_back(when("socket", {.op = kGreater, .value = kAfVsock}));
    for (const std::uint64_t persona : kPersonalities) {
        profile.rules.push_back(when("personality", {.op = kEqual, .value = persona}));
    }
    if (!has("CAP_SYS_ADMIN")) {
        const unsigned flags_at = architecture == "s390x" ? 1 : 0;
        profile.rules.push_back(when(
            "clone",
            {.argument = flags_at, .op = kMaskedEqual, .value = kNamespaceFlags, .masked = 0}));
        // Its flags are behind a pointer, where no filter sees them: C libraries fall back to clone
        // on ENOSYS.
        profile.rules.push_back({.calls = {"clone3"}, .error = ENOSYS, .when = std::nullopt});
    }
    return profile;
}

Json to_json(const SeccompProfile& profile) {
    Json architectures = Json::array();
    for (const std::string_view name : profile.architectures) {
        architectures.push_back("SCMP_ARCH_" + to_upper(name));
    }
    Json rules = Json::array();
    for (const SeccompRule& rule : profile.rules) {
        Json entry = {{"names", rule.calls},
                      {"action", rule.error ? "SCMP_ACT_ERRNO" : "SCMP_ACT_ALLOW"}};
        if (rule.error) entry["errnoRet"] = *rule.error;
        if (rule.when) {
            entry["args"] = Json::array({{{"index", rule.when->argument},
                                          {"op", name_of(rule.when->op)},
                                          {"value", rule.when->value},
                                          {"valueTwo", rule.when->masked}}});
        }
        rules.push_back(std::move(entry));
    }
    return Json{{"defaultAction", "SCMP_ACT_ERRNO"},
                {"defaultErrnoRet", profile.default_error},
                {"architectures", std::move(architectures)},
                {"syscalls", std::move(rules)}};
}

}  // namespace slipway::exec
