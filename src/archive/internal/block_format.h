// A compressed format as a row of blocks that know nothing of each other, so that each can be made
// on any thread.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace slipway::archive {

/// Memory that is not set to zero first.
struct Buffer {
    explicit Buffer(std::size_t size) : data(new std::byte[size]), capacity(size) {}
    std::unique_ptr<std::byte[]> data;
    std::size_t capacity;
    std::size_t used = 0;
};

struct Block {
    Block(std::size_t in_size, std::size_t out_size) : in(in_size), out(out_size) {}
    Buffer in;
    Buffer out;
    std::uint32_t crc = 0;  ///< of `in`, when the format needs it
};

/// What one thread needs to compress blocks, one after another.
class BlockWorker {
  public:
    virtual ~BlockWorker() = default;
    /// Fills `out` and `crc` from `in`, which is not empty.
    virtual Result<void> compress(Block& block) = 0;
};

class BlockFormat {
  public:
    virtual ~BlockFormat() = default;
    [[nodiscard]] virtual std::size_t block_size() const = 0;
    /// Room that any compressed block fits into.
    [[nodiscard]] virtual std::size_t bound() const = 0;
    /// From any thread.
    [[nodiscard]] virtual std::unique_ptr<BlockWorker> make_worker() const = 0;
    [[nodiscard]] virtual std::string header() const = 0;
    /// Sees each block in order before trailer().
    virtual void account(const Block& block) = 0;
    [[nodiscard]] virtual std::string trailer() const = 0;
};

/// Both kInvalidInput for a level that the format does not have.
Result<std::unique_ptr<BlockFormat>> make_gzip_format(std::optional<int> level);
Result<std::unique_ptr<BlockFormat>> make_zstd_format(std::optional<int> level);

}  // namespace slipway::archive
