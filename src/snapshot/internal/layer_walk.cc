#include "snapshot/internal/layer_walk.h"

#include "snapshot/internal/draft_tree.h"
#include "snapshot/internal/hash_data.h"
#include "snapshot/internal/in_root.h"
#include "snapshot/internal/merged.h"
#include "snapshot/internal/overlay_xattrs.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>

namespace slipway::snapshot {

namespace {

constexpr std::size_t kBatchFiles = 256;
constexpr std::uint64_t kBatchBytes = 8U << 20;

struct Inode {
    std::uint64_t device = 0;
    std::uint64_t number = 0;
    auto operator<=>(const Inode&) const = default;
};

struct Found {
    Entry entry;
    Inode inode;             ///< of files with several names; they may be in other layers
    bool unchanged = false;  ///< as it is below
};

Entry entry_of(std::string path, const os::FileInfo& info) {
    Entry entry;
    entry.path = std::move(path);
    entry.mode = info.mode;
    entry.uid = info.uid;
    entry.gid = info.gid;
    entry.mtime = info.mtime;
    if (info.is_regular()) entry.size = info.size;
    if (S_ISCHR(info.mode) || S_ISBLK(info.mode)) entry.rdev = info.rdev;
    if (!entry.is_whiteout()) return entry;
    Entry whiteout;  // its owner and times mean nothing
    whiteout.path = std::move(entry.path);
    whiteout.mode = S_IFCHR;
    return whiteout;
}

Result<void> read_xattrs(const os::Dir& dir, const RelPath& name, Entry& entry) {
    SLIPWAY_ASSIGN(entry.xattrs, dir.xattrs(name));
    if (entry.xattrs.empty()) return {};
    entry.opaque = entry.is_dir() && is_opaque(dir, entry.xattrs);
    drop_overlay_xattrs(entry.xattrs);
    return {};
}

/// What is directly in `path`.
Result<std::vector<Found>> read_dir(const os::Dir& root, const std::string& path) {
    SLIPWAY_TRY(check_path_length(path));
    SLIPWAY_ASSIGN(const os::Dir dir, root.open_dir(RelPath::in_root(path)));
    SLIPWAY_ASSIGN(const auto names, dir.list(RelPath()));
    std::vector<Found> found;
    found.reserve(names.size());
    for (const auto& [name, type] : names) {
        const RelPath at = RelPath().child(name);
        SLIPWAY_ASSIGN(const os::FileInfo info, dir.stat(at));
        Found& item = found.emplace_back();
        item.entry = entry_of(path.empty() ? name : path + "/" + name, info);
        const bool may_be_linked = !info.is_dir() && !item.entry.is_whiteout();
        if (may_be_linked && info.links > 1) item.inode = {info.device, info.inode};
        if (info.is_symlink()) {
            SLIPWAY_ASSIGN(item.entry.link_target, dir.read_link(at));
        }
        if (!item.entry.is_whiteout()) SLIPWAY_TRY(read_xattrs(dir, at, item.entry));
    }
    return found;
}

/// One level of directories after the other, each level in parallel.
Result<std::vector<Found>> find_all(const os::Dir& root, async::ThreadPool& pool) {
    std::vector<Found> all;
    SLIPWAY_ASSIGN(const os::FileInfo info, root.stat(RelPath()));
    all.emplace_back().entry = entry_of("", info);
    SLIPWAY_TRY(read_xattrs(root, RelPath(), all.front().entry));
    all.front().entry.opaque = false;  // the kernel does not look at it
    std::vector<std::string> level = {""};
    while (!level.empty()) {
        std::vector<std::vector<Found>> results(level.size());
        SLIPWAY_TRY(parallel_for(pool, level.size(), [&](std::size_t i) -> Result<void> {
            SLIPWAY_ASSIGN(results[i], read_dir(root, level[i]));
            return {};
        }));
        std::vector<std::string> next;
        for (auto& result : results) {
            for (const auto& item : result) {
                if (item.entry.is_dir()) next.push_back(item.entry.path);
            }
            std::move(result.begin(), result.end(), std::back_inserter(all));
        }
        level = std::move(next);
    }
    return all;
}

void number_hardlinks(std::vector<Found>& all) {
    std::map<Inode, std::uint32_t> numbers;
    for (auto& item : all) {
        if (item.inode == Inode()) continue;
        const auto next = static_cast<std::uint32_t>(numbers.size() + 1);
        item.entry.hardlink = numbers.try_emplace(item.inode, next).first->second;
    }
}

Result<void> hash_file(const os::Dir& root, Entry& entry) {
    SLIPWAY_ASSIGN(const os::Fd fd, root.open_file(RelPath::in_root(entry.path)));
    SLIPWAY_ASSIGN(const HashedData read, hash_data(fd, entry.size, nullptr));
    if (read.size != entry.size) {
        return make_error(ErrorCode::kConflict, "'{}' changed while it was being read", entry.path);
    }
    entry.content = read.digest;
    return {};
}

/// Files to read, each inode once; small ones in batches, the largest first so that none is left
/// alone at the end.
Result<void> hash_files(const os::Dir& root, std::vector<Entry*> files, async::ThreadPool& pool) {
    std::stable_sort(files.begin(), files.end(), [](const Entry* a, const Entry* b) {
        return a->size > b->size && a->size > kBatchBytes;
    });
    std::vector<std::size_t> starts;
    std::uint64_t bytes = kBatchBytes;
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (bytes >= kBatchBytes || i - starts.back() >= kBatchFiles) {
            starts.push_back(i);
            bytes = 0;
        }
        bytes += files[i]->size;
    }
    return parallel_for(pool, starts.size(), [&](std::size_t batch) -> Result<void> {
        const std::size_t end = batch + 1 < starts.size() ? starts[batch + 1] : files.size();
        for (std::size_t i = starts[batch]; i < end; ++i) SLIPWAY_TRY(hash_file(root, *files[i]));
        return {};
    });
}

Result<void> find_contents(const os::Dir& root, std::vector<Found>& all, const KnownDigests& known,
                           async::ThreadPool& pool) {
    std::map<std::uint32_t, Entry*> first_names;
    std::vector<Entry*> unknown;
    for (auto& item : all) {
        Entry& entry = item.entry;
        if (!entry.is_regular() || !entry.content.is_zero()) continue;
        if (const auto digest = known ? known(entry) : std::nullopt) {
            entry.content = *digest;
        } else if (entry.hardlink == 0 || first_names.try_emplace(entry.hardlink, &entry).second) {
            unknown.push_back(&entry);
        }
    }
    SLIPWAY_TRY(hash_files(root, std::move(unknown), pool));
    for (auto& item : all) {
        Entry& entry = item.entry;
        if (entry.is_regular() && entry.content.is_zero())
            entry.content = first_names.at(entry.hardlink)->content;
    }
    return {};
}

Entry whiteout_at(std::string path) {
    Entry entry;
    entry.path = std::move(path);
    entry.mode = S_IFCHR;
    return entry;
}

/// overlayfs marks each directory that is made in a merged one as opaque. Most of them hide
/// nothing; for those that do, the image specification wants a whiteout of each name.
class Marks {
  public:
    Marks(const os::Dir& root, const View& below, std::vector<Found>& all)
        : root_(root), below_(below), all_(all) {
        for (const auto& item : all_) entries_.emplace(item.entry.path, &item.entry);
    }

