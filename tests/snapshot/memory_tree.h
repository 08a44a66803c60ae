// A tree that exists only as a manifest, for everything that reads no data; contents come from a
// table.
#pragma once

#include "snapshot/tree.h"

#include <sys/stat.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace slipway::snapshot::testing {

inline Entry file(std::string path, std::string_view content = "", std::uint32_t mode = 0644) {
    Entry entry;
    entry.path = std::move(path);
    entry.mode = S_IFREG | mode;
    entry.size = content.size();
    entry.content = Digest::of(content);
    return entry;
}

inline Entry dir(std::string path, std::uint32_t mode = 0755) {
    Entry entry;
    entry.path = std::move(path);
    entry.mode = S_IFDIR | mode;
    return entry;
}

inline Entry opaque_dir(std::string path) {
    Entry entry = dir(std::move(path));
    entry.opaque = true;
    return entry;
}

inline Entry symlink(std::string path, std::string target) {
    Entry entry;
    entry.path = std::move(path);
    entry.mode = S_IFLNK | 0777;
    entry.link_target = std::move(target);
    return entry;
}

inline Entry whiteout(std::string path) {
    Entry entry;
    entry.path = std::move(path);
    entry.mode = S_IFCHR;
    return entry;
}

class MemoryTree final : public Tree {
  public:
    explicit MemoryTree(std::vector<Entry> entries)
        : manifest_(Manifest::from_entries(std::move(entries))) {}
    [[nodiscard]] const Manifest& manifest() const override { return manifest_; }
    [[nodiscard]] const os::Dir& root() const override { return root_; }
    [[nodiscard]] bool linkable() const override { return false; }
    [[nodiscard]] Result<Digest> content_of(const Entry& entry) const override {
        ++reads;
        const auto at = late_contents.find(entry.path);
        if (at == late_contents.end())
            return make_error(ErrorCode::kNotFound, "no data for '{}'", entry.path);
        return Digest::of(at->second);
    }

    std::map<std::string, std::string>
        late_contents;  ///< of files whose digest the manifest does not have
    mutable std::atomic<int> reads = 0;

  private:
    Manifest manifest_;
    os::Dir root_;
};

/// Layers bottom first, as people write them.
inline View view_of(std::vector<std::vector<Entry>> bottom_first) {
    std::vector<std::shared_ptr<const Tree>> trees;
    for (auto& entries : bottom_first)
        trees.insert(trees.begin(), std::make_shared<MemoryTree>(std::move(entries)));
    return View(std::move(trees));
}

}  // namespace slipway::snapshot::testing
