#include "solver/memory_cache.h"

#include "solver/cache_store_contract.h"

namespace slipway::solver {
namespace {

struct MemoryCacheMaker {
    CacheStore& store() { return cache; }
    MemoryCache cache;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, CacheStoreContract, MemoryCacheMaker);

}  // namespace
}  // namespace slipway::solver
