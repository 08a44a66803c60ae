// Where an archive goes: a file that appears whole, or standard output.
#pragma once

#include "base/io.h"
#include "os/fd.h"

#include <stop_token>
#include <string>

namespace slipway::exporter {

/// Removed again unless committed. A destination that is no regular file (a pipe, /dev/null) is
/// written to directly.
class OutputFile final : public Writer {
  public:
    /// "-" is standard output; kUsage when that is a terminal, or when `dest` is a directory.
    static Result<OutputFile> open(const std::string& dest, std::stop_token stop);
    OutputFile(OutputFile&&) noexcept;
    OutputFile& operator=(OutputFile&&) = delete;
    ~OutputFile() override;

    using Writer::write;
    /// kCancelled when asked to stop.
    Result<void> write(std::span<const std::byte> data) override;
    Result<void> commit();

  private:
    OutputFile(os::Fd fd, std::string dest, std::string aside, std::stop_token stop);
    os::Fd fd_;
    std::string dest_;
    std::string aside_;  ///< renamed to dest_ by commit(); empty when written directly
    std::stop_token stop_;
};

}  // namespace slipway::exporter
