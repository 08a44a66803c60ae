#include <cstdio>

#include "kvblocks/blocks.h"

namespace {

int failures = 0;

void expect(bool condition, const char* what) {
    if (condition) return;
    std::fprintf(stderr, "failed: %s\n", what);
    ++failures;
}

}  // namespace

int main() {
    using kvblocks::hash_blocks;
    using kvblocks::shared_prefix;
    const auto a = hash_blocks({1, 2, 3, 4, 5, 6, 7}, 2);
    const auto b = hash_blocks({1, 2, 3, 4, 9, 6, 7, 8}, 2);
    expect(a.size() == 3, "only full blocks are hashed");
    expect(b.size() == 4, "every full block is hashed");
    expect(shared_prefix(a, b) == 2, "the prefix ends at the first block that differs");
    expect(a[2] != b[2], "a block's hash covers its tokens");
    expect(hash_blocks({3, 4}, 2)[0] != a[1], "a block's hash covers the blocks before it");
    expect(hash_blocks({1, 2}, 0).empty(), "a block size of 0 gives no blocks");
    return failures == 0 ? 0 : 1;
}
