#include "base/digest.h"

#include "base/check.h"

#include <openssl/evp.h>

#include <cstring>

namespace slipway {

namespace {

constexpr std::string_view kPrefix = "sha256:";

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

}  // namespace

Result<Digest> Digest::parse(std::string_view text) {
    const auto invalid = [&] {
        return make_error(ErrorCode::kInvalidInput, "'{}' is not a digest (sha256:<64 hex digits>)",
                          text);
    };
    if (!text.starts_with(kPrefix) || text.size() != kPrefix.size() + 2 * kBytes) return invalid();
    text.remove_prefix(kPrefix.size());
    Bytes bytes{};
    for (std::size_t i = 0; i < kBytes; ++i) {
        const int high = hex_value(text[2 * i]);
        const int low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0) return invalid();
        bytes[i] = static_cast<unsigned char>(high * 16 + low);
    }
    return Digest(bytes);
}

Digest Digest::of(std::string_view data) {
    return Sha256().update(data).finish();
}

Digest Digest::of(std::span<const std::byte> data) {
    return Sha256().update(data).finish();
}

std::string Digest::hex() const {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    text.reserve(2 * kBytes);
    for (const unsigned char byte : bytes_) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

struct Sha256::Impl {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    Impl() { reset(); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() { EVP_MD_CTX_free(context); }
    void reset() const {
        // Fetched once: a lookup by name for each of a million small files would cost more than
        // hashing them.
        static const EVP_MD* const kSha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
        SLIPWAY_CHECK(EVP_DigestInit_ex(context, kSha256, nullptr) == 1, "OpenSSL has SHA-256");
    }
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

Sha256& Sha256::update(std::string_view data) {
    SLIPWAY_CHECK(EVP_DigestUpdate(impl_->context, data.data(), data.size()) == 1,
                  "SHA-256 takes data");
    return *this;
}

Sha256& Sha256::update(std::span<const std::byte> data) {
    SLIPWAY_CHECK(EVP_DigestUpdate(impl_->context, data.data(), data.size()) == 1,
                  "SHA-256 takes data");
    return *this;
}

Sha256& Sha256::field(std::string_view data) {
    std::array<unsigned char, 8> length{};
    for (std::size_t i = 0; i < length.size(); ++i) {
        length[i] = static_cast<unsigned char>((data.size() >> (8 * i)) & 0xff);
    }
    update(std::as_bytes(std::span(length)));
    return update(data);
}

Sha256& Sha256::field(const Digest& digest) {
    return update(std::as_bytes(std::span(digest.bytes())));
}

Digest Sha256::finish() {
    Digest::Bytes bytes{};
    unsigned int size = 0;
    SLIPWAY_CHECK(EVP_DigestFinal_ex(impl_->context, bytes.data(), &size) == 1, "SHA-256 ends");
    impl_->reset();
    return Digest(bytes);
}

}  // namespace slipway

std::size_t std::hash<slipway::Digest>::operator()(const slipway::Digest& digest) const noexcept {
    std::size_t value = 0;  // the bytes are random already
    std::memcpy(&value, digest.bytes().data(), sizeof value);
    return value;
}
