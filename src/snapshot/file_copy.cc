// LLB's copy (llb-facts 5.2). First everything is decided and all directories, links and nodes are
// made, with look-ups in memory only; then the regular files are linked or copied in parallel.
#include "archive/tar.h"
#include "os/file.h"
#include "snapshot/internal/editor.h"
#include "snapshot/internal/extractor.h"
#include "snapshot/internal/hash_data.h"
#include "snapshot/internal/select.h"
#include "snapshot/internal/symbolic_mode.h"

#include <map>

namespace slipway::snapshot {

/// One source path with all below it, to one destination.
class TreeCopier {
  public:
    TreeCopier(EditorState& editor, const CopyOptions& options,
               const std::optional<SymbolicMode>& symbolic, RelPath dest)
        : editor_(editor), options_(options), symbolic_(symbolic), dest_(std::move(dest)) {}

    Result<void> copy(const MergedNode& source, const SelectionFilter& filter,
                      const std::stop_token& stop) {
        return select_below(
            source, filter, [&](const std::string& path, const MergedNode& node, TakenAs how) {
                if (stop.stop_requested())
                    return Result<void>(make_error(ErrorCode::kCancelled, "copying was cancelled"));
                return take(path, node, how);
            });
    }

  private:
    /// A directory of the destination on the way to the current entry.
    struct Level {
        std::string path;  ///< relative to the source path
        RelPath dest;
        Spot spot;
        DraftNode* owned = nullptr;
        bool dated = true;  ///< its time is the source's, whatever is added
    };

    Result<void> take(const std::string& path, const MergedNode& node, TakenAs how) {
        const bool top = path.empty();
        if (!top) leave_until(dir_name(path));
        const RelPath dest = top ? dest_ : levels_.back().dest.child(base_name(path));
        Spot spot = top ? editor_.spot_at(dest) : levels_.back().spot.child(base_name(path));
        if (options_.replace_existing && how == TakenAs::kSelected && spot.exists() &&
            !(node.is_dir() && spot.is_dir())) {
            SLIPWAY_TRY(remove(dest));
            spot = editor_.spot_at(dest);
        }
        if (node.is_dir()) return take_dir(path, dest, spot, node.entry(), how);
        if (spot.is_dir()) {
            return make_error(ErrorCode::kInvalidInput, "cannot replace to directory /{} with file",
                              dest.text());
        }
        return take_other(dest, spot, node.located());
    }

    void leave_until(std::string_view parent) {
        if (parent == ".") parent = "";
        while (levels_.back().path != parent) levels_.pop_back();
    }

    Result<void> remove(const RelPath& dest) {
        SLIPWAY_TRY(editor_.settle());
        SLIPWAY_ASSIGN(DraftNode * parent, editor_.tree->own_dir(dest.parent()));
        return editor_.tree->hide(*parent, dest.name(), editor_.spot_at(dest).under());
    }

    Result<void> take_dir(const std::string& path, const RelPath& dest, Spot spot,
                          const Entry& from, TakenAs how) {
        if (spot.exists()) {
            if (!spot.is_dir()) {
                return make_error(ErrorCode::kInvalidInput, "cannot copy to non-directory: /{}",
                                  dest.text());
            }
            Entry wanted = spot.entry();
            wanted.xattrs.clear();
            if (path.empty()) {
                wanted.mtime = options_.time.value_or(from.mtime);  // everything else of it stays
            } else if (how == TakenAs::kParent) {
                wanted.mode = from.mode;
            } else {
                wanted = final_entry(from, dest);
            }
            SLIPWAY_TRY(change_dir(dest, spot, wanted));
        } else {
            SLIPWAY_ASSIGN(DraftNode * parent, owned_parent(dest));
            Entry entry = final_entry(from, dest);
            if (how == TakenAs::kParent && !options_.time) entry.mtime = editor_.tree->opened_at();
            SLIPWAY_ASSIGN(DraftNode * made,
                           editor_.tree->add(*parent, spot.under(), std::move(entry)));
            spot = Spot(made, spot.under());
        }
        const bool dated = path.empty() || how != TakenAs::kParent;
        if (dated && spot.node() != nullptr) editor_.tree->keep_time(*spot.node());
        levels_.push_back({path, dest, spot, spot.node(), dated});
        return {};
    }

