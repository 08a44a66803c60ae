// Owner of one file descriptor.
#pragma once

#include "base/io.h"
#include "base/result.h"

namespace slipway::os {

class Fd {
  public:
    Fd() = default;
    explicit Fd(int number) : number_(number) {}
    Fd(Fd&& other) noexcept : number_(other.release()) {}
    Fd& operator=(Fd&& other) noexcept;
    ~Fd();

    [[nodiscard]] int get() const { return number_; }
    [[nodiscard]] bool valid() const { return number_ >= 0; }
    int release();
    /// Where the error matters (data written); the number is forgotten before closing, never
    /// retried.
    Result<void> close();
    [[nodiscard]] Result<Fd> duplicate() const;

  private:
    int number_ = -1;
};

/// Reads from the current offset of a descriptor that outlives it.
class FdReader final : public Reader {
  public:
    explicit FdReader(const Fd& fd) : fd_(fd) {}
    Result<std::size_t> read(std::span<std::byte> buffer) override;

  private:
    const Fd& fd_;
};

class FdWriter final : public Writer {
  public:
    explicit FdWriter(const Fd& fd) : fd_(fd) {}
    using Writer::write;
    Result<void> write(std::span<const std::byte> data) override;

  private:
    const Fd& fd_;
};

}  // namespace slipway::os
