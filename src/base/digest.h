// Content digests as the OCI image spec writes them: "sha256:" and 64 hex digits. SHA-256 is the
// only algorithm.
#pragma once

#include "base/result.h"

#include <array>
#include <compare>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace slipway {

class Digest {
  public:
    static constexpr std::size_t kBytes = 32;
    using Bytes = std::array<unsigned char, kBytes>;

    /// All zero: "no digest yet". Never the digest of anything that exists.
    Digest() = default;
    explicit Digest(const Bytes& bytes) : bytes_(bytes) {}

    /// Accepts "sha256:<64 lower-case hex digits>" only; everything else is kInvalidInput.
    static Result<Digest> parse(std::string_view text);
    static Digest of(std::string_view data);
    static Digest of(std::span<const std::byte> data);

    [[nodiscard]] const Bytes& bytes() const { return bytes_; }
    [[nodiscard]] std::string hex() const;
    [[nodiscard]] std::string short_hex() const { return hex().substr(0, 12); }
    [[nodiscard]] std::string to_string() const { return "sha256:" + hex(); }
    [[nodiscard]] bool is_zero() const { return *this == Digest(); }

    auto operator<=>(const Digest&) const = default;

  private:
    Bytes bytes_{};
};

/// SHA-256 over data that comes in pieces. Not thread-safe.
class Sha256 {
  public:
    Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    ~Sha256();

    Sha256& update(std::string_view data);
    Sha256& update(std::span<const std::byte> data);
    /// Length first, so that ("ab","c") and ("a","bc") differ. For keys made of fields.
    Sha256& field(std::string_view data);
    Sha256& field(const Digest& digest);

    /// The digest of all that came so far; starts again after it.
    Digest finish();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slipway

template <>
struct std::hash<slipway::Digest> {
    std::size_t operator()(const slipway::Digest& digest) const noexcept;
};

template <>
struct fmt::formatter<slipway::Digest> : fmt::formatter<std::string> {
    template <typename Context>
    auto format(const slipway::Digest& digest, Context& context) const {
        return fmt::formatter<std::string>::format(digest.to_string(), context);
    }
};
