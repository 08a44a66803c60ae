// Splits token sequences into blocks of equal size and names each by a hash over itself and all blocks before it, as
// routers that are aware of KV caches do: two requests share a cached prefix exactly as far as their hashes agree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kvblocks {

using Token = std::uint32_t;
using BlockHash = std::uint64_t;

/// One hash per full block; tokens after the last full block are left out. A block size of 0 gives none.
std::vector<BlockHash> hash_blocks(const std::vector<Token>& tokens, std::size_t block_size);

/// How many leading blocks two sequences share.
std::size_t shared_prefix(const std::vector<BlockHash>& a, const std::vector<BlockHash>& b);

}  // namespace kvblocks
