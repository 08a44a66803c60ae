// zstd in frames of 4 MiB that know nothing of each other (RFC 8878 lets a file have any number of
// frames). Measured on shared libraries at level 3 this costs 0.6 % of size against one frame.
// libzstd's own threads would do as well, but not on our pool: every layer would bring its own.

#include "archive/internal/block_format.h"

#include <zstd.h>

namespace slipway::archive {

namespace {

constexpr std::size_t kBlockSize = std::size_t{4} << 20;
constexpr int kDefaultLevel = 3;

struct FreeContext {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

class ZstdWorker final : public BlockWorker {
  public:
    explicit ZstdWorker(int level) : context_(ZSTD_createCCtx()) {
        if (context_ == nullptr) return;
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
    }

    Result<void> compress(Block& block) override {
        SLIPWAY_ASSIGN(block.out.used, compress(block.out.data.get(), block.out.capacity,
                                                block.in.data.get(), block.in.used));
        return {};
    }

    Result<std::size_t> compress(void* out, std::size_t room, const void* in, std::size_t size) {
        if (context_ == nullptr) return make_error(ErrorCode::kResource, "zstd: out of memory");
        const std::size_t written = ZSTD_compress2(context_.get(), out, room, in, size);
        if (ZSTD_isError(written) != 0U) {
            return make_error(ErrorCode::kInternal, "zstd: {}", ZSTD_getErrorName(written));
        }
        return written;
    }

  private:
    std::unique_ptr<ZSTD_CCtx, FreeContext> context_;
};

class ZstdFormat final : public BlockFormat {
  public:
    explicit ZstdFormat(int level) : level_(level) {}

    [[nodiscard]] std::size_t block_size() const override { return kBlockSize; }
    [[nodiscard]] std::size_t bound() const override { return ZSTD_compressBound(kBlockSize); }
    [[nodiscard]] std::unique_ptr<BlockWorker> make_worker() const override {
        return std::make_unique<ZstdWorker>(level_);
    }
    [[nodiscard]] std::string header() const override { return {}; }
    void account(const Block& /*block*/) override { any_ = true; }

    /// Nothing at all still needs one frame, or readers would not take it for zstd.
    [[nodiscard]] std::string trailer() const override {
        if (any_) return {};
        std::string frame(ZSTD_compressBound(0), '\0');
        const auto size = ZstdWorker(level_).compress(frame.data(), frame.size(), nullptr, 0);
        frame.resize(size.value_or(0));
        return frame;
    }

  private:
    int level_;
    bool any_ = false;
};

}  // namespace

Result<std::unique_ptr<BlockFormat>> make_zstd_format(std::optional<int> level) {
    const int chosen = level.value_or(kDefaultLevel);
    if (chosen < 1 || chosen > ZSTD_maxCLevel()) {
        return make_error(ErrorCode::kInvalidInput, "zstd has levels 1 to {}, not {}",
                          ZSTD_maxCLevel(), chosen);
    }
    return std::make_unique<ZstdFormat>(chosen);
}

}  // namespace slipway::archive
