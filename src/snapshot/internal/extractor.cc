#include "snapshot/internal/extractor.h"

#include "os/file.h"
#include "snapshot/internal/overlay_xattrs.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace slipway::snapshot {

namespace {

constexpr std::string_view kWhiteoutPrefix = ".wh.";
constexpr std::string_view kOpaqueMark = ".wh..wh..opq";
constexpr std::string_view kAufsPrefix = ".wh..wh.";
constexpr std::size_t kSmallFile = 128U << 10;
constexpr std::size_t kPiece = 1U << 20;

std::uint32_t type_bits(archive::EntryType type) {
    switch (type) {
        case archive::EntryType::kRegular:
        case archive::EntryType::kHardlink:
            return S_IFREG;
        case archive::EntryType::kDirectory:
            return S_IFDIR;
        case archive::EntryType::kSymlink:
            return S_IFLNK;
        case archive::EntryType::kCharDevice:
            return S_IFCHR;
        case archive::EntryType::kBlockDevice:
            return S_IFBLK;
        case archive::EntryType::kFifo:
            return S_IFIFO;
    }
    return S_IFREG;
}

os::Timestamp time_of(const archive::TarEntry& member) {
    return {member.mtime_seconds, member.mtime_nanoseconds};
}

/// Fills `buffer` as far as the entry's data goes.
Result<std::size_t> read_full(archive::TarReader& tar, std::span<std::byte> buffer) {
    std::size_t filled = 0;
    while (filled < buffer.size()) {
        SLIPWAY_ASSIGN(const std::size_t n, tar.read(buffer.subspan(filled)));
        if (n == 0) break;
        filled += n;
    }
    return filled;
}

/// aufs's own files and directories, meaningless to everybody else.
bool is_aufs_own(const RelPath& name) {
    if (name.text().find(kAufsPrefix) == std::string::npos || name.name() == kOpaqueMark)
        return false;
    const auto parts = path_components(name.text());
    return std::any_of(parts.begin(), parts.end(),
                       [](auto part) { return part.starts_with(kAufsPrefix); });
}

Error cut_off(const archive::TarEntry& member) {
    return make_error(ErrorCode::kCorrupt, "archive ends within '{}'", member.path);
}

}  // namespace

Extractor::Extractor(DraftTree& tree, ExtractOptions options)
    : tree_(tree), options_(std::move(options)), writers_(tree.dir()) {}

Result<void> Extractor::extract(archive::TarReader& tar, const std::stop_token& stop) {
    while (true) {
        if (stop.stop_requested())
            return make_error(ErrorCode::kCancelled, "unpacking was cancelled");
        SLIPWAY_ASSIGN(const auto member, tar.next());
        if (!member) break;
        SLIPWAY_TRY(take(*member, tar));
    }
    SLIPWAY_TRY(writers_.wait());
    return settle_whiteouts();
}

/// Where look-ups begin. A layer is resolved against itself alone: what is below is not known to
/// who made it.
Spot Extractor::start() {
    const Spot root = tree_.root();
    if (options_.kind == ArchiveKind::kImageLayer) return Spot(root.node(), MergedNode());
    return descend(root, options_.dest.text());
}

Result<RelPath> Extractor::inside(std::string_view name) const {
    SLIPWAY_TRY(check_path_length(name));
    return RelPath::in_root(name);
}

Result<Extractor::Target> Extractor::locate(const RelPath& name, os::Timestamp time) {
    const std::string parent_name = name.parent().text();
    if (!parent_ || parent_->name != parent_name) {
        SLIPWAY_ASSIGN(const auto parent, resolve_in_root(start(), parent_name, FollowLast::kYes));
        const std::string base = options_.dest.is_root() ? "" : options_.dest.text() + "/";
        RelPath path = RelPath::in_root(base + parent.path.text());
        SLIPWAY_ASSIGN(Spot spot,
                       make_parents(path, time).context("archive entry '{}'", name.text()));
        DraftNode* node = spot.node();
        if (options_.kind == ArchiveKind::kImageLayer) spot = Spot(node, MergedNode());
        parent_ = KnownParent{parent_name, node, std::move(path), std::move(spot)};
    }
    Target target;
    target.name = name.name();
    target.parent = parent_->node;
    target.path = parent_->path.child(target.name);
    target.spot = parent_->spot.child(target.name);
    return target;
}

