// Everything a step wrote, kept until it is known whether the step fails.
#pragma once

#include "base/io.h"
#include "base/result.h"
#include "os/fd.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace slipway::ui::internal {

/// In memory up to a limit, then in a file without a name in the folder for temporary files. Not
/// thread-safe.
class LogSpool {
  public:
    static constexpr std::size_t kMemory = 2U << 20;

    /// Does not fail: where no file can be written (a full disk), the oldest text is given up, and
    /// replay says so.
    void append(std::string_view text);
    [[nodiscard]] bool empty() const { return in_file_ == 0 && memory_.empty(); }
    Result<void> replay(Writer& to) const;
    void clear();

  private:
    void spill();

    std::string memory_;
    os::Fd file_;
    std::uint64_t in_file_ = 0;
    std::uint64_t lost_ = 0;
};

}  // namespace slipway::ui::internal