    /// Nothing is copied up when nothing changes.
    Result<void> change_dir(const RelPath& dest, Spot& spot, const Entry& wanted) {
        const Entry& old = spot.entry();
        bool same = old.mode == wanted.mode && old.uid == wanted.uid && old.gid == wanted.gid &&
                    old.mtime == wanted.mtime;
        for (const auto& [name, value] : wanted.xattrs) {
            const auto at = old.xattrs.find(name);
            same = same && at != old.xattrs.end() && at->second == value;
        }
        if (same) return {};
        SLIPWAY_ASSIGN(DraftNode * owned, editor_.tree->own_dir(dest));
        spot = Spot(owned, spot.under());
        return editor_.tree->change_dir(*owned, wanted);
    }

    /// The draft's own directory that the entry goes into.
    Result<DraftNode*> owned_parent(const RelPath& dest) {
        if (levels_.empty()) return editor_.tree->own_dir(dest.parent());
        Level& level = levels_.back();
        if (level.owned == nullptr) {
            SLIPWAY_ASSIGN(level.owned, editor_.tree->own_dir(level.dest));
            level.spot = Spot(level.owned, level.spot.under());
            if (level.dated) editor_.tree->keep_time(*level.owned);
        }
        return level.owned;
    }

    /// Is what the layers below have there the same already?
    static Result<bool> is_there(const Spot& spot, const Located& from, const Entry& wanted) {
        if (!spot.exists() || spot.node() != nullptr || from->hardlink != 0) return false;
        const Located old = spot.under().located();
        if (!same_metadata(*old.entry, wanted)) return false;
        if (!wanted.is_regular()) return true;
        SLIPWAY_ASSIGN(const Digest here, old.tree->content_of(*old.entry));
        SLIPWAY_ASSIGN(const Digest there, from.tree->content_of(*from.entry));
        return here == there;
    }

    Result<void> take_other(const RelPath& dest, const Spot& spot, const Located& from) {
        Entry entry = final_entry(*from.entry, dest);
        SLIPWAY_ASSIGN(const bool there, is_there(spot, from, entry));
        if (there) return {};
        if (spot.exists()) SLIPWAY_TRY(editor_.clear(dest));
        SLIPWAY_ASSIGN(DraftNode * parent, owned_parent(dest));
        if (!entry.is_regular()) {
            SLIPWAY_TRY(editor_.tree->add(*parent, spot.under(), std::move(entry)));
            return {};
        }
        if (from->hardlink != 0) {
            const auto first = first_names_.find({from.tree, from->hardlink});
            if (first != first_names_.end()) {
                if (first->second->entry.hardlink == 0) {
                    first->second->entry.hardlink = editor_.tree->new_hardlink_number();
                }
                entry.hardlink = first->second->entry.hardlink;
                SLIPWAY_ASSIGN(DraftNode * node,
                               editor_.tree->add(*parent, spot.under(), std::move(entry)));
                editor_.jobs->add_name(*node, *first->second);
                return {};
            }
        }
        const Transfer transfer = transfer_for(from, entry);
        SLIPWAY_ASSIGN(DraftNode * node,
                       editor_.tree->add(*parent, spot.under(), std::move(entry)));
        if (from->hardlink != 0) first_names_[{from.tree, from->hardlink}] = node;
        editor_.jobs->add(*node, from, transfer);
        return {};
    }

