// Streams of bytes with bounded memory. Whoever moves layers moves them through these.
#pragma once

#include "base/digest.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace slipway {

class Reader {
  public:
    virtual ~Reader() = default;
    /// Fills up to buffer.size() bytes; 0 means the end (never for a non-empty buffer before it).
    /// Blocks.
    virtual Result<std::size_t> read(std::span<std::byte> buffer) = 0;
};

class Writer {
  public:
    virtual ~Writer() = default;
    /// Takes all of `data` or fails. Blocks.
    virtual Result<void> write(std::span<const std::byte> data) = 0;

    Result<void> write(std::string_view text) { return write(std::as_bytes(std::span(text))); }
};

/// Reads from memory that outlives it.
class MemoryReader final : public Reader {
  public:
    explicit MemoryReader(std::span<const std::byte> data) : data_(data) {}
    explicit MemoryReader(std::string_view text) : data_(std::as_bytes(std::span(text))) {}
    Result<std::size_t> read(std::span<std::byte> buffer) override;

  private:
    std::span<const std::byte> data_;
};

/// Collects into a string; for small things and tests.
class StringWriter final : public Writer {
  public:
    using Writer::write;
    Result<void> write(std::span<const std::byte> data) override;
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    std::string text_;
};

/// Passes data on and keeps its digest and size.
class DigestWriter final : public Writer {
  public:
    explicit DigestWriter(Writer& next) : next_(next) {}
    using Writer::write;
    Result<void> write(std::span<const std::byte> data) override;
    [[nodiscard]] std::uint64_t size() const { return size_; }
    /// Once, after the last write.
    Digest finish() { return hash_.finish(); }

  private:
    Writer& next_;
    Sha256 hash_;
    std::uint64_t size_ = 0;
};

/// Everything until the end, in pieces of `buffer_size`; returns how many bytes went through.
Result<std::uint64_t> copy_stream(Reader& from, Writer& to, std::size_t buffer_size = 256UL * 1024);

/// All of it as a string; fails with kInvalidInput past `limit`.
Result<std::string> read_text(Reader& from, std::size_t limit);

}  // namespace slipway
