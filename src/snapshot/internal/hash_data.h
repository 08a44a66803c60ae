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

}  // namespace slipway::snapshot
