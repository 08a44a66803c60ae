#include "os/child.h"

#include "base/text.h"
#include "os/internal/stop_event.h"
#include "os/internal/syscalls.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <span>
#include <utility>

namespace slipway::os {

using internal::retry_eintr;
using internal::StopEvent;

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kGrace = std::chrono::seconds(2);

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> list;
    list.reserve(texts.size() + 1);
    for (const auto& text : texts) list.push_back(const_cast<char*>(text.c_str()));
    list.push_back(nullptr);
    return list;
}

/// What posix_spawn is to do in the child. All of it is prepared before the fork.
class SpawnPlan {
  public:
    SpawnPlan() {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawnattr_init(&attributes_);
        // Our threads block signals and we ignore SIGPIPE; a program expects to start without any
        // of that.
        sigset_t none;
        sigset_t all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;
    ~SpawnPlan() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }

    Result<void> prepare(const SpawnOptions& options) {
        std::vector<std::pair<int, int>> wanted = options.extra_fds;
        if (!options.inherit_stdio) {
            wanted.emplace_back(options.stdin_fd, STDIN_FILENO);
            wanted.emplace_back(options.stdout_fd, STDOUT_FILENO);
            wanted.emplace_back(options.stderr_fd, STDERR_FILENO);
        }
        int highest = STDERR_FILENO;
        for (const auto& [ours, theirs] : wanted) highest = std::max(highest, theirs);
        for (const auto& [ours, theirs] : wanted) {
            if (ours < 0) {
                const int flags = theirs == STDIN_FILENO ? O_RDONLY : O_WRONLY;
                ::posix_spawn_file_actions_addopen(&actions_, theirs, "/dev/null", flags, 0);
                continue;
            }
            // A copy above all target numbers, so that no dup2 overwrites what a later one needs.
            const int copy = ::fcntl(ours, F_DUPFD_CLOEXEC, highest + 1);
            const int saved_errno = errno;
            if (copy < 0) return Error::from_errno(saved_errno, "cannot pass on a file descriptor");
            copies_.emplace_back(copy);
            ::posix_spawn_file_actions_adddup2(&actions_, copy, theirs);
        }
        if (!options.cwd.empty()) {
            ::posix_spawn_file_actions_addchdir_np(&actions_, options.cwd.c_str());
        }
        return {};
    }

    [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
    [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

  private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
    std::vector<Fd> copies_;
};

/// Nobody else reaps our children, so the number is still this child's.
Result<Fd> open_pidfd(pid_t pid) {
    // Not by the C library's function: glibc 2.36 declares it without C linkage.
    const long fd = ::syscall(SYS_pidfd_open, pid, 0);
    const int saved_errno = errno;
    if (fd < 0) return Error::from_errno(saved_errno, "cannot watch a child process");
    return Fd(static_cast<int>(fd));
}

Result<ExitStatus> reap(pid_t pid) {
    siginfo_t info{};
    const int result =
        retry_eintr([&] { return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED); });
    const int saved_errno = errno;
    if (result != 0) return Error::from_errno(saved_errno, "cannot wait for a child process");
    if (info.si_code == CLD_EXITED) return ExitStatus{.code = info.si_status, .signal = {}};
    return ExitStatus{.code = 128 + info.si_status, .signal = info.si_status};
}

int milliseconds_until(const std::optional<Clock::time_point>& deadline) {
    if (!deadline) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(0, left.count()));
}

Result<void> poll_all(std::span<pollfd> fds, const std::optional<Clock::time_point>& deadline) {
    const int result =
        retry_eintr([&] { return ::poll(fds.data(), fds.size(), milliseconds_until(deadline)); });
    const int saved_errno = errno;
    if (result < 0) return Error::from_errno(saved_errno, "poll");
    return {};
}

/// SIGTERM now, SIGKILL when the grace is over.
class Stopper {
  public:
    explicit Stopper(const Child& child) : child_(child) {}
    void ask() {
        static_cast<void>(child_.signal(SIGTERM));
        deadline_ = Clock::now() + kGrace;
    }
    void insist() {
        if (!deadline_ || Clock::now() < *deadline_) return;
        static_cast<void>(child_.signal(SIGKILL));
        deadline_.reset();
    }
    [[nodiscard]] const std::optional<Clock::time_point>& deadline() const { return deadline_; }

  private:
    const Child& child_;
    std::optional<Clock::time_point> deadline_;
};

/// Reads what is there into `text`, up to `limit`; closes `fd` at the end of the stream.
Result<void> drain(Fd& fd, std::string& text, std::size_t limit) {
    std::array<char, 16 * 1024> buffer;
    while (fd.valid()) {
        const ssize_t size =
            retry_eintr([&] { return ::read(fd.get(), buffer.data(), buffer.size()); });
        const int saved_errno = errno;
        if (size < 0 && saved_errno == EAGAIN) return {};
        if (size < 0) return Error::from_errno(saved_errno, "cannot read a program's output");
        if (size == 0) return fd.close();
        const std::size_t room = limit - std::min(limit, text.size());
        text.append(buffer.data(), std::min(room, static_cast<std::size_t>(size)));
    }
    return {};
}

}  // namespace

