// gzip in blocks: one member (RFC 1952) whose deflate stream is cut every megabyte by a full flush,
// which ends on a byte and forgets the window. So the blocks are made apart and put together, and
// every gunzip reads the result.
//
//   header | block ... flush | block ... flush | 03 00 (an empty last block) | CRC-32 | length
//
// Levels 0 to 3 are ISA-L's (2 is the default: 10 times as fast as zlib's 6 at nearly its ratio), 4
// to 9 zlib's. ISA-L's bytes are the same for any number of threads, but not for every kind of
// processor; the diff ID always is.

#include "archive/internal/block_format.h"

#include <isa-l.h>
#include <zlib.h>

namespace slipway::archive {

namespace {

constexpr std::size_t kBlockSize = std::size_t{1} << 20;
constexpr int kDefaultLevel = 2;
constexpr int kLastIsalLevel = 3;
constexpr int kLastLevel = 9;

// A stored deflate block takes 5 bytes for each 65535, a flush 5 more; zlib may need a little above
// that.
constexpr std::size_t kBound = kBlockSize + kBlockSize / 1000 + 64;

unsigned char* bytes(std::byte* data) {
    return reinterpret_cast<unsigned char*>(data);
}

std::uint32_t crc_of(const Block& block) {
    return crc32_gzip_refl(0, bytes(block.in.data.get()), block.in.used);
}

class IsalWorker final : public BlockWorker {
  public:
    explicit IsalWorker(int level) : level_(level), level_buffer_(buffer_size(level)) {}

    Result<void> compress(Block& block) override {
        isal_deflate_stateless_init(&stream_);
        stream_.level = static_cast<std::uint32_t>(level_);
        stream_.level_buf = bytes(level_buffer_.data.get());
        stream_.level_buf_size = static_cast<std::uint32_t>(level_buffer_.capacity);
        stream_.flush = FULL_FLUSH;
        stream_.end_of_stream = 0;
        stream_.next_in = bytes(block.in.data.get());
        stream_.avail_in = static_cast<std::uint32_t>(block.in.used);
        stream_.next_out = bytes(block.out.data.get());
        stream_.avail_out = static_cast<std::uint32_t>(block.out.capacity);
        // Stores the block as it is when that is shorter.
        if (const int status = isal_deflate_stateless(&stream_);
            status != COMP_OK || stream_.avail_in != 0) {
            return make_error(ErrorCode::kInternal, "ISA-L deflate failed with {}", status);
        }
        block.out.used = stream_.total_out;
        block.crc = crc_of(block);
        return {};
    }

  private:
    static std::size_t buffer_size(int level) {
        switch (level) {
            case 1:
                return ISAL_DEF_LVL1_DEFAULT;
            case 2:
                return ISAL_DEF_LVL2_DEFAULT;
            case 3:
                return ISAL_DEF_LVL3_DEFAULT;
            default:
                return ISAL_DEF_LVL0_DEFAULT;
        }
    }

    int level_;
    Buffer level_buffer_;
    isal_zstream stream_{};
};

class ZlibWorker final : public BlockWorker {
  public:
    explicit ZlibWorker(int level)
        : ready_(deflateInit2(&stream_, level, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL,
                              Z_DEFAULT_STRATEGY) == Z_OK) {}
    ZlibWorker(const ZlibWorker&) = delete;
    ZlibWorker& operator=(const ZlibWorker&) = delete;
    ~ZlibWorker() override { deflateEnd(&stream_); }

    Result<void> compress(Block& block) override {
        if (!ready_ || deflateReset(&stream_) != Z_OK) {
            return make_error(ErrorCode::kResource, "zlib could not start: out of memory");
        }
        stream_.next_in = bytes(block.in.data.get());
        stream_.avail_in = static_cast<uInt>(block.in.used);
        stream_.next_out = bytes(block.out.data.get());
        stream_.avail_out = static_cast<uInt>(block.out.capacity);
        // Room left over is how zlib says that the flush is complete.
        if (const int status = deflate(&stream_, Z_FULL_FLUSH);
            status != Z_OK || stream_.avail_in != 0 || stream_.avail_out == 0) {
            return make_error(ErrorCode::kInternal, "zlib deflate failed with {}", status);
        }
        block.out.used = block.out.capacity - stream_.avail_out;
        block.crc = crc_of(block);
        return {};
    }

  private:
    z_stream stream_{};
    bool ready_;
};

class GzipFormat final : public BlockFormat {
  public:
    explicit GzipFormat(int level) : level_(level) {}

    [[nodiscard]] std::size_t block_size() const override { return kBlockSize; }
    [[nodiscard]] std::size_t bound() const override { return kBound; }

    [[nodiscard]] std::unique_ptr<BlockWorker> make_worker() const override {
        if (level_ > kLastIsalLevel) return std::make_unique<ZlibWorker>(level_);
        return std::make_unique<IsalWorker>(level_);
    }

    [[nodiscard]] std::string header() const override {
        // deflate, no flags, no time, no hint of the level, unknown system
        return {'\x1f', '\x8b', 8, 0, 0, 0, 0, 0, 0, '\xff'};
    }

    void account(const Block& block) override {
        crc_ = static_cast<std::uint32_t>(
            crc32_combine(crc_, block.crc, static_cast<z_off_t>(block.in.used)));
        size_ += static_cast<std::uint32_t>(block.in.used);  // modulo 2^32, as the format says
    }

    [[nodiscard]] std::string trailer() const override {
        std::string text{3, 0};
        for (const std::uint32_t number : {crc_, size_}) {
            for (unsigned shift = 0; shift < 32; shift += 8) {
                text.push_back(static_cast<char>((number >> shift) & 0xFF));
            }
        }
        return text;
    }

  private:
    int level_;
    std::uint32_t crc_ = 0;
    std::uint32_t size_ = 0;
};

}  // namespace

Result<std::unique_ptr<BlockFormat>> make_gzip_format(std::optional<int> level) {
    const int chosen = level.value_or(kDefaultLevel);
    if (chosen < 0 || chosen > kLastLevel) {
        return make_error(ErrorCode::kInvalidInput, "gzip has levels 0 to {}, not {}", kLastLevel,
                          chosen);
    }
    return std::make_unique<GzipFormat>(chosen);
}

}  // namespace slipway::archive