    Result<void> replace() {
        std::vector<Entry> whiteouts;
        for (auto& item : all_) {
            Entry& entry = item.entry;
            if (!entry.opaque) continue;
            SLIPWAY_TRY(remove_opaque(root_, RelPath::in_root(entry.path)));
            entry.opaque = false;
            const auto hidden = descend(MergedNode::root(below_.trees()), entry.path);
            if (hidden.is_dir()) SLIPWAY_TRY(hide(entry, hidden, whiteouts));
        }
        for (auto& entry : whiteouts) all_.emplace_back().entry = std::move(entry);
        return {};
    }

  private:
    /// What is in `hidden` and not in `dir`, which takes its place.
    Result<void> hide(const Entry& dir, const MergedNode& hidden, std::vector<Entry>& whiteouts) {
        const std::size_t before = whiteouts.size();
        for (const auto& [name, node] : hidden.children()) {
            std::string path = dir.path + "/" + std::string(name);
            const auto own = entries_.find(path);
            if (own == entries_.end()) {
                whiteouts.push_back(whiteout_at(std::move(path)));
                SLIPWAY_TRY(root_.make_node(RelPath::in_root(whiteouts.back().path), S_IFCHR, 0));
            } else if (own->second->is_dir() && node.is_dir() && !own->second->opaque) {
                SLIPWAY_TRY(hide(*own->second, node, whiteouts));
            }
        }
        if (whiteouts.size() == before) return {};
        return root_.set_times(RelPath::in_root(dir.path), dir.mtime, dir.mtime);
    }

