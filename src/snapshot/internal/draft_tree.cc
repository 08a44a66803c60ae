#include "snapshot/internal/draft_tree.h"

#include "base/check.h"
#include "os/system.h"
#include "snapshot/internal/overlay_xattrs.h"

#include <cerrno>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace slipway::snapshot {

namespace {

RelPath path_of(const Entry& entry) {
    return RelPath::in_root(entry.path);
}

std::string child_path(const DraftNode& parent, std::string_view name) {
    return parent.entry.path.empty() ? std::string(name)
                                     : parent.entry.path + "/" + std::string(name);
}

/// What a copied-up directory keeps of the one below.
Entry metadata_of(const Entry& from, std::string path) {
    Entry entry;
    entry.path = std::move(path);
    entry.mode = from.mode;
    entry.uid = from.uid;
    entry.gid = from.gid;
    entry.mtime = from.mtime;
    entry.xattrs = from.xattrs;
    return entry;
}

void collect(const DraftNode& node, std::vector<Entry>& entries) {
    entries.push_back(node.entry);
    for (const auto& [name, child] : node.children) collect(*child, entries);
}

Result<void> set_dir_times(const os::Dir& dir, const DraftNode& node) {
    if (!node.entry.is_dir()) return {};
    for (const auto& [name, child] : node.children) SLIPWAY_TRY(set_dir_times(dir, *child));
    return dir.set_times(path_of(node.entry), node.entry.mtime, node.entry.mtime);
}

bool tolerated(const Error& error, XattrErrors errors) {
    if (errors == XattrErrors::kTolerateAll) return true;
    return error.system_errno() == ENOTSUP || error.system_errno() == EPERM;
}

/// What a directory of the draft is merged with; nothing for what is no such directory.
MergedNode below_dir(const DraftNode& node, std::string_view name, const MergedNode& under) {
    return node.entry.is_dir() && !node.entry.opaque ? under.child(name) : MergedNode();
}

Result<bool> is_same_leaf(const Entry& entry, const MergedNode& below) {
    if (!below.exists() || below.is_dir() || !same_metadata(entry, below.entry())) return false;
    if (!entry.is_regular()) return true;
    if (entry.content.is_zero()) return false;
    SLIPWAY_ASSIGN(const Digest content, below.located().tree->content_of(below.entry()));
    return content == entry.content;
}

/// Finds what of a draft is no directory and just like what lies below it.
class UnchangedLeaves {
  public:
    Result<void> look_below(const DraftNode& dir, const MergedNode& under) {
        for (const auto& [name, child] : dir.children) {
            if (child->entry.is_dir()) {
                SLIPWAY_TRY(look_below(*child, below_dir(*child, name, under)));
            } else if (!child->entry.is_whiteout()) {
                const MergedNode below = under.child(name);
                SLIPWAY_ASSIGN(const bool same, is_same_leaf(child->entry, below));
                take_in(*child, below, same);
            }
        }
        return {};
    }

    std::unordered_set<const DraftNode*> take() && {
        for (const auto& [number, file] : files_) {
            if (!file.changed) unchanged_.insert(file.names.begin(), file.names.end());
        }
        return std::move(unchanged_);
    }

  private:
    /// With several names, and the one file that they are below.
    struct File {
        std::vector<const DraftNode*> names;
        std::optional<std::pair<const Tree*, std::uint32_t>> below;
        bool changed = false;
    };

    void take_in(const DraftNode& node, const MergedNode& below, bool same) {
        const std::uint32_t number = below.exists() ? below.entry().hardlink : 0;
        if (node.entry.hardlink == 0) {
            if (same && number == 0) unchanged_.insert(&node);
            return;
        }
        File& file = files_[node.entry.hardlink];
        file.names.push_back(&node);
        if (!same || number == 0) {
            file.changed = true;
            return;
        }
        const std::pair there(below.located().tree, number);
        file.changed = file.changed || file.below.value_or(there) != there;
        file.below = there;
    }

    std::unordered_set<const DraftNode*> unchanged_;
    std::unordered_map<std::uint32_t, File> files_;
};

}  // namespace

