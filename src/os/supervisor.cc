#include "os/supervisor.h"

#include "base/scope_guard.h"
#include "os/child.h"
#include "os/internal/forwarded_signals.h"
#include "os/internal/syscalls.h"
#include "os/system.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace slipway::os {

namespace {

/// Sent by init when it cannot start the body.
struct SetupFailure {
    char what[64];
    int error;
};

int exit_code(int wait_status) {
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

void forward(pid_t to, int number) {
    sigval value{};
    value.sival_int = internal::kForwardedMark;
    ::sigqueue(to, number, value);
}

/// Blocks SIGCHLD and the signals that ask to stop; restores mask and SIGCHLD's handling.
class SignalWatch {
  public:
    SignalWatch() : watched_(internal::stop_signals()) {
        ::sigaddset(&watched_, SIGCHLD);
        struct sigaction usual {};
        usual.sa_handler = SIG_DFL;  // SIG_IGN, if inherited, would lose the exit status
        ::sigaction(SIGCHLD, &usual, &previous_child_);
        ::pthread_sigmask(SIG_BLOCK, &watched_, &previous_mask_);
    }
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;
    ~SignalWatch() { restore(); }

    void restore() const {
        ::sigaction(SIGCHLD, &previous_child_, nullptr);
        ::pthread_sigmask(SIG_SETMASK, &previous_mask_, nullptr);
    }
    [[nodiscard]] siginfo_t wait() const {
        siginfo_t info{};
        internal::retry_eintr([&] { return ::sigwaitinfo(&watched_, &info); });
        return info;
    }

  private:
    sigset_t watched_;
    sigset_t previous_mask_{};
    struct sigaction previous_child_ {};
};

// ---- In init: pid 1 of the new pid namespace. ----

class Init {
  public:
    Init(const SignalWatch& watch, Fd alive, Fd failures)
        : watch_(watch), alive_(std::move(alive)), failures_(std::move(failures)) {}

    [[noreturn]] void run(const std::function<int()>& body) {
        ::prctl(PR_SET_NAME, "slipway-init");
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        // The outer process may have died before that line; it holds the other end of this pipe.
        pollfd outer{.fd = alive_.get(), .events = 0, .revents = 0};
        if (::poll(&outer, 1, 0) != 0) ::_exit(128 + SIGKILL);
        make_world();
        const pid_t pid = ::fork();
        if (pid < 0) fail("cannot start the worker process");
        if (pid == 0) {
            alive_ = Fd();
            failures_ = Fd();
            watch_.restore();
            std::exit(body());
        }
        failures_ = Fd();  // the outer process sees: set up
        ::_exit(reap_until_end_of(pid));
    }

  private:
    [[noreturn]] void fail(const char* what) {
        SetupFailure failure{.what = {}, .error = errno};
        std::strncpy(failure.what, what, sizeof failure.what - 1);
        static_cast<void>(!::write(failures_.get(), &failure, sizeof failure));
        ::_exit(70);
    }

    void make_world() {
        if (::unshare(CLONE_NEWNS) != 0) fail("cannot make a mount namespace");
        // What the host unmounts later goes here too; nothing of ours goes there.
        if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
            fail("cannot separate the mounts");
        }
        if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
            fail("cannot mount /proc");
        }
        hide_old_cgroups();
    }

    void hide_old_cgroups() {
        struct statfs info {};
        if (::statfs("/sys/fs/cgroup", &info) != 0 || info.f_type == CGROUP2_SUPER_MAGIC) return;
        // Made first, so that a kernel without cgroup2 leaves the host's layout in place: runc can
        // live with that one.
        const Fd context(::fsopen("cgroup2", FSOPEN_CLOEXEC));
        if (!context.valid()) return;
        if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return;
        const Fd pure(::fsmount(context.get(), FSMOUNT_CLOEXEC,
                                MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
        if (!pure.valid()) return;
        ::umount2("/sys/fs/cgroup", MNT_DETACH);
        ::move_mount(pure.get(), "", AT_FDCWD, "/sys/fs/cgroup", MOVE_MOUNT_F_EMPTY_PATH);
    }

    [[nodiscard]] int reap_until_end_of(pid_t body) const {
        while (true) {
            const siginfo_t info = watch_.wait();
            if (info.si_signo != SIGCHLD) {
                const bool passed_on =
                    info.si_code == SI_QUEUE && info.si_int == internal::kForwardedMark;
                if (passed_on) forward(body, info.si_signo);
                continue;
            }
            int status = 0;
            for (pid_t ended = 0; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;) {
                if (ended == body) return exit_code(status);
            }
        }
    }

    const SignalWatch& watch_;
    Fd alive_;
    Fd failures_;
};

// ---- In the outer process. ----

/// Forks into a new pid namespace; later children of ours are in our own again.
Result<pid_t> fork_into_pid_namespace() {
    const Fd own(::open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC));
    int saved_errno = errno;
    if (!own.valid()) return Error::from_errno(saved_errno, "cannot open /proc/self/ns/pid");
    const int result = ::unshare(CLONE_NEWPID);
    saved_errno = errno;
    if (result != 0) return Error::from_errno(saved_errno, "cannot make a pid namespace");
    std::fflush(nullptr);
    const pid_t pid = ::fork();
    saved_errno = errno;
    if (pid == 0) return pid;
    ::setns(own.get(), CLONE_NEWPID);
    if (pid < 0) return Error::from_errno(saved_errno, "fork");
    return pid;
}

Error setup_error(const SetupFailure& failure) {
    Error error = Error::from_errno(failure.error, failure.what);
    return Error(ErrorCode::kResource, error.message())
        .hint("run as root on a host or in a privileged container (CAP_SYS_ADMIN is needed)");
}

}  // namespace

Result<int> run_supervised(const std::function<int()>& body) {
    if (!is_root()) {
        return make_error(ErrorCode::kResource, "mounts and namespaces need root")
            .hint("run it with sudo");
    }
    cpu_count();  // asked while the host's cgroups can be seen
    SLIPWAY_ASSIGN(Pipe alive, make_pipe());
    SLIPWAY_ASSIGN(Pipe failures, make_pipe());
    const SignalWatch watch;
    auto forked = fork_into_pid_namespace();
    if (!forked) {
        return setup_error({.what = "cannot make a pid namespace",
                            .error = forked.error().system_errno().value_or(EPERM)});
    }
    const pid_t pid = *forked;
    if (pid == 0) {
        alive.write = Fd();
        failures.read = Fd();
        Init(watch, std::move(alive.read), std::move(failures.write)).run(body);
    }
    alive.read = Fd();
    failures.write = Fd();

    SetupFailure failure{};
    const ssize_t size = internal::retry_eintr(
        [&] { return ::read(failures.read.get(), &failure, sizeof failure); });
    int status = 0;
    while (::waitpid(pid, &status, WNOHANG) == 0) {
        const siginfo_t info = watch.wait();
        if (info.si_signo != SIGCHLD) forward(pid, info.si_signo);
    }
    if (size == static_cast<ssize_t>(sizeof failure)) return setup_error(failure);
    return exit_code(status);
}

}  // namespace slipway::os
