// Tar in and out (libarchive): ustar headers, pax records only where a value needs them, the same
// bytes for the same entries. Reading takes every tar dialect, and any compression when
// `Decompress::kAny` is asked.
#pragma once

#include "base/io.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace slipway::archive {

enum class EntryType {
    kRegular,
    kDirectory,
    kSymlink,
    kHardlink,
    kCharDevice,
    kBlockDevice,
    kFifo
};

struct TarEntry {
    std::string path;  ///< as it stands in the archive; the reader promises nothing about it ("..",
                       ///< absolute)
    EntryType type = EntryType::kRegular;
    std::uint32_t mode = 0644;  ///< permission bits (07777)
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint64_t size = 0;  ///< of the data that follows; 0 unless regular
    std::int64_t mtime_seconds = 0;
    std::uint32_t mtime_nanoseconds = 0;  ///< the writer leaves them out: layers have seconds
    std::string link_target;  ///< symlink: text; hard link: path of the first name in this archive
    std::uint32_t device_major = 0;
    std::uint32_t device_minor = 0;
    std::map<std::string, std::string> xattrs;  ///< as SCHILY.xattr records
};

/// Not thread-safe. Order: add(entry), write its `size` bytes of data, next; finish() at the end.
class TarWriter {
  public:
    /// `sink` outlives it.
    static Result<TarWriter> open(Writer& sink);
    TarWriter(TarWriter&&) noexcept;
    ~TarWriter();
    Result<void> add(const TarEntry& entry);
    Result<void> write(std::span<const std::byte> data);
    /// add() with the data at hand (entry.size is set from it).
    Result<void> add_file(TarEntry entry, std::string_view data);
    Result<void> finish();

  private:
    struct Impl;
    explicit TarWriter(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

enum class Decompress { kNone, kAny };

/// Not thread-safe.
class TarReader {
  public:
    /// `source` outlives it. kInvalidInput when it is no tar; a file without a byte has no entries.
    static Result<TarReader> open(Reader& source, Decompress decompress = Decompress::kNone);
    TarReader(TarReader&&) noexcept;
    ~TarReader();
    /// The next entry, or nothing at the end. Unread data of the last one is skipped. kCorrupt when
    /// cut off or damaged.
    Result<std::optional<TarEntry>> next();
    /// Data of the current entry; 0 at its end.
    Result<std::size_t> read(std::span<std::byte> buffer);

  private:
    struct Impl;
    explicit TarReader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// Does the file start like a tar, compressed or not (gzip, bzip2, xz, zstd)? Reads from `source`
/// only what it needs.
Result<bool> looks_like_tar(Reader& source);

}  // namespace slipway::archive
