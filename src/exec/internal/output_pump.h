// Takes what a process writes to its two pipes and hands it on, with secrets hidden.
#pragma once

#include "exec/internal/masker.h"
#include "os/child.h"
#include "os/fd.h"

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace slipway::exec {

using OutputHandler = std::function<void(int stream, std::string_view text)>;

/// One thread per pipe; `on_output` (may be null) is never called by both at once. Memory does not
/// grow with the output.
class OutputPump {
  public:
    static Result<OutputPump> create();
    /// For the child; close them (see start) as soon as it runs, or the end of the output is never
    /// seen.
    [[nodiscard]] int stdout_fd() const { return out_.write.get(); }
    [[nodiscard]] int stderr_fd() const { return err_.write.get(); }
    /// Closes our copies of the writing ends and begins to read. `on_output` and `secrets` outlive
    /// join().
    void start(const OutputHandler& on_output, const std::vector<std::string>& secrets);
    /// Returns when every process that held the pipes has closed them.
    void join();

  private:
    OutputPump(os::Pipe out, os::Pipe err) : out_(std::move(out)), err_(std::move(err)) {}
    os::Pipe out_;
    os::Pipe err_;
    std::unique_ptr<std::mutex> calls_ = std::make_unique<std::mutex>();
    std::vector<std::jthread> threads_;
};

}  // namespace slipway::exec
