#include "snapshot/internal/hash_data.h"

#include "base/io.h"

#include <algorithm>
#include <vector>

namespace slipway::snapshot {

Result<HashedData> hash_data(const os::Fd& from, std::uint64_t expected_size, const os::Fd* to) {
    // Most files are small: one read, and no clearing of a large buffer for each. One byte more, to
    // see the end.
    constexpr std::uint64_t kLargest = 256U << 10;
    std::vector<std::byte> buffer(std::min(expected_size + 1, kLargest));
    os::FdReader reader(from);
    Sha256 hash;
    HashedData hashed;
    while (true) {
        SLIPWAY_ASSIGN(const std::size_t size, reader.read(buffer));
        if (size == 0) break;
        const auto piece = std::span<const std::byte>(buffer).first(size);
        hash.update(piece);
        hashed.size += size;
        if (to != nullptr) SLIPWAY_TRY(os::FdWriter(*to).write(piece));
    }
    hashed.digest = hash.finish();
    return hashed;
}

Result<std::size_t> DigestReader::read(std::span<std::byte> buffer) {
    SLIPWAY_ASSIGN(const std::size_t size, from_.read(buffer));
    hash_.update(std::span<const std::byte>(buffer).first(size));
    return size;
}

Result<Digest> DigestReader::finish() {
    std::vector<std::byte> rest(std::size_t{64} << 10);
    while (true) {
        SLIPWAY_ASSIGN(const std::size_t size, read(rest));
        if (size == 0) return hash_.finish();
    }
}

}  // namespace slipway::snapshot