    Transfer transfer_for(const Located& from, const Entry& wanted) {
        const Entry& old = *from.entry;
        if (!from.tree->linkable() || old.content.is_zero()) return Transfer::kCopy;
        if (old.mode != wanted.mode || old.uid != wanted.uid || old.gid != wanted.gid ||
            old.mtime != wanted.mtime) {
            return Transfer::kCopy;
        }
        // Two copies of one file are two files; and so are copies of two of its names.
        const std::size_t entries = from.tree->manifest().entries().size();
        const std::size_t file =
            old.hardlink != 0 ? entries + old.hardlink : from.tree->manifest().index_of(old);
        return editor_.linked.emplace(from.tree, file).second ? Transfer::kLink : Transfer::kCopy;
    }

    /// How `from` shall be at the destination.
    Entry final_entry(const Entry& from, const RelPath& dest) const {
        Entry entry = from;
        entry.path = dest.text();
        entry.opaque = false;
        entry.hardlink = 0;
        if (options_.owner) {
            entry.uid = options_.owner->uid;
            entry.gid = options_.owner->gid;
        }
        if (!entry.is_symlink()) {
            const std::uint32_t type = from.mode & S_IFMT;
            if (symbolic_) {
                entry.mode = type | symbolic_->apply(from.mode);
            } else if (options_.mode) {
                entry.mode = type | (*options_.mode & 07777);
            }
        }
        if (options_.time) entry.mtime = *options_.time;
        return entry;
    }

    EditorState& editor_;
    const CopyOptions& options_;
    const std::optional<SymbolicMode>& symbolic_;
    const RelPath dest_;
    std::vector<Level> levels_;
    std::map<std::pair<const Tree*, std::uint32_t>, DraftNode*> first_names_;
};

namespace {

/// Absolute; a slash or "/." at the end is kept.
std::string clean_dest(std::string_view dest) {
    std::string cleaned = clean_path("/" + std::string(dest));
    if (cleaned != "/" && (dest.ends_with('/') || dest.ends_with("/."))) cleaned += '/';
    return cleaned;
}

/// What must be a directory for a cleaned destination: all of it when it ends in a slash.
std::string dir_to_make(std::string_view dest) {
    return std::string(dest.substr(0, dest.rfind('/')));
}

class CopyAction {
  public:
    CopyAction(EditorState& editor, const View& source, const CopyOptions& options,
               const std::stop_token& stop)
        : editor_(editor),
          source_(source),
          options_(options),
          stop_(stop),
          dest_(clean_dest(options.dest)) {}

    Result<void> check() {
        if (!options_.symbolic_mode.empty()) {
            SLIPWAY_ASSIGN(symbolic_, SymbolicMode::parse(options_.symbolic_mode));
        }
        SLIPWAY_ASSIGN(filter_, SelectionFilter::parse(options_.source));
        if (!options_.create_dest_path) {
            SLIPWAY_ASSIGN(const auto dest, editor_.tree->resolve(dest_, FollowLast::kYes));
            if (!editor_.spot_at(dest.path.parent()).exists()) {
                return make_error(ErrorCode::kNotFound,
                                  "the parent of the destination '{}' does not exist",
                                  options_.dest);
            }
        }
        SLIPWAY_ASSIGN(sources_, expand_selection(source_, options_.source));
        SLIPWAY_TRY(check_required(source_, options_.source, sources_, filter_));
        for (const auto& path : sources_) {
            SLIPWAY_TRY(find_source(source_, path, options_.source.follow_symlinks));
        }
        return {};
    }

    Result<void> run() {
        for (const auto& path : sources_) {
            editor_.tree->begin_action();  // each one as if it stood alone
            if (options_.unpack_archives) {
                SLIPWAY_ASSIGN(const bool unpacked, unpack(path));
                if (unpacked) continue;
            }
            SLIPWAY_TRY(copy(path));
        }
        return editor_.settle(stop_);
    }

  private:
    [[nodiscard]] std::uint32_t dir_mode() const {
        return symbolic_ || !options_.mode ? 0755U : *options_.mode & 0777U;
    }