Result<Child> Child::spawn(const SpawnOptions& options) {
    if (options.argv.empty()) return make_error(ErrorCode::kInvalidInput, "no program to start");
    const auto program = find_program(options.argv[0]);
    if (!program) {
        return make_error(ErrorCode::kNotFound, "program '{}' is not there", options.argv[0]);
    }
    SpawnPlan plan;
    SLIPWAY_TRY(plan.prepare(options));
    const std::vector<char*> argv = pointers(options.argv);
    std::vector<char*> env;
    if (options.env) env = pointers(*options.env);

    Child child;
    const int error =
        ::posix_spawn(&child.pid_, program->c_str(), plan.actions(), plan.attributes(), argv.data(),
                      options.env ? env.data() : ::environ);
    if (error != 0) {
        child.pid_ = -1;
        const std::string folder = options.cwd.empty() ? "" : fmt::format(" in '{}'", options.cwd);
        return Error::from_errno(error,
                                 fmt::format("cannot start '{}'{}", options.argv[0], folder));
    }
    SLIPWAY_ASSIGN(child.pidfd_, open_pidfd(child.pid_));
    return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)) {}

Child& Child::operator=(Child&& other) noexcept {
    Child taken(std::move(other));
    std::swap(pid_, taken.pid_);
    std::swap(pidfd_, taken.pidfd_);
    return *this;
}

Child::~Child() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);  // not reaped yet, so the number cannot be somebody else's
    static_cast<void>(reap(pid_));
}

Result<ExitStatus> Child::wait(std::stop_token stop, const std::function<void()>& on_stop) {
    if (pid_ < 0) return make_error(ErrorCode::kInternal, "waited twice for a child process");
    SLIPWAY_ASSIGN(const StopEvent stop_event, StopEvent::create(stop));
    Stopper stopper(*this);
    std::array<pollfd, 2> fds = {pollfd{.fd = pidfd_.get(), .events = POLLIN, .revents = 0},
                                 pollfd{.fd = stop_event.fd(), .events = POLLIN, .revents = 0}};
    while (true) {
        SLIPWAY_TRY(poll_all(fds, stopper.deadline()));
        if (fds[0].revents != 0) break;
        if (fds[1].revents != 0) {
            fds[1].fd = -1;
            if (on_stop) {
                on_stop();
            } else {
                stopper.ask();
            }
        }
        stopper.insist();
    }
    pidfd_ = Fd();
    return reap(std::exchange(pid_, -1));
}

Result<void> Child::signal(int number) const {
    if (pid_ < 0) return make_error(ErrorCode::kInternal, "signal to a child process that is gone");
    const int result = ::kill(pid_, number);
    const int saved_errno = errno;
    if (result != 0) return Error::from_errno(saved_errno, "cannot signal a child process");
    return {};
}

Result<Output> run_command(SpawnOptions options, std::stop_token stop, std::size_t limit) {
    SLIPWAY_ASSIGN(const StopEvent stop_event, StopEvent::create(stop));
    SLIPWAY_ASSIGN(Pipe out, make_pipe());
    SLIPWAY_ASSIGN(Pipe err, make_pipe());
    for (const Fd* fd : {&out.read, &err.read}) {
        const int result = ::fcntl(fd->get(), F_SETFL, O_NONBLOCK);
        const int saved_errno = errno;
        if (result != 0) return Error::from_errno(saved_errno, "fcntl");
    }
    options.stdout_fd = out.write.get();
    options.stderr_fd = err.write.get();
    options.inherit_stdio = false;
    SLIPWAY_ASSIGN(Child child, Child::spawn(options));
    out.write = Fd();
    err.write = Fd();

    SLIPWAY_ASSIGN(const Fd ended, open_pidfd(child.pid()));
    Stopper stopper(child);
    Output output;
    bool stopped = false;
    // The end of the process ends the reading, even when something it left behind still holds the
    // pipes.
    for (bool running = true; running;) {
        std::array<pollfd, 4> fds = {
            pollfd{.fd = ended.get(), .events = POLLIN, .revents = 0},
            pollfd{.fd = out.read.get(), .events = POLLIN, .revents = 0},
            pollfd{.fd = err.read.get(), .events = POLLIN, .revents = 0},
            pollfd{.fd = stopped ? -1 : stop_event.fd(), .events = POLLIN, .revents = 0}};
        SLIPWAY_TRY(poll_all(fds, stopper.deadline()));
        running = fds[0].revents == 0;
        SLIPWAY_TRY(drain(out.read, output.out, limit));
        SLIPWAY_TRY(drain(err.read, output.err, limit));
        if (fds[3].revents != 0) {
            stopped = true;
            stopper.ask();
        }
        stopper.insist();
    }
    SLIPWAY_ASSIGN(output.status, child.wait());
    if (stopped && !output.status.ok()) {
        return make_error(ErrorCode::kCancelled, "'{}' was stopped", options.argv[0]);
    }
    return output;
}

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    const int result = ::pipe2(ends.data(), O_CLOEXEC);
    const int saved_errno = errno;
    if (result != 0) return Error::from_errno(saved_errno, "pipe");
    return Pipe{.read = Fd(ends[0]), .write = Fd(ends[1])};
}

std::optional<std::string> find_program(std::string_view name) {
    const auto runnable = [](const std::string& path) {
        struct stat info {};
        return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
               ::access(path.c_str(), X_OK) == 0;
    };
    if (name.empty()) return std::nullopt;
    if (name.find('/') != std::string_view::npos) {
        std::string path(name);
        return runnable(path) ? std::optional(std::move(path)) : std::nullopt;
    }
    const char* variable = std::getenv("PATH");
    const std::string_view folders = variable == nullptr ? "/usr/bin:/bin" : variable;
    for (const std::string_view folder : split(folders, ':')) {
        std::string path = fmt::format("{}/{}", folder.empty() ? "." : folder, name);
        if (runnable(path)) return path;
    }
    return std::nullopt;
}

}  // namespace slipway::os
