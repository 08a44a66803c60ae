#include "archive/compress.h"

#include <isa-l.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace slipway::archive {

namespace {

constexpr std::size_t kInputSize = std::size_t{256} << 10;
constexpr std::size_t kMagicSize = 4;

Error corrupt(std::string_view format, std::string_view why) {
    return make_error(ErrorCode::kCorrupt, "the {} data {}", format, why);
}

/// Bytes of `source` that are read but not used yet.
class Input {
  public:
    explicit Input(Reader& source) : source_(source), buffer_(kInputSize) {}

    [[nodiscard]] std::span<const std::byte> rest() const { return rest_; }
    void use(std::size_t size) { rest_ = rest_.subspan(size); }

    /// Reads on when nothing is left; false at the end.
    Result<bool> fill() { return fill(1); }

    /// At least `wanted` bytes in rest(), or all that there are.
    Result<bool> fill(std::size_t wanted) {
        if (rest_.size() >= wanted) return true;
        std::memmove(buffer_.data(), rest_.data(), rest_.size());
        std::size_t have = rest_.size();
        while (have < wanted) {
            SLIPWAY_ASSIGN(const std::size_t size, source_.read(std::span(buffer_).subspan(have)));
            if (size == 0) break;
            have += size;
        }
        rest_ = std::span(buffer_).first(have);
        return have >= wanted;
    }

  private:
    Reader& source_;
    std::vector<std::byte> buffer_;
    std::span<const std::byte> rest_{buffer_.data(), 0};
};

class PlainReader final : public Reader {
  public:
    explicit PlainReader(Input input, Reader& source) : input_(std::move(input)), source_(source) {}

    Result<std::size_t> read(std::span<std::byte> buffer) override {
        const auto rest = input_.rest();
        if (rest.empty()) return source_.read(buffer);
        const std::size_t size = std::min(rest.size(), buffer.size());
        std::memcpy(buffer.data(), rest.data(), size);
        input_.use(size);
        return size;
    }

  private:
    Input input_;
    Reader& source_;
};

class GzipReader final : public Reader {
  public:
    explicit GzipReader(Input input) : input_(std::move(input)) { start_member(); }

    Result<std::size_t> read(std::span<std::byte> buffer) override {
        if (buffer.empty()) return 0;
        while (!ended_) {
            SLIPWAY_ASSIGN(const std::size_t size, inflate(buffer));
            if (state_.block_state == ISAL_BLOCK_FINISH) SLIPWAY_TRY(next_member());
            if (size != 0) return size;
        }
        return 0;
    }

  private:
    void start_member() {
        isal_inflate_init(&state_);
        state_.crc_flag = ISAL_GZIP;  // reads the header, checks the CRC and the length
    }

    Result<std::size_t> inflate(std::span<std::byte> buffer) {
        // Output may wait inside when the last call's buffer was full; only then the input may be
        // at its end.
        SLIPWAY_ASSIGN(const bool more, input_.fill());
        const auto rest = input_.rest();
        // ISA-L only reads through it.
        state_.next_in =
            const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(rest.data()));
        state_.avail_in = static_cast<std::uint32_t>(rest.size());
        state_.next_out = reinterpret_cast<std::uint8_t*>(buffer.data());
        const auto room =
            static_cast<std::uint32_t>(std::min<std::size_t>(buffer.size(), 1U << 30));
        state_.avail_out = room;
        const int status = isal_inflate(&state_);
        if (status == ISAL_INCORRECT_CHECKSUM) return corrupt("gzip", "has a wrong checksum");
        if (status != ISAL_DECOMP_OK && status != ISAL_END_INPUT) {
            return corrupt("gzip", fmt::format("is broken (ISA-L status {})", status));
        }
        // After an error it may say that more input is left than there was.
        input_.use(rest.size() - state_.avail_in);
        const std::size_t size = room - state_.avail_out;
        if (!more && size == 0 && state_.block_state != ISAL_BLOCK_FINISH) {
            return corrupt("gzip", "ends too early");
        }
        return size;
    }

    /// Another member, or zeros up to the end (tapes and some tools pad), or the end.
    Result<void> next_member() {
        while (true) {
            SLIPWAY_ASSIGN(const bool more, input_.fill());
            if (!more) {
                ended_ = true;
                return {};
            }
            const auto first = input_.rest().front();
            if (first != std::byte{0}) break;
            input_.use(1);
            padded_ = true;
        }
        if (padded_ || input_.rest().front() != std::byte{0x1f}) {
            return corrupt("gzip", "is followed by something else");
        }
        start_member();
        return {};
    }

    Input input_;
    inflate_state state_{};
    bool padded_ = false;
    bool ended_ = false;
};

struct FreeStream {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

class ZstdReader final : public Reader {
  public:
    explicit ZstdReader(Input input) : input_(std::move(input)), stream_(ZSTD_createDStream()) {}

    Result<std::size_t> read(std::span<std::byte> buffer) override {
        if (stream_ == nullptr) return make_error(ErrorCode::kResource, "zstd: out of memory");
        ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
        while (out.pos == 0 && out.size != 0) {
            SLIPWAY_ASSIGN(const bool more, input_.fill());
            // Output may wait inside; otherwise the input may end only between frames.
            if (!more && frame_complete_) return 0;
            ZSTD_inBuffer in{input_.rest().data(), input_.rest().size(), 0};
            const std::size_t wants = ZSTD_decompressStream(stream_.get(), &out, &in);
            input_.use(in.pos);
            if (ZSTD_isError(wants) != 0U) return broken(wants);
            if (!more && out.pos == 0) return corrupt("zstd", "ends too early");
            frame_complete_ = wants == 0;
        }
        return out.pos;
    }

  private:
    static Error broken(std::size_t status) {
        if (ZSTD_getErrorCode(status) == ZSTD_error_frameParameter_windowTooLarge) {
            return make_error(ErrorCode::kUnsupported,
                              "the zstd data needs a window of more than 128 MiB");
        }
        return corrupt("zstd", fmt::format("is broken: {}", ZSTD_getErrorName(status)));
    }

    Input input_;
    std::unique_ptr<ZSTD_DStream, FreeStream> stream_;
    bool frame_complete_ = true;
};

bool is_gzip(std::span<const std::byte> start) {
    return start.size() >= 2 && start[0] == std::byte{0x1f} && start[1] == std::byte{0x8b};
}

bool is_zstd(std::span<const std::byte> start) {
    if (start.size() < kMagicSize) return false;
    std::uint32_t magic = 0;
    for (std::size_t i = kMagicSize; i-- > 0;) {
        magic = magic << 8 | std::to_integer<std::uint32_t>(start[i]);
    }
    return magic == ZSTD_MAGICNUMBER ||
           (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

}  // namespace

Result<std::unique_ptr<Reader>> make_decompressor(Reader& source) {
    Input input(source);
    SLIPWAY_TRY(input.fill(kMagicSize));
    std::unique_ptr<Reader> reader;
    if (is_gzip(input.rest())) {
        reader = std::make_unique<GzipReader>(std::move(input));
    } else if (is_zstd(input.rest())) {
        reader = std::make_unique<ZstdReader>(std::move(input));
    } else {
        reader = std::make_unique<PlainReader>(std::move(input), source);
    }
    return reader;
}

}  // namespace slipway::archive
