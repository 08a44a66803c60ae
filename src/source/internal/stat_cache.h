// What a context's files contained when they were last hashed. Format:
// docs/formats/context-cache.md.
#pragma once

#include "base/digest.h"
#include "os/dir.h"
#include "source/internal/context_scan.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::source {

struct CachedFile {
    std::string path;
    std::uint64_t size = 0;
    os::Timestamp mtime;
    FileIdentity identity;
    Digest digest;
};

/// The files of a cache in their order (path_less), one after the other. Not thread-safe.
class StatCacheReader {
  public:
    /// No files when `data` is damaged, of another version, or of another context than `root_path`.
    StatCacheReader(std::string data, std::string_view root_path);
    /// The one at hand; null at the end.
    [[nodiscard]] const CachedFile* file() const { return at_end_ ? nullptr : &file_; }
    void next();

  private:
    std::string data_;
    std::size_t position_ = 0;
    std::size_t end_ = 0;
    bool at_end_ = false;
    CachedFile file_;
};

/// Files must come in order.
class StatCacheWriter {
  public:
    explicit StatCacheWriter(std::string_view root_path);
    void add(const CachedFile& file);
    /// The whole file, once.
    std::string finish();

  private:
    std::string data_;
    std::string before_;  ///< path
};

}  // namespace slipway::source