    const os::Dir& root_;
    const View& below_;
    std::vector<Found>& all_;
    std::unordered_map<std::string_view, const Entry*> entries_;
};

std::string parent_of(const std::string& path) {
    const std::string_view parent = dir_name(path);
    return parent == "." ? std::string() : std::string(parent);
}

/// Finds what is no directory and was replaced by itself, or copied up and not changed after all.
Result<void> find_unchanged(const os::Dir& root, const View& below, std::vector<Found>& all,
                            async::ThreadPool& pool) {
    std::vector<std::pair<Found*, Located>> alike;
    std::vector<Entry*> files;
    for (auto& item : all) {
        Entry& entry = item.entry;
        if (entry.is_dir() || entry.is_whiteout() || item.inode != Inode()) continue;
        const auto old = below.find(entry.path);
        if (!old || (*old)->hardlink != 0 || !same_metadata(entry, *old->entry)) continue;
        alike.emplace_back(&item, *old);
        if (entry.is_regular()) files.push_back(&entry);
    }
    SLIPWAY_TRY(hash_files(root, std::move(files), pool));
    for (const auto& [item, old] : alike) {
        item->unchanged = true;
        if (!item->entry.is_regular()) continue;
        SLIPWAY_ASSIGN(const Digest content, old.tree->content_of(*old.entry));
        item->unchanged = item->entry.content == content;
    }
    return {};
}

/// What is as it is below, and directories that were copied up for that, or for what is not there
/// any more, or whose time alone changed.
Result<void> drop_unchanged(const os::Dir& root, const View& below, std::vector<Found>& all) {
    std::unordered_map<std::string, std::size_t> counts;  ///< of what is in a directory
    std::unordered_map<std::string_view, const Entry*> dirs;
    for (const auto& item : all) {
        if (item.entry.path.empty()) continue;
        ++counts[parent_of(item.entry.path)];
        if (item.entry.is_dir()) dirs.emplace(item.entry.path, &item.entry);
    }
    std::set<std::string> dropped;
    // Deeper ones come later; but whiteouts, which are no directories, last.
    for (auto item = all.rbegin(); item != all.rend(); ++item) {
        const Entry& entry = item->entry;
        if (entry.path.empty() || counts.contains(entry.path)) continue;
        if (entry.is_dir()) {
            const auto old = below.find(entry.path);
            if (!old || !same_metadata(entry, *old->entry)) continue;
        } else if (!item->unchanged) {
            continue;
        }
        SLIPWAY_TRY(root.remove_tree(RelPath::in_root(entry.path)));
        const std::string parent = parent_of(entry.path);
        const auto at = dirs.find(parent);
        if (at != dirs.end()) {
            const os::Timestamp time = at->second->mtime;
            SLIPWAY_TRY(root.set_times(RelPath::in_root(parent), time, time));
        }
        const auto count = counts.find(parent);
        if (--count->second == 0) counts.erase(count);
        dropped.insert(entry.path);
    }
    if (!dropped.empty())
        std::erase_if(all, [&](const Found& item) { return dropped.contains(item.entry.path); });
    return {};
}

}  // namespace

Result<std::vector<Entry>> walk_layer(const os::Dir& root, const View* below,
                                      const KnownDigests& known, async::ThreadPool& pool) {
    SLIPWAY_ASSIGN(auto all, find_all(root, pool));
    if (below != nullptr) {
        SLIPWAY_TRY(Marks(root, *below, all).replace());
        SLIPWAY_TRY(find_unchanged(root, *below, all, pool));
        SLIPWAY_TRY(drop_unchanged(root, *below, all));
    }
    number_hardlinks(all);
    SLIPWAY_TRY(find_contents(root, all, known, pool));
    std::vector<Entry> entries;
    entries.reserve(all.size());
    for (auto& item : all) entries.push_back(std::move(item.entry));
    return entries;
}

}  // namespace slipway::snapshot
