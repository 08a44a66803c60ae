// The manifest of one layer (or of a build context): every path with its metadata and the digest of its content, in an
// order in which all that is below a directory follows it directly. Pure data; look-ups cost O(log n).
//
// It serves content keys, COPY, and the tar writer, so that a file is read once and never again to know what it is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "os/dir.h"

namespace slipway::snapshot {

struct Entry {
    std::string path;           ///< relative, cleaned; "" is the root directory itself
    std::uint32_t mode = 0;     ///< S_IFMT | 07777. An overlay whiteout is S_IFCHR with rdev 0
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint64_t size = 0;     ///< of regular files
    std::uint64_t rdev = 0;
    os::Timestamp mtime;
    std::string link_target;    ///< symlinks
    os::Xattrs xattrs;          ///< without overlayfs's own
    bool opaque = false;        ///< a directory that hides what lower layers have in it
    std::uint32_t hardlink = 0; ///< 0: only name; else names with equal numbers are one file
    Digest content;             ///< of a regular file's bytes; zero until known (contexts are hashed on demand)

    [[nodiscard]] bool is_dir() const { return S_ISDIR(mode); }
    [[nodiscard]] bool is_regular() const { return S_ISREG(mode); }
    [[nodiscard]] bool is_symlink() const { return S_ISLNK(mode); }
    [[nodiscard]] bool is_whiteout() const { return S_ISCHR(mode) && rdev == 0; }
};

/// Orders paths so that '/' sorts before every other character: "a", "a/b", "a/c", "a-b".
bool path_less(std::string_view a, std::string_view b);

class Manifest {
  public:
    /// `entries` in any order; the root entry may be missing (it is then a 0755 root:root directory).
    static Manifest from_entries(std::vector<Entry> entries);
    /// The format is in docs/formats/layer-manifest.md; kCorrupt when it is not that.
    static Result<Manifest> parse(std::string_view data);
    [[nodiscard]] std::string serialize() const;

    [[nodiscard]] std::span<const Entry> entries() const { return entries_; }
    [[nodiscard]] const Entry* find(std::string_view path) const;
    /// Index of the first entry that is not below entries()[index].
    [[nodiscard]] std::size_t end_of_subtree(std::size_t index) const { return subtree_end_[index]; }
    [[nodiscard]] std::size_t index_of(const Entry& entry) const {
        return static_cast<std::size_t>(&entry - entries_.data());
    }
    /// Over everything but times (llb-facts 3.4): what "the same content" means for early cutoff.
    [[nodiscard]] const Digest& content_digest() const { return content_digest_; }
    [[nodiscard]] std::uint64_t total_size() const;  ///< of regular files, each inode once

  private:
    std::vector<Entry> entries_;
    std::vector<std::size_t> subtree_end_;
    Digest content_digest_;
};

/// The digest of one entry without its name and times: mode, owner, size, link, device, xattrs, content.
Digest entry_digest(const Entry& entry, const Digest& content);

}  // namespace slipway::snapshot