/// The directory at `path` in the draft; what is missing is made: with the metadata of what is
/// below, or as 0755 root:root, in a layer with the time of the entry that needs it.
Result<Spot> Extractor::make_parents(const RelPath& path, os::Timestamp time) {
    Spot spot = tree_.root();
    for (const auto name : path_components(path.text())) {
        DraftNode* owned = spot.node();
        spot = spot.child(name);
        const bool own = spot.node() != nullptr && spot.exists();
        // In a layer only its own files are in the way; what is below is hidden by the new
        // directory.
        if (spot.exists() && !spot.is_dir() && (own || options_.kind == ArchiveKind::kAdded)) {
            return make_error(ErrorCode::kInvalidInput, "'{}' is not a directory",
                              spot.entry().path);
        }
        if (own) continue;
        if (spot.is_dir()) {
            SLIPWAY_ASSIGN(DraftNode * copied, tree_.copy_up(*owned, spot, name));
            spot = Spot(copied, spot.under());
            continue;
        }
        Entry entry;
        entry.mode = S_IFDIR | 0755;
        entry.mtime = options_.kind == ArchiveKind::kAdded ? tree_.opened_at() : time;
        entry.path = owned->entry.path.empty() ? std::string(name)
                                               : owned->entry.path + "/" + std::string(name);
        SLIPWAY_ASSIGN(DraftNode * made, tree_.add(*owned, spot.under(), std::move(entry)));
        spot = Spot(made, spot.under());
    }
    return spot;
}

Entry Extractor::entry_for(const archive::TarEntry& member, const RelPath& path) const {
    Entry entry;
    entry.path = path.text();
    entry.mode = type_bits(member.type) | (member.mode & 07777);
    if (entry.is_symlink()) entry.mode = S_IFLNK | 0777;
    entry.uid = options_.owner ? options_.owner->uid : member.uid;
    entry.gid = options_.owner ? options_.owner->gid : member.gid;
    entry.mtime = time_of(member);
    entry.xattrs = {member.xattrs.begin(), member.xattrs.end()};
    drop_overlay_xattrs(entry.xattrs);
    return entry;
}

Result<void> Extractor::take(const archive::TarEntry& member, archive::TarReader& tar) {
    SLIPWAY_ASSIGN(const RelPath name, inside(member.path));
    const bool layer = options_.kind == ArchiveKind::kImageLayer;
    if (member.type == archive::EntryType::kDirectory) return take_dir(member, name);
    if (name.is_root()) {
        return make_error(ErrorCode::kInvalidInput,
                          "archive entry '{}' would replace the root directory", member.path);
    }
    if (layer && is_aufs_own(name)) return {};
    if (layer && name.name().starts_with(kWhiteoutPrefix)) return take_whiteout(member, name);
    if (layer && member.type == archive::EntryType::kCharDevice && member.device_major == 0 &&
        member.device_minor == 0) {
        whiteouts_.emplace(name.text(), false);  // overlayfs would take it for one
        return {};
    }
    SLIPWAY_ASSIGN(const Target target, locate(name, time_of(member)));
    switch (member.type) {
        case archive::EntryType::kRegular:
            return take_file(member, target, tar);
        case archive::EntryType::kHardlink:
            return take_hardlink(member, target);
        case archive::EntryType::kSymlink:
        case archive::EntryType::kCharDevice:
        case archive::EntryType::kBlockDevice:
        case archive::EntryType::kFifo:
        case archive::EntryType::kDirectory:
            return take_node(member, target);
    }
    return {};
}

/// What is there makes room. Files still being written are waited for first: they are written by
/// name.
Result<DraftNode*> Extractor::replace(const Target& target, Entry entry) {
    if (target.spot.node() != nullptr) {
        SLIPWAY_TRY(writers_.wait());
        std::erase_if(from_below_, [&](const auto& known) {
            return is_below(known.second->entry.path, target.path.text());
        });
        parent_.reset();
        SLIPWAY_TRY(tree_.discard(*target.parent, target.name));
    }
    return tree_.add(*target.parent, target.spot.under(), std::move(entry));
}

