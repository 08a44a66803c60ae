// Compressed streams. Compression works on all given threads and is deterministic: the same bytes
// for any number of them. gzip by ISA-L in independent blocks of one member; zstd by libzstd.
#pragma once

#include "async/thread_pool.h"
#include "base/io.h"

#include <memory>
#include <optional>
#include <string_view>

namespace slipway::archive {

enum class Compression { kNone, kGzip, kZstd };
std::string_view to_string(Compression compression);  ///< "none", "gzip", "zstd"

/// A Writer with an end: data comes out at `sink` compressed; finish() writes what is left, once.
class CompressWriter : public Writer {
  public:
    virtual Result<void> finish() = 0;
};

/// `sink` and `pool` outlive it; `pool` may be shared. level: nothing for our default (gzip: ISA-L
/// 2, zstd: 3).
Result<std::unique_ptr<CompressWriter>> make_compressor(Compression compression, Writer& sink,
                                                        async::ThreadPool& pool,
                                                        std::optional<int> level = std::nullopt);

/// Finds out by the first bytes (gzip with several members, zstd with several frames, none) and
/// decodes. kCorrupt for broken or cut-off data.
Result<std::unique_ptr<Reader>> make_decompressor(Reader& source);

}  // namespace slipway::archive
