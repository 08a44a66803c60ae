#include "kvblocks/blocks.h"

#include <algorithm>

namespace kvblocks {

namespace {

/// FNV-1a over the four bytes of a token, lowest first, so that the result is the same on every processor.
BlockHash mix(BlockHash hash, Token token) {
    for (int shift = 0; shift < 32; shift += 8) {
        hash ^= (token >> shift) & 0xffU;
        hash *= 0x100000001b3ULL;
    }
    return hash;
}

}  // namespace

std::vector<BlockHash> hash_blocks(const std::vector<Token>& tokens, std::size_t block_size) {
    std::vector<BlockHash> hashes;
    if (block_size == 0) return hashes;
    BlockHash hash = 0xcbf29ce484222325ULL;
    for (std::size_t i = 0; i + block_size <= tokens.size(); i += block_size) {
        for (std::size_t j = 0; j < block_size; ++j) hash = mix(hash, tokens[i + j]);
        hashes.push_back(hash);
    }
    return hashes;
}

std::size_t shared_prefix(const std::vector<BlockHash>& a, const std::vector<BlockHash>& b) {
    const auto end = std::min(a.size(), b.size());
    std::size_t shared = 0;
    while (shared < end && a[shared] == b[shared]) ++shared;
    return shared;
}

}  // namespace kvblocks
