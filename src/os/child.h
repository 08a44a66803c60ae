// Child processes: started with posix_spawn or clone, watched by pidfd, killed and reaped by their
// owner.
#pragma once

#include "base/result.h"
#include "os/fd.h"

#include <sys/types.h>

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace slipway::os {

struct ExitStatus {
    int code = 0;  ///< exit code, or 128 + signal
    std::optional<int> signal;
    [[nodiscard]] bool ok() const { return code == 0 && !signal; }
};

struct SpawnOptions {
    std::vector<std::string> argv;                ///< argv[0] is looked up in PATH
    std::optional<std::vector<std::string>> env;  ///< "K=V"; nothing: ours
    std::string cwd;                              ///< "": ours
    int stdin_fd = -1;                            ///< -1: /dev/null
    int stdout_fd = -1;                           ///< -1: /dev/null
    int stderr_fd = -1;                           ///< -1: /dev/null
    std::vector<std::pair<int, int>> extra_fds;   ///< (our number, number in the child)
    bool inherit_stdio = false;  ///< all three are ours (overrides the fields above)
};

class Child {
  public:
    static Result<Child> spawn(const SpawnOptions& options);
    Child(Child&&) noexcept;
    Child& operator=(Child&&) noexcept;
    /// Kills (SIGKILL) and reaps when nobody waited.
    ~Child();

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Blocks until it ends. When `stop` is asked: `on_stop` (default: SIGTERM, then SIGKILL after
    /// 2 s), and goes on waiting for the end, so that no process is left behind.
    Result<ExitStatus> wait(std::stop_token stop = {},
                            const std::function<void()>& on_stop = nullptr);
    Result<void> signal(int number) const;

  private:
    Child() = default;
    pid_t pid_ = -1;
    Fd pidfd_;
};

struct Output {
    ExitStatus status;
    std::string out;
    std::string err;
};
/// Runs to the end and collects both streams (each at most `limit` bytes, the rest is dropped). For
/// small helpers.
Result<Output> run_command(SpawnOptions options, std::stop_token stop = {},
                           std::size_t limit = 1U << 20);

struct Pipe {
    Fd read;
    Fd write;
};
Result<Pipe> make_pipe();  ///< close-on-exec

/// Full path of a program in PATH, if it is there.
std::optional<std::string> find_program(std::string_view name);

}  // namespace slipway::os
