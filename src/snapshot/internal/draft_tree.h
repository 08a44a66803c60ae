// A layer in the making whose every entry is known in memory: what was written is looked up without
// system calls, and the manifest is there at the end without walking or reading anything. Names are
// made and removed here, data of regular files is written by whoever adds them (file_jobs.h,
// unpacker.h).
//
// Not thread-safe; only the content digest and the xattrs of a node's entry may be set by one other
// thread while its file is being written.
#pragma once

#include "snapshot/internal/in_root.h"
#include "snapshot/internal/merged.h"
#include "snapshot/layer_store.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace slipway::snapshot {

/// Linux's PATH_MAX. Longer paths could be made piece by piece, but no tool could use them, and
/// what is bounded here is also the depth of every recursion over a layer.
inline constexpr std::size_t kMaxPath = 4096;
Result<void> check_path_length(std::string_view path);

struct DraftNode {
    Entry entry;
    /// The action that gave a directory its time: what it adds there leaves the time as it is.
    std::uint32_t dated_by = 0;
    std::map<std::string, std::unique_ptr<DraftNode>, std::less<>> children;

    [[nodiscard]] DraftNode* child(std::string_view name) const;
};

/// What is at one path: the draft's own, and what the layers below have there.
class Spot {
  public:
    Spot() = default;
    Spot(DraftNode* node, MergedNode under) : node_(node), under_(std::move(under)) {}

    [[nodiscard]] bool exists() const {
        return node_ != nullptr ? !node_->entry.is_whiteout() : under_.exists();
    }
    [[nodiscard]] bool is_dir() const { return exists() && entry().is_dir(); }
    /// Of what exists.
    [[nodiscard]] const Entry& entry() const {
        return node_ != nullptr ? node_->entry : under_.entry();
    }
    [[nodiscard]] Spot child(std::string_view name) const;
    /// The draft's own entry (perhaps a whiteout), or null.
    [[nodiscard]] DraftNode* node() const { return node_; }
    /// What would show if the draft had nothing here.
    [[nodiscard]] const MergedNode& under() const { return under_; }

  private:
    DraftNode* node_ = nullptr;
    MergedNode under_;
};

/// What to do about xattrs that the file system does not take.
enum class XattrErrors { kTolerateUnsupported, kTolerateAll };

class DraftTree {
  public:
    /// The draft's root directory takes its metadata from that of `base`.
    static Result<DraftTree> open(LayerDraft draft, View base);

    /// From here on a directory whose entries change takes the time at which the draft was opened,
    /// unless the action gives it one. Before the first action (a layer being unpacked) directories
    /// keep the time they have below.
    void begin_action() { ++action_; }
    [[nodiscard]] os::Timestamp opened_at() const { return opened_at_; }

    [[nodiscard]] const os::Dir& dir() const { return draft_.diff(); }
    [[nodiscard]] const View& base() const { return base_; }
    [[nodiscard]] Spot root();
    [[nodiscard]] Result<InRoot<Spot>> resolve(std::string_view path, FollowLast follow);

    /// The draft's own directory at `path`, which shows as a directory: copied up (metadata only)
    /// where it was not there, with its parents.
    Result<DraftNode*> own_dir(const RelPath& path);
    /// The same of `spot`, a directory called `name` in an owned one, which the draft has not.
    Result<DraftNode*> copy_up(DraftNode& parent, const Spot& spot, std::string_view name);
    /// A new entry in an owned directory, where nothing shows. Directories, links and nodes are
    /// made with their metadata (directory times: at the end); of a regular file only the name is
    /// taken. `under`: of its spot.
    Result<DraftNode*> add(DraftNode& parent, const MergedNode& under, Entry entry);
    /// Changes an owned directory to the mode, owner, xattrs (added) and times of `wanted`.
    Result<void> change_dir(DraftNode& dir, const Entry& wanted);
    /// The time that the directory has is given by the action.
    void keep_time(DraftNode& dir) const { dir.dated_by = action_; }
    /// Takes the draft's own entry away, with all below it. What is under it shows again.
    Result<void> discard(DraftNode& parent, std::string_view name);
    /// Makes nothing show at `name`: discards the draft's own, and hides what is under it.
    Result<void> hide(DraftNode& parent, std::string_view name, const MergedNode& under);
    Result<void> make_opaque(DraftNode& dir);

    /// A number for names of one file.
    std::uint32_t new_hardlink_number() { return ++hardlinks_; }
    [[nodiscard]] Manifest manifest() const;
    /// Takes away what is just like that in the layers below, and the directories that add nothing
    /// but a time to what is there. Of a file with several names all go, or none. What has no
    /// content digest yet stays.
    Result<void> drop_unchanged();
    /// Sets the times of all directories; nothing may be added after it.
    Result<void> finish();
    LayerDraft take_draft() && { return std::move(draft_); }

  private:
    DraftTree(LayerDraft draft, View base);

    using Nodes = std::unordered_set<const DraftNode*>;
    Result<void> drop(const Nodes& unchanged, DraftNode& dir, const MergedNode& under);
    Result<DraftNode*> insert(DraftNode& parent, const MergedNode& under, Entry entry);
    void touch(DraftNode& dir) const;

    LayerDraft draft_;
    View base_;
    std::unique_ptr<DraftNode> root_ = std::make_unique<DraftNode>();
    std::uint32_t hardlinks_ = 0;
    std::uint32_t action_ = 0;
    os::Timestamp opened_at_;
};

/// Sets the xattrs of `entry` on what is at `path` below `dir`, and removes from `entry` those that
/// were refused.
Result<void> apply_xattrs(const os::Dir& dir, const RelPath& path, Entry& entry,
                          XattrErrors errors);
/// Owner, mode and xattrs, in this order: a change of owner clears set-id bits and capabilities.
/// Times too, except of directories. A regular file was just created with the mode of `entry`.
Result<void> apply_metadata(const os::Dir& dir, const RelPath& path, Entry& entry,
                            XattrErrors errors);

}  // namespace slipway::snapshot