Result<void> Extractor::take_dir(const archive::TarEntry& member, const RelPath& name) {
    if (name.is_root()) {
        if (options_.kind == ArchiveKind::kAdded) return {};  // the destination stays as it is
        return tree_.change_dir(*tree_.root().node(), entry_for(member, name));
    }
    SLIPWAY_ASSIGN(const Target target, locate(name, time_of(member)));
    Entry entry = entry_for(member, target.path);
    if (target.spot.is_dir()) {
        SLIPWAY_ASSIGN(DraftNode * owned, tree_.own_dir(target.path));
        SLIPWAY_TRY(tree_.change_dir(*owned, entry));
        return {};
    }
    SLIPWAY_TRY(replace(target, std::move(entry)));
    return {};
}

Result<void> Extractor::take_file(const archive::TarEntry& member, const Target& target,
                                  archive::TarReader& tar) {
    Entry entry = entry_for(member, target.path);
    entry.size = member.size;
    SLIPWAY_ASSIGN(DraftNode * node, replace(target, std::move(entry)));
    if (member.size <= kSmallFile) {
        std::string data(member.size, '\0');
        SLIPWAY_ASSIGN(const std::size_t size,
                       read_full(tar, std::as_writable_bytes(std::span(data))));
        if (size != data.size()) return cut_off(member);
        writers_.write_small(*node, std::move(data));
        return {};
    }
    std::uint64_t left = member.size;
    {
        auto file = writers_.write_large(*node);
        while (left > 0) {
            std::string piece(std::min<std::uint64_t>(kPiece, left), '\0');
            SLIPWAY_ASSIGN(const std::size_t size,
                           read_full(tar, std::as_writable_bytes(std::span(piece))));
            if (size != piece.size()) return cut_off(member);
            left -= size;
            if (!file.push(std::move(piece))) break;
        }
    }
    return left > 0 ? writers_.wait() : Result<void>();
}

Result<void> Extractor::take_node(const archive::TarEntry& member, const Target& target) {
    Entry entry = entry_for(member, target.path);
    if (entry.is_symlink()) {
        entry.link_target = member.link_target;
    } else {
        entry.rdev = ::makedev(member.device_major, member.device_minor);
    }
    auto made = replace(target, std::move(entry));
    // In a user namespace nobody may make devices; images are unpacked without them then.
    const bool device = member.type == archive::EntryType::kCharDevice ||
                        member.type == archive::EntryType::kBlockDevice;
    if (!made && device && made.error().system_errno() == EPERM) return {};
    if (!made) return std::move(made).error();
    return {};
}

Result<void> Extractor::take_hardlink(const archive::TarEntry& member, const Target& target) {
    const auto missing = [&] {
        return make_error(ErrorCode::kInvalidInput,
                          "archive entry '{}' is a hard link to '{}', which is no file here",
                          member.path, member.link_target);
    };
    SLIPWAY_ASSIGN(const RelPath name, inside(member.link_target));
    SLIPWAY_ASSIGN(const auto first, resolve_in_root(start(), name.text(), FollowLast::kNo));
    if (!first.node.exists()) {
        if (options_.kind != ArchiveKind::kImageLayer) return missing();
        // Links of the layer itself have been followed; those of the layers below are left as they
        // are.
        const auto below = tree_.base().find(first.path.text());
        if (!below || !(*below)->is_regular()) return missing();
        return copy_from_below(*below, target, first.path.text());
    }
    if (first.node.is_dir()) return missing();
    DraftNode* node = first.node.node();
    if (node == nullptr) return copy_from_below(first.node.under().located(), target, "");
    if (node == target.spot.node()) return {};  // a link to itself
    if (target.spot.node() != nullptr && is_below(node->entry.path, target.path.text()))
        return missing();
    SLIPWAY_TRY(writers_.wait());  // its digest must be known, and its data there
    const bool regular = node->entry.is_regular();
    if (regular && node->entry.hardlink == 0) node->entry.hardlink = tree_.new_hardlink_number();
    Entry entry = node->entry;
    entry.path = target.path.text();
    SLIPWAY_TRY(replace(target, std::move(entry)));
    if (!regular)
        return {};  // a link or node like the first; that they are one file, nobody can tell
    return tree_.dir().link(tree_.dir(), RelPath::in_root(node->entry.path), target.path);
}