Result<void> check_path_length(std::string_view path) {
    if (path.size() < kMaxPath) return {};
    return make_error(ErrorCode::kInvalidInput, "path of {} bytes is too long: '{}...'",
                      path.size(), path.substr(0, 64));
}

DraftNode* DraftNode::child(std::string_view name) const {
    const auto at = children.find(name);
    return at == children.end() ? nullptr : at->second.get();
}

Spot Spot::child(std::string_view name) const {
    if (!is_dir()) return {};
    const bool hides = node_ != nullptr && node_->entry.opaque;
    return Spot(node_ != nullptr ? node_->child(name) : nullptr,
                hides ? MergedNode() : under_.child(name));
}

Result<void> apply_xattrs(const os::Dir& dir, const RelPath& path, Entry& entry,
                          XattrErrors errors) {
    for (auto at = entry.xattrs.begin(); at != entry.xattrs.end();) {
        if (!is_overlay_xattr(at->first)) {
            auto set = dir.set_xattr(path, at->first, at->second);
            if (set) {
                ++at;
                continue;
            }
            if (!tolerated(set.error(), errors)) return set;
        }
        at = entry.xattrs.erase(at);
    }
    return {};
}

Result<void> apply_metadata(const os::Dir& dir, const RelPath& path, Entry& entry,
                            XattrErrors errors) {
    SLIPWAY_TRY(dir.set_owner(path, entry.uid, entry.gid));
    // Regular files were created with their mode; a change of owner took only the set-id bits.
    const bool has_mode =
        entry.is_symlink() || (entry.is_regular() && (entry.mode & (S_ISUID | S_ISGID)) == 0);
    if (!has_mode) SLIPWAY_TRY(dir.set_mode(path, entry.mode & 07777));
    SLIPWAY_TRY(apply_xattrs(dir, path, entry, errors));
    if (!entry.is_dir()) SLIPWAY_TRY(dir.set_times(path, entry.mtime, entry.mtime));
    return {};
}

DraftTree::DraftTree(LayerDraft draft, View base)
    : draft_(std::move(draft)), base_(std::move(base)) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    const std::int64_t now = os::now_unix_nanoseconds();
    opened_at_ = {now / kSecond, static_cast<std::uint32_t>(now % kSecond)};
}

void DraftTree::touch(DraftNode& dir) const {
    if (dir.dated_by != action_) dir.entry.mtime = opened_at_;
}

Result<DraftTree> DraftTree::open(LayerDraft draft, View base) {
    DraftTree tree(std::move(draft), std::move(base));
    Entry& root = tree.root_->entry;
    root.mode = S_IFDIR | 0755;
    if (!tree.base_.trees().empty()) root = metadata_of(*tree.base_.find("")->entry, "");
    SLIPWAY_TRY(apply_metadata(tree.dir(), RelPath(), root, XattrErrors::kTolerateAll));
    return tree;
}

Spot DraftTree::root() {
    return Spot(root_.get(), MergedNode::root(base_.trees()));
}

Result<InRoot<Spot>> DraftTree::resolve(std::string_view path, FollowLast follow) {
    return resolve_in_root(root(), path, follow);
}

Result<DraftNode*> DraftTree::own_dir(const RelPath& path) {
    Spot spot = root();
    DraftNode* owned = root_.get();
    for (const auto name : path_components(path.text())) {
        spot = spot.child(name);
        if (spot.node() == nullptr) {
            SLIPWAY_ASSIGN(DraftNode * made, copy_up(*owned, spot, name));
            spot = Spot(made, spot.under());
        }
        owned = spot.node();
    }
    return owned;
}

Result<DraftNode*> DraftTree::copy_up(DraftNode& parent, const Spot& spot, std::string_view name) {
    SLIPWAY_CHECK(spot.is_dir(), "only directories are copied up");
    // Without `under`: it merges with what is below.
    return insert(parent, MergedNode(), metadata_of(spot.entry(), child_path(parent, name)));
}

Result<DraftNode*> DraftTree::add(DraftNode& parent, const MergedNode& under, Entry entry) {
    SLIPWAY_ASSIGN(DraftNode * added, insert(parent, under, std::move(entry)));
    keep_time(*added);
    touch(parent);
    return added;
}

