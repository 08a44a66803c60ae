#pragma once

#include "snapshot/manifest.h"

#include <mutex>

namespace slipway::snapshot {

/// Filled by the first content_digest(), or with the digest that stands in the serialized form.
struct Manifest::LazyDigest {
    std::once_flag once;
    Digest digest;
};

}  // namespace slipway::snapshot
