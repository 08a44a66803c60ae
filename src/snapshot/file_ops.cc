#include "snapshot/file_ops.h"

#include "os/file.h"
#include "os/system.h"
#include "snapshot/internal/editor.h"

namespace slipway::snapshot {

namespace {

constexpr std::uint32_t kFileBits = 0777;  // what mkdir and mkfile take of a mode

/// The draft so far, for reading from.
class DraftSnapshot final : public Tree {
  public:
    DraftSnapshot(os::Dir root, Manifest manifest)
        : root_(std::move(root)), manifest_(std::move(manifest)) {}
    [[nodiscard]] const Manifest& manifest() const override { return manifest_; }
    [[nodiscard]] const os::Dir& root() const override { return root_; }
    /// A link within one layer would make two names of one file.
    [[nodiscard]] bool linkable() const override { return false; }
    [[nodiscard]] Result<Digest> content_of(const Entry& entry) const override {
        return entry.content;
    }

  private:
    os::Dir root_;
    Manifest manifest_;
};

Error not_a_dir(const RelPath& path) {
    return make_error(ErrorCode::kInvalidInput, "'/{}' is not a directory", path.text());
}

Error not_found(const RelPath& path) {
    return make_error(ErrorCode::kNotFound, "\"/{}\": not found", path.text());
}

}  // namespace

Result<DraftTree*> EditorState::tree_for_action() {
    if (spoiled)
        return make_error(ErrorCode::kInternal, "a layer is edited further after an action failed");
    if (!tree) {
        SLIPWAY_ASSIGN(tree, DraftTree::open(std::move(*draft), base));
        draft.reset();
        jobs.emplace(*tree, pool);
    }
    tree->begin_action();
    return &*tree;
}

Result<void> EditorState::settle(const std::stop_token& stop) {
    if (!jobs || jobs->empty()) return {};
    return jobs->run(stop);
}

Result<void> EditorState::done(Result<void> result) {
    if (!result) spoiled = true;
    return result;
}

os::Timestamp EditorState::time_or_now(ActionTime time) const {
    return time.value_or(tree->opened_at());
}

Result<DraftNode*> EditorState::add(const RelPath& path, Entry entry) {
    SLIPWAY_ASSIGN(DraftNode * parent, tree->own_dir(path.parent()));
    const Spot spot = spot_at(path);
    entry.path = path.text();
    return tree->add(*parent, spot.under(), std::move(entry));
}

Result<void> EditorState::clear(const RelPath& path) {
    const Spot spot = spot_at(path);
    if (spot.node() == nullptr) return {};
    SLIPWAY_TRY(settle());  // it may not be on disk yet
    SLIPWAY_ASSIGN(DraftNode * parent, tree->own_dir(path.parent()));
    return tree->discard(*parent, path.name());
}

Result<void> EditorState::make_dirs(const RelPath& path, std::uint32_t mode, Owner owner,
                                    ActionTime time) {
    Spot spot = tree->root();
    RelPath at;
    for (const auto name : path_components(path.text())) {
        at = at.child(name);
        spot = spot.child(name);
        if (spot.exists()) {
            if (!spot.is_dir()) return not_a_dir(at);
            continue;
        }
        Entry entry;
        entry.mode = S_IFDIR | (mode & 07777);
        entry.uid = owner.uid;
        entry.gid = owner.gid;
        entry.mtime = time_or_now(time);
        SLIPWAY_ASSIGN(DraftNode * made, add(at, std::move(entry)));
        spot = Spot(made, spot.under());
    }
    return {};
}

FileEditor::FileEditor(const LayerStore& layers, View base, LayerDraft draft,
                       async::ThreadPool& pool)
    : impl_(std::make_unique<Impl>(layers, std::move(base), std::move(draft), pool)) {}
FileEditor::FileEditor(FileEditor&&) noexcept = default;
FileEditor::~FileEditor() = default;

Result<void> FileEditor::make_dir(std::string_view path, std::uint32_t mode, bool parents,
                                  Owner owner, ActionTime time) {
    SLIPWAY_ASSIGN(DraftTree * tree, impl_->tree_for_action());
    SLIPWAY_ASSIGN(const auto at, tree->resolve(path, FollowLast::kYes));
    if (parents) return impl_->done(impl_->make_dirs(at.path, mode & kFileBits, owner, time));
    if (at.node.exists()) return {};
    const Spot parent = impl_->spot_at(at.path.parent());
    if (!parent.exists()) return not_found(at.path.parent());
    if (!parent.is_dir()) return not_a_dir(at.path.parent());
    return impl_->done(impl_->make_dirs(at.path, mode & kFileBits, owner, time));
}

Result<void> FileEditor::make_file(std::string_view path, std::uint32_t mode, std::string_view data,
                                   Owner owner, ActionTime time) {
    SLIPWAY_ASSIGN(DraftTree * tree, impl_->tree_for_action());
    SLIPWAY_ASSIGN(const auto at, tree->resolve(path, FollowLast::kYes));
    const Spot parent = impl_->spot_at(at.path.parent());
    if (at.path.is_root() || at.node.is_dir()) {
        return make_error(ErrorCode::kInvalidInput,
                          "cannot write the file '/{}': it is a directory", at.path.text());
    }
    if (!parent.exists()) return not_found(at.path.parent());
    if (!parent.is_dir()) return not_a_dir(at.path.parent());
    Entry entry;
    entry.mode = S_IFREG | (mode & kFileBits);
    if (at.node.exists()) {
        const Entry& old = at.node.entry();
        if (!old.is_regular()) {
            return make_error(ErrorCode::kInvalidInput, "cannot write '/{}': it is no regular file",
                              at.path.text());
        }
        entry.mode = old.mode;  // an existing file is rewritten: it keeps its mode
        entry.xattrs = old.xattrs;
        entry.xattrs.erase("security.capability");  // as the kernel does at a write
    }
    entry.uid = owner.uid;
    entry.gid = owner.gid;
    entry.size = data.size();
    entry.mtime = impl_->time_or_now(time);
    entry.content = Digest::of(data);
    return impl_->done(impl_->make_file(at.path, std::move(entry), data));
}

/// Never written in place: the old file may be another layer's.
Result<void> EditorState::make_file(const RelPath& path, Entry entry, std::string_view data) {
    SLIPWAY_TRY(clear(path));
    SLIPWAY_ASSIGN(DraftNode * node, add(path, std::move(entry)));
    SLIPWAY_ASSIGN(os::Fd file, tree->dir().create_file(path, node->entry.mode & 07777));
    SLIPWAY_TRY(os::FdWriter(file).write(data));
    SLIPWAY_TRY(file.close());
    return apply_metadata(tree->dir(), path, node->entry, XattrErrors::kTolerateAll);
}

Result<void> FileEditor::make_symlink(const std::string& target, std::string_view path, Owner owner,
                                      ActionTime time) {
    SLIPWAY_ASSIGN(DraftTree * tree, impl_->tree_for_action());
    SLIPWAY_ASSIGN(const auto at, tree->resolve(path, FollowLast::kYes));
    if (at.node.exists())
        return make_error(ErrorCode::kConflict, "cannot make the link '/{}': it exists",
                          at.path.text());
    const Spot parent = impl_->spot_at(at.path.parent());
    if (!parent.exists()) return not_found(at.path.parent());
    if (!parent.is_dir()) return not_a_dir(at.path.parent());
    Entry entry;
    entry.mode = S_IFLNK | 0777;
    entry.uid = owner.uid;
    entry.gid = owner.gid;
    entry.mtime = impl_->time_or_now(time);
    entry.link_target = target;
    auto made = impl_->add(at.path, std::move(entry));
    if (!made) return impl_->done(std::move(made).error());
    return {};
}

Result<void> FileEditor::remove(std::string_view path, bool allow_not_found, bool allow_wildcard) {
    SLIPWAY_ASSIGN(DraftTree * tree, impl_->tree_for_action());
    std::vector<std::string> paths = {std::string(path)};
    if (allow_wildcard) {
        SLIPWAY_ASSIGN(const View current, view());
        SLIPWAY_ASSIGN(paths, expand_selection(current, {.path = std::string(path),
                                                         .follow_symlinks = false,
                                                         .allow_wildcard = true,
                                                         .allow_empty_wildcard = true}));
    }
    for (const auto& one : paths) {
        SLIPWAY_ASSIGN(const auto at, tree->resolve(one, FollowLast::kNo));
        if (at.path.is_root())
            return make_error(ErrorCode::kInvalidInput, "cannot remove '{}': it is the root", path);
        if (!at.node.exists()) {
            if (allow_not_found) continue;
            return not_found(at.path);
        }
        const auto hide = [&]() -> Result<void> {
            SLIPWAY_ASSIGN(DraftNode * parent, tree->own_dir(at.path.parent()));
            return tree->hide(*parent, at.path.name(), at.node.under());
        };
        SLIPWAY_TRY(impl_->done(hide()));
    }
    return {};
}

Result<View> FileEditor::view() const {
    if (!impl_->tree) return impl_->base;
    auto trees = impl_->base.trees();
    SLIPWAY_ASSIGN(os::Dir root, impl_->tree->dir().duplicate());
    trees.insert(trees.begin(),
                 std::make_shared<DraftSnapshot>(std::move(root), impl_->tree->manifest()));
    return View(std::move(trees));
}

Result<LayerId> FileEditor::commit() {
    SLIPWAY_ASSIGN(DraftTree * tree, impl_->tree_for_action());
    impl_->spoiled = true;  // whatever comes, this draft is used up
    SLIPWAY_TRY(tree->drop_unchanged());
    SLIPWAY_TRY(tree->finish());
    const Manifest manifest = tree->manifest();
    return impl_->layers.commit_as(std::move(*tree).take_draft(), manifest);
}

}  // namespace slipway::snapshot