    Result<void> make_dirs(const RelPath& path, std::uint32_t mode) {
        return editor_.make_dirs(path, mode, options_.owner.value_or(Owner()), options_.time);
    }

    Result<void> copy(const std::string& path) {
        const std::string to_make = dir_to_make(dest_);
        if (!to_make.empty()) {
            SLIPWAY_ASSIGN(const auto dir, editor_.tree->resolve(to_make, FollowLast::kYes));
            SLIPWAY_TRY(make_dirs(dir.path, dir_mode()));
        }
        SLIPWAY_ASSIGN(const auto resolved, editor_.tree->resolve(dest_, FollowLast::kYes));
        SLIPWAY_ASSIGN(const MergedNode source,
                       find_source(source_, path, options_.source.follow_symlinks));
        RelPath dest = resolved.path;
        const bool exists = resolved.node.exists();
        const bool contents = options_.dir_copy_contents && source.is_dir();
        const bool into = source.is_dir() ? !contents && exists : resolved.node.is_dir();
        if (into && !RelPath::in_root(path).is_root())
            dest = dest.child(RelPath::in_root(path).name());
        SLIPWAY_TRY(make_dirs(contents && !exists ? dest : dest.parent(), dir_mode()));
        return TreeCopier(editor_, options_, symbolic_, dest).copy(source, filter_, stop_);
    }

    /// Is it an archive (then it was unpacked)?
    Result<bool> unpack(const std::string& path) {
        SLIPWAY_ASSIGN(const MergedNode source, find_source(source_, path, true));
        if (!source.entry().is_regular()) return false;
        const Located& found = source.located();
        const RelPath at = RelPath::in_root(found->path);
        {
            SLIPWAY_ASSIGN(const os::Fd file, found.tree->root().open_file(at));
            os::FdReader reader(file);
            SLIPWAY_ASSIGN(const bool is_tar, archive::looks_like_tar(reader));
            if (!is_tar) return false;
        }
        SLIPWAY_TRY(editor_.settle(stop_));
        SLIPWAY_ASSIGN(const auto dest, editor_.tree->resolve(dest_, FollowLast::kYes));
        SLIPWAY_TRY(make_dirs(dest.path, 0755));
        SLIPWAY_TRY(editor_.tree->own_dir(dest.path));
        SLIPWAY_ASSIGN(const os::Fd file, found.tree->root().open_file(at));
        os::FdReader data(file);
        DigestReader reader(data);
        SLIPWAY_ASSIGN(auto tar, archive::TarReader::open(reader, archive::Decompress::kAny));
        Extractor extractor(
            *editor_.tree,
            {.kind = ArchiveKind::kAdded, .dest = dest.path, .owner = options_.owner});
        SLIPWAY_TRY(extractor.extract(tar, stop_).context("unpacking '{}'", path));
        if (found.tree->linkable()) return true;  // immutable: its digest stands
        SLIPWAY_ASSIGN(const Digest read, reader.finish());
        SLIPWAY_ASSIGN(const Digest expected, found.tree->content_of(*found.entry));
        if (read != expected) {
            return make_error(ErrorCode::kConflict, "'{}' changed while it was being unpacked",
                              path);
        }
        return true;
    }

    EditorState& editor_;
    const View& source_;
    const CopyOptions& options_;
    const std::stop_token& stop_;
    const std::string dest_;
    std::optional<SymbolicMode> symbolic_;
    SelectionFilter filter_;
    std::vector<std::string> sources_;
};

}  // namespace

Result<void> FileEditor::copy(const View& source, const CopyOptions& options,
                              std::stop_token stop) {
    SLIPWAY_TRY(impl_->tree_for_action());
    impl_->sources.push_back(source);
    CopyAction action(*impl_, source, options, stop);
    SLIPWAY_TRY(action.check());
    return impl_->done(action.run());
}

}  // namespace slipway::snapshot
