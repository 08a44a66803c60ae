#pragma once

#include "base/digest.h"
#include "base/result.h"
#include "os/fd.h"

#include <cstdint>

namespace slipway::snapshot {

struct HashedData {
    Digest digest;
    std::uint64_t size = 0;
};

/// Reads `from` to its end, and writes it to `to` unless that is null. `expected_size` only chooses
/// the buffer.
Result<HashedData> hash_data(const os::Fd& from, std::uint64_t expected_size, const os::Fd* to);

/// Reads through to another reader, and keeps the digest of all that came by.
class DigestReader final : public Reader {
  public:
    explicit DigestReader(Reader& from) : from_(from) {}
    Result<std::size_t> read(std::span<std::byte> buffer) override;
    /// Reads what is left (behind an archive's end) and returns the digest of everything.
    Result<Digest> finish();

  private:
    Reader& from_;
    Sha256 hash_;
};

}  // namespace slipway::snapshot
