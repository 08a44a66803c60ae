// Trees of files to read from: one layer, or a build context; and a view of several stacked, as
// overlayfs would show them, but without a mount: look-ups go through the manifests, data through
// the layers' own directories.
#pragma once

#include "async/thread_pool.h"
#include "snapshot/manifest.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace slipway::snapshot {

/// One directory with its manifest. Immutable layers may be linked from, everything else must be
/// copied.
class Tree {
  public:
    virtual ~Tree() = default;
    [[nodiscard]] virtual const Manifest& manifest() const = 0;
    [[nodiscard]] virtual const os::Dir& root() const = 0;
    /// Is it in the store and immutable, so that a hard link into a new layer is safe?
    [[nodiscard]] virtual bool linkable() const = 0;
    /// The digest of a regular file's bytes; reads and remembers it when it is not known yet. Any
    /// thread.
    [[nodiscard]] virtual Result<Digest> content_of(const Entry& entry) const = 0;
};

/// Where an entry of a view really is.
struct Located {
    const Tree* tree = nullptr;
    const Entry* entry = nullptr;
    [[nodiscard]] const Entry* operator->() const { return entry; }
};

enum class FollowLast { kNo, kYes };

/// Trees, top first. Cheap to copy. Any thread.
class View {
  public:
    View() = default;
    explicit View(std::vector<std::shared_ptr<const Tree>> top_first)
        : trees_(std::move(top_first)) {}

    [[nodiscard]] const std::vector<std::shared_ptr<const Tree>>& trees() const { return trees_; }
    /// The entry at exactly this path (no symlink is followed, a symlink parent means absent).
    [[nodiscard]] std::optional<Located> find(std::string_view path) const;
    /// Where `path` leads inside the root: symlinks in parents are followed, and in the last
    /// component as asked; never leaves the root. The result may not exist (its parent may not
    /// either). kInvalidInput past 255 links.
    [[nodiscard]] Result<RelPath> resolve(std::string_view path, FollowLast follow) const;
    /// Names in a directory, sorted, with where each is. Whiteouts and what they hide are left out.
    [[nodiscard]] std::vector<std::pair<std::string, Located>> list(std::string_view path) const;
    /// Depth first, parents before children, names in byte order; `path` itself first. Return false
    /// to skip what is below a directory.
    void walk(std::string_view path,
              const std::function<bool(const std::string& path, const Located&)>& visit) const;
    /// A small text file such as etc/passwd, links followed inside the root; nothing when it does
    /// not exist.
    [[nodiscard]] Result<std::optional<std::string>> read_small_file(std::string_view path,
                                                                     std::size_t limit) const;

  private:
    std::vector<std::shared_ptr<const Tree>> trees_;
};

/// What a COPY takes from a view (llb-facts 3.4, 5.2).
struct Selection {
    std::string path;  ///< source path in the view; wildcards when allow_wildcard
    bool follow_symlinks = true;
    bool allow_wildcard = false;
    bool allow_empty_wildcard = false;
    std::vector<std::string> include_patterns = {};
    std::vector<std::string> exclude_patterns = {};
    /// Each, or something below it, must be among what is taken.
    std::vector<std::string> required_paths = {};
};

/// The digest of what the selections pick, by content and names, without times. Files whose digest
/// is not known are hashed on `pool`. `paths` (may be null) gets each regular file with its digest,
/// for explaining a later miss. kNotFound when a path without wildcards does not exist.
Result<Digest> digest_selections(const View& view, const std::vector<Selection>& selections,
                                 async::ThreadPool& pool,
                                 std::vector<std::pair<std::string, Digest>>* paths = nullptr);

/// The source paths a selection names: itself, or what its wildcards match (each with symlinks
/// resolved per follow_symlinks only when used). Sorted.
Result<std::vector<std::string>> expand_selection(const View& view, const Selection& selection);

}  // namespace slipway::snapshot