Result<DraftNode*> DraftTree::insert(DraftNode& parent, const MergedNode& under, Entry entry) {
    const RelPath path = path_of(entry);
    SLIPWAY_TRY(check_path_length(path.text()));
    const std::string name(path.name());
    if (const DraftNode* old = parent.child(name); old != nullptr) {
        SLIPWAY_CHECK(old->entry.is_whiteout(), "entries are added where nothing shows");
        SLIPWAY_TRY(discard(parent, name));
    }
    if (entry.is_dir()) {
        SLIPWAY_TRY(dir().make_dir(path, 0700));
    } else if (entry.is_symlink()) {
        SLIPWAY_TRY(dir().make_symlink(entry.link_target, path));
    } else if (!entry.is_regular()) {
        SLIPWAY_TRY(dir().make_node(path, entry.mode, entry.rdev));
    }
    if (!entry.is_regular() && !entry.is_whiteout()) {
        SLIPWAY_TRY(apply_metadata(dir(), path, entry, XattrErrors::kTolerateAll));
    }
    auto node = std::make_unique<DraftNode>();
    node->entry = std::move(entry);
    DraftNode* added = parent.children.emplace(name, std::move(node)).first->second.get();
    if (added->entry.is_dir() && under.is_dir()) SLIPWAY_TRY(make_opaque(*added));
    return added;
}

Result<void> DraftTree::change_dir(DraftNode& node, const Entry& wanted) {
    const RelPath path = path_of(node.entry);
    node.entry.mode = wanted.mode;
    node.entry.uid = wanted.uid;
    node.entry.gid = wanted.gid;
    node.entry.mtime = wanted.mtime;
    keep_time(node);
    for (const auto& [name, value] : wanted.xattrs) node.entry.xattrs[name] = value;
    return apply_metadata(dir(), path, node.entry, XattrErrors::kTolerateAll);
}

Result<void> DraftTree::discard(DraftNode& parent, std::string_view name) {
    const auto at = parent.children.find(name);
    if (at == parent.children.end()) return {};
    const Entry& entry = at->second->entry;
    SLIPWAY_TRY(entry.is_dir() ? dir().remove_tree(path_of(entry)) : dir().unlink(path_of(entry)));
    parent.children.erase(at);
    touch(parent);
    return {};
}

Result<void> DraftTree::hide(DraftNode& parent, std::string_view name, const MergedNode& under) {
    SLIPWAY_TRY(discard(parent, name));
    if (!under.exists()) return {};
    Entry whiteout;
    whiteout.path = child_path(parent, name);
    whiteout.mode = S_IFCHR;
    SLIPWAY_TRY(add(parent, MergedNode(), std::move(whiteout)));
    return {};
}

Result<void> DraftTree::make_opaque(DraftNode& node) {
    node.entry.opaque = true;
    return set_opaque(dir(), path_of(node.entry));
}

Manifest DraftTree::manifest() const {
    std::vector<Entry> entries;
    collect(*root_, entries);
    return Manifest::from_entries(std::move(entries));
}

Result<void> DraftTree::drop_unchanged() {
    const auto base = MergedNode::root(base_.trees());
    UnchangedLeaves leaves;
    SLIPWAY_TRY(leaves.look_below(*root_, base));
    return drop(std::move(leaves).take(), *root_, base);
}

Result<void> DraftTree::drop(const Nodes& unchanged, DraftNode& node, const MergedNode& under) {
    for (auto at = node.children.begin(); at != node.children.end();) {
        DraftNode& child = *at->second;
        const auto next = std::next(at);
        if (unchanged.contains(&child)) {
            SLIPWAY_TRY(dir().unlink(path_of(child.entry)));
            node.children.erase(at);
        } else if (const MergedNode below = below_dir(child, at->first, under); below.is_dir()) {
            SLIPWAY_TRY(drop(unchanged, child, below));
            if (child.children.empty() && same_metadata(child.entry, below.entry())) {
                SLIPWAY_TRY(dir().remove_tree(path_of(child.entry)));
                node.children.erase(at);
            }
        }
        at = next;
    }
    return {};
}

Result<void> DraftTree::finish() {
    return set_dir_times(dir(), *root_);
}

}  // namespace slipway::snapshot
