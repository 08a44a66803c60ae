// Where a renderer writes. A reader that went away (a closed pipe) must not end the build.
#pragma once

#include "base/io.h"
#include "os/fd.h"

#include <string_view>

namespace slipway::ui::internal {

/// Borrows the descriptor. After the first failure it writes nothing any more. Not thread-safe.
class Output final : public Writer {
  public:
    explicit Output(int fd) : fd_(fd) {}
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    ~Output() override { fd_.release(); }

    using Writer::write;
    Result<void> write(std::span<const std::byte> data) override {
        if (broken_ || data.empty()) return {};
        broken_ = !os::FdWriter(fd_).write(data).has_value();
        return {};
    }
    void show(std::string_view text) { static_cast<void>(write(text)); }

  private:
    os::Fd fd_;
    bool broken_ = false;
};

}  // namespace slipway::ui::internal
