// What the actions of a FileEditor share.
#pragma once

#include "snapshot/file_ops.h"
#include "snapshot/internal/draft_tree.h"
#include "snapshot/internal/file_jobs.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace slipway::snapshot {

struct EditorState {
    EditorState(const LayerStore& layers_in, View base_in, LayerDraft draft_in,
                async::ThreadPool& pool_in)
        : layers(layers_in), base(std::move(base_in)), draft(std::move(draft_in)), pool(pool_in) {}

    /// Opened by the first action. kInternal after an action failed half-way: the draft is not what
    /// it should be.
    Result<DraftTree*> tree_for_action();
    /// Writes the files that were added.
    Result<void> settle(const std::stop_token& stop = {});
    /// Ends an action: an error in it spoils the draft.
    Result<void> done(Result<void> result);

    /// Every missing directory of `path` (which leads through no links), made with `mode`, `owner`
    /// and `time`.
    Result<void> make_dirs(const RelPath& path, std::uint32_t mode, Owner owner, ActionTime time);
    Result<void> make_file(const RelPath& path, Entry entry, std::string_view data);
    /// A new entry where nothing shows; its parent shows as a directory.
    Result<DraftNode*> add(const RelPath& path, Entry entry);
    /// Makes room: what the draft has at `path` is removed. What is below is hidden by what comes.
    Result<void> clear(const RelPath& path);
    [[nodiscard]] Spot spot_at(const RelPath& path) { return descend(tree->root(), path.text()); }
    [[nodiscard]] os::Timestamp time_or_now(ActionTime time) const;

    const LayerStore& layers;
    View base;
    std::optional<LayerDraft> draft;  ///< until the tree takes it
    async::ThreadPool& pool;
    std::optional<DraftTree> tree;
    std::optional<FileJobs> jobs;
    bool spoiled = false;

    /// Files of other layers that this draft is linked to. A second link would make one file of two
    /// copies.
    std::set<std::pair<const Tree*, std::size_t>> linked;
    std::vector<View> sources;  ///< keeps their trees
};

struct FileEditor::Impl final : EditorState {
    using EditorState::EditorState;
};

}  // namespace slipway::snapshot
