// Readers and writers that behave badly, and data to send through them.
#pragma once

#include "base/io.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace slipway::testing {

/// Gives at most `step` bytes a call.
class SlowReader final : public Reader {
  public:
    explicit SlowReader(std::string_view text, std::size_t step = 1) : inner_(text), step_(step) {}
    Result<std::size_t> read(std::span<std::byte> buffer) override {
        return inner_.read(buffer.first(std::min(buffer.size(), step_)));
    }

  private:
    MemoryReader inner_;
    std::size_t step_;
};

/// Gives `text`, then fails.
class FailingReader final : public Reader {
  public:
    explicit FailingReader(std::string_view text) : inner_(text) {}
    Result<std::size_t> read(std::span<std::byte> buffer) override {
        SLIPWAY_ASSIGN(const std::size_t size, inner_.read(buffer));
        if (size == 0) return make_error(ErrorCode::kUnavailable, "the disk is gone");
        return size;
    }

  private:
    MemoryReader inner_;
};

/// Takes `room` bytes, then fails.
class FullWriter final : public Writer {
  public:
    explicit FullWriter(std::size_t room) : room_(room) {}
    using Writer::write;
    Result<void> write(std::span<const std::byte> data) override {
        if (data.size() > room_) return make_error(ErrorCode::kResource, "the disk is full");
        room_ -= data.size();
        return {};
    }

  private:
    std::size_t room_;
};

/// Bytes that do not compress (splitmix64), the same for the same seed.
inline std::string random_bytes(std::size_t size, std::uint64_t seed = 1) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
        std::uint64_t z = (seed += 0x9E3779B97F4A7C15U);
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        text[i] = static_cast<char>(z ^ (z >> 31U));
    }
    return text;
}

/// Words in random order: compresses to about a third.
inline std::string random_text(std::size_t size, std::uint64_t seed = 1) {
    constexpr std::string_view kWords[] = {"layer ", "blob ",  "digest\n", "snapshot ",
                                           "mount ", "stage ", "graph ",   "cache\n"};
    std::string text;
    text.reserve(size + 16);
    for (std::uint64_t state = seed; text.size() < size;) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        text += kWords[state >> 61U];
    }
    text.resize(size);
    return text;
}

}  // namespace slipway::testing
