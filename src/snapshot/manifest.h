// The manifest of one layer (or of a build context): every path with its metadata and the digest of
// its content, in an order in which all that is below a directory follows it directly. Pure data;
// look-ups cost O(log n).
//
// It serves content keys, COPY, and the tar writer, so that a file is read once and never again to
// know what it is.
#pragma once

#include "base/digest.h"
#include "base/result.h"
#include "os/dir.h"

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::snapshot {

struct Entry {
    std::string path;        ///< relative, cleaned; "" is the root directory itself
    std::uint32_t mode = 0;  ///< S_IFMT | 07777. An overlay whiteout is S_IFCHR with rdev 0
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint64_t size = 0;  ///< of regular files
    std::uint64_t rdev = 0;
    os::Timestamp mtime;
    std::string link_target;     ///< symlinks
    os::Xattrs xattrs;           ///< without overlayfs's own
    bool opaque = false;         ///< a directory that hides what lower layers have in it
    std::uint32_t hardlink = 0;  ///< 0: only name; else names with equal numbers are one file
    Digest
        content;  ///< of a regular file's bytes; zero until known (contexts are hashed on demand)

    [[nodiscard]] bool is_dir() const { return S_ISDIR(mode); }
    [[nodiscard]] bool is_regular() const { return S_ISREG(mode); }
    [[nodiscard]] bool is_symlink() const { return S_ISLNK(mode); }
    [[nodiscard]] bool is_whiteout() const { return S_ISCHR(mode) && rdev == 0; }
};

/// Orders paths so that '/' sorts before every other character: "a", "a/b", "a/c", "a-b".
bool path_less(std::string_view a, std::string_view b);

/// What the head of a serialized manifest tells without parsing the rest.
struct ManifestSummary {
    std::size_t entries = 0;
    std::uint64_t total_size = 0;
    Digest content_digest;
};

/// Immutable; copies and reads from any thread.
class Manifest {
  public:
    /// Enough of the front of a serialized manifest for summarize().
    static constexpr std::size_t kSummarySize = 56;

    Manifest() : Manifest(from_entries({})) {}
    /// `entries` in any order; of equal paths the last counts. Directories that are missing (the
    /// root, parents) are 0755 root:root. Hard-link numbers are made anew (first names in order),
    /// those with one name become 0.
    static Manifest from_entries(std::vector<Entry> entries);
    /// The format is in docs/formats/layer-manifest.md; kCorrupt when it is not that.
    static Result<Manifest> parse(std::string_view data);
    static Result<ManifestSummary> summarize(std::string_view front);
    [[nodiscard]] std::string serialize() const;

    [[nodiscard]] std::span<const Entry> entries() const { return entries_; }
    [[nodiscard]] const Entry& root() const { return entries_.front(); }
    [[nodiscard]] const Entry* find(std::string_view path) const;
    /// `name` in the directory `dir`, which is one of entries().
    [[nodiscard]] const Entry* find_child(const Entry& dir, std::string_view name) const;
    /// Index of the first entry that is not below entries()[index].
    [[nodiscard]] std::size_t end_of_subtree(std::size_t index) const {
        return subtree_end_[index];
    }
    [[nodiscard]] std::size_t index_of(const Entry& entry) const {
        return static_cast<std::size_t>(&entry - entries_.data());
    }
    /// Over everything but times (llb-facts 3.4): what "the same content" means for early cutoff.
    /// Means nothing while content digests of files are unknown (contexts). Computed at the first
    /// call.
    [[nodiscard]] const Digest& content_digest() const;
    [[nodiscard]] std::uint64_t total_size() const;  ///< of regular files, each inode once

  private:
    struct LazyDigest;
    explicit Manifest(std::vector<Entry> sorted_entries, std::shared_ptr<LazyDigest> digest);

    std::vector<Entry> entries_;
    std::vector<std::size_t> subtree_end_;
    std::shared_ptr<LazyDigest> content_digest_;  ///< shared by copies: they are equal
};

/// Are they the same but for their names, content, hard links and, of directories, times?
bool same_metadata(const Entry& a, const Entry& b);

/// The digest of one entry without its name and times: mode, owner, size, link, device, xattrs,
/// content. `content` is that of a regular file's bytes (entry.content may not be known yet).
Digest entry_digest(const Entry& entry, const Digest& content);
/// The bytes under entry_digest, self-delimiting: for digests over many entries.
void append_identity(std::string& out, const Entry& entry, const Digest& content);

}  // namespace slipway::snapshot
