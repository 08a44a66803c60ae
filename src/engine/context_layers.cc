#include "engine/internal/context_layers.h"

#include "base/path.h"
#include "engine/value.h"
#include "os/system.h"
#include "snapshot/file_ops.h"

namespace slipway::engine {

Result<snapshot::Snapshot> materialize(BuildContext& build, ContextSource& context,
                                       const std::string& path, std::stop_token stop) {
    auto& workspace = build.workspace;
    SLIPWAY_ASSIGN(const auto view, context.view(stop));
    SLIPWAY_ASSIGN(const auto real_path, view.resolve(path, snapshot::FollowLast::kYes));
    SLIPWAY_ASSIGN(const Digest content,
                   context.digest({snapshot::Selection{.path = "/" + real_path.text()}}, stop));
    const auto key =
        make_key({{"context layer", "/" + real_path.text()}, {"content", content.to_string()}});

    SLIPWAY_ASSIGN(const auto record, workspace.cache().find(key.digest));
    if (record && record->outputs.size() == 1) {
        SLIPWAY_ASSIGN(auto snapshot, to_snapshot(record->outputs[0]));
        if (workspace.layers().has_all(snapshot)) return snapshot;
    }
    SLIPWAY_ASSIGN(auto draft, workspace.layers().begin());
    snapshot::FileEditor editor(workspace.layers(), snapshot::View(), std::move(draft),
                                workspace.cpu_pool());
    snapshot::CopyOptions copy;
    copy.source.path = "/" + real_path.text();
    copy.dest = copy.source.path;
    copy.dir_copy_contents = true;
    copy.create_dest_path = true;
    SLIPWAY_TRY(editor.copy(view, copy, stop));
    SLIPWAY_ASSIGN(auto layer, editor.commit());
    snapshot::Snapshot snapshot = {std::move(layer)};
    SLIPWAY_TRY(workspace.cache().add({.key = key.digest,
                                       .by_content = true,
                                       .slot = "",
                                       .name = "context " + copy.source.path,
                                       .outputs = {to_output(snapshot)},
                                       .ingredients = key.ingredients,
                                       .created_at = os::now_unix_nanoseconds() / 1'000'000'000,
                                       .duration_ns = 0}));
    return snapshot;
}

}  // namespace slipway::engine