/// A file of the layers below under a new name: a hard link on disk where that is possible, a file
/// of its own in this layer. `key` makes several names of it one file.
Result<void> Extractor::copy_from_below(const Located& from, const Target& target,
                                        const std::string& key) {
    Entry entry = *from.entry;
    entry.path = target.path.text();
    entry.hardlink = 0;
    if (!key.empty()) {
        const auto known = from_below_.find(key);
        if (known != from_below_.end()) {
            if (known->second->entry.hardlink == 0)
                known->second->entry.hardlink = tree_.new_hardlink_number();
            entry.hardlink = known->second->entry.hardlink;
        }
    }
    SLIPWAY_ASSIGN(entry.content, from.tree->content_of(*from.entry));
    SLIPWAY_ASSIGN(DraftNode * node, replace(target, std::move(entry)));
    if (!key.empty()) from_below_.try_emplace(key, node);
    const RelPath source = RelPath::in_root(from.entry->path);
    if (from.tree->linkable() && tree_.dir().link(from.tree->root(), source, target.path))
        return {};
    SLIPWAY_ASSIGN(const os::Fd data, from.tree->root().open_file(source));
    SLIPWAY_ASSIGN(os::Fd copy, tree_.dir().create_file(target.path, node->entry.mode & 07777));
    SLIPWAY_TRY(os::copy_file_data(data, copy));
    SLIPWAY_TRY(copy.close());
    return apply_metadata(tree_.dir(), target.path, node->entry, XattrErrors::kTolerateUnsupported);
}

Result<void> Extractor::take_whiteout(const archive::TarEntry& member, const RelPath& name) {
    const RelPath parent = name.parent();
    if (name.name() == kOpaqueMark) {
        whiteouts_[parent.text()] = true;
        return {};
    }
    const std::string_view hidden = name.name().substr(kWhiteoutPrefix.size());
    if (hidden.empty() || hidden == "." || hidden == "..") {
        return make_error(ErrorCode::kInvalidInput,
                          "archive entry '{}' hides nothing that could exist", member.path);
    }
    whiteouts_.emplace(parent.child(hidden).text(), false);
    return {};
}

/// Whiteouts last, when it is known what the layer itself has. Those that hide nothing are dropped.
Result<void> Extractor::settle_whiteouts() {
    for (const auto& [text, opaque] : whiteouts_) {
        SLIPWAY_ASSIGN(const auto found, resolve_in_root(start(), text, FollowLast::kNo));
        const RelPath& path = found.path;
        if (path.is_root()) {
            if (opaque) SLIPWAY_TRY(hide_root());
            continue;
        }
        const Spot spot = descend(tree_.root(), path.text());
        if (!spot.exists() || !spot.under().exists()) continue;
        if (spot.is_dir() && (opaque || spot.node() != nullptr)) {
            // Hidden and made anew, or emptied.
            if (!spot.under().is_dir()) continue;
            SLIPWAY_ASSIGN(DraftNode * dir, tree_.own_dir(path));
            SLIPWAY_TRY(tree_.make_opaque(*dir));
        } else if (spot.node() == nullptr && !opaque) {
            SLIPWAY_ASSIGN(DraftNode * parent, tree_.own_dir(path.parent()));
            SLIPWAY_TRY(tree_.hide(*parent, path.name(), spot.under()));
        }
    }
    return {};
}

/// The kernel does not look at a mark on a layer's root: everything in it is hidden by name.
Result<void> Extractor::hide_root() {
    const Spot root = tree_.root();
    for (const auto& [name, node] : MergedNode::root(tree_.base().trees()).children()) {
        DraftNode* own = root.node()->child(name);
        if (own == nullptr) {
            SLIPWAY_TRY(tree_.hide(*root.node(), name, node));
        } else if (own->entry.is_dir() && node.is_dir()) {
            SLIPWAY_TRY(tree_.make_opaque(*own));
        }
    }
    return {};
}

}  // namespace slipway::snapshot
