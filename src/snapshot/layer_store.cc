#include "snapshot/layer_store.h"

#include "base/text.h"
#include "os/file.h"
#include "snapshot/internal/draft_tree.h"
#include "snapshot/internal/extractor.h"
#include "snapshot/internal/hash_data.h"
#include "snapshot/internal/layer_walk.h"
#include "snapshot/internal/store_impl.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace slipway::snapshot {

namespace {

constexpr std::size_t kLargestManifest = std::size_t{4} << 30;

/// IDs come from records on disk, and become paths.
bool is_layer_id(std::string_view id) {
    return id.size() == 32 && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<void> check_id(std::string_view id) {
    if (is_layer_id(id)) return {};
    return make_error(ErrorCode::kInvalidInput, "'{}' is not a layer ID", id);
}

}  // namespace

Layer::Layer(LayerId id, os::Dir root, Manifest manifest)
    : id_(std::move(id)), root_(std::move(root)), manifest_(std::move(manifest)) {}

Result<Digest> Layer::content_of(const Entry& entry) const {
    if (!entry.content.is_zero()) return entry.content;
    return make_error(ErrorCode::kCorrupt, "layer {} has no digest of '{}'", id_, entry.path);
}

LayerStore::LayerStore(const content::Store& store, content::BlobStore& blobs,
                       async::ThreadPool& pool)
    : impl_(std::make_shared<Impl>(store, blobs, pool)) {}

Result<LayerDraft> LayerStore::begin() const {
    SLIPWAY_ASSIGN(os::TempDir dir, impl_->store.temp_dir("layer"));
    SLIPWAY_TRY(os::make_dirs(dir.path() + "/work"));
    SLIPWAY_TRY(os::make_dirs(dir.path() + "/diff"));
    SLIPWAY_ASSIGN(os::Dir diff, os::Dir::open(dir.path() + "/diff"));
    SLIPWAY_TRY(diff.set_mode(RelPath(), 0755));
    return LayerDraft(std::move(dir), std::move(diff));
}

Result<LayerId> LayerStore::commit(LayerDraft draft, const KnownDigests& known) const {
    std::optional<View> base;
    if (!draft.mounted_on_->empty()) {
        SLIPWAY_ASSIGN(base, view(*draft.mounted_on_));
    }
    SLIPWAY_ASSIGN(auto entries,
                   walk_layer(draft.diff(), base ? &*base : nullptr, known, impl_->pool));
    return commit_as(std::move(draft), Manifest::from_entries(std::move(entries)));
}

Result<LayerId> LayerStore::commit_as(LayerDraft draft, const Manifest& manifest) const {
    const LayerId id = os::random_id();
    SLIPWAY_TRY(os::write_file(draft.dir_.path() + "/manifest", manifest.serialize()));
    SLIPWAY_TRY(os::remove_tree(draft.work_path()));
    SLIPWAY_ASSIGN(const os::Dir layers, os::Dir::create(impl_->store.path("layers")));
    const std::string& path = draft.dir_.path();
    SLIPWAY_ASSIGN(const os::Dir parent, os::Dir::open(std::string(dir_name(path))));
    SLIPWAY_TRY(parent.rename(RelPath().child(base_name(path)), layers, RelPath().child(id)));
    draft.dir_.keep();

    SLIPWAY_ASSIGN(os::Dir root, os::Dir::open(impl_->layer_path(id) + "/diff"));
    auto layer = std::make_shared<const Layer>(id, std::move(root), manifest);
    const std::lock_guard lock(impl_->mutex);
    impl_->loaded.emplace(id, std::move(layer));
    return id;
}

bool LayerStore::has(const LayerId& id) const {
    return is_layer_id(id) && os::path_exists(impl_->layer_path(id) + "/manifest");
}

bool LayerStore::has_all(const Snapshot& snapshot) const {
    return std::all_of(snapshot.begin(), snapshot.end(),
                       [this](const LayerId& id) { return has(id); });
}

Result<std::shared_ptr<const Layer>> LayerStore::load(const LayerId& id) const {
    SLIPWAY_TRY(check_id(id));
    {
        const std::lock_guard lock(impl_->mutex);
        const auto at = impl_->loaded.find(id);
        if (at != impl_->loaded.end()) return at->second;
    }
    const std::string path = impl_->layer_path(id);
    SLIPWAY_ASSIGN(const auto data, os::find_file(path + "/manifest", kLargestManifest));
    if (!data) return make_error(ErrorCode::kNotFound, "layer {} is not in the store", id);
    SLIPWAY_ASSIGN(Manifest manifest, Manifest::parse(*data).context("layer {}", id));
    SLIPWAY_ASSIGN(os::Dir root, os::Dir::open(path + "/diff"));
    auto layer = std::make_shared<const Layer>(id, std::move(root), std::move(manifest));
    const std::lock_guard lock(impl_->mutex);
    return impl_->loaded.emplace(id, std::move(layer))
        .first->second;  // perhaps another thread was first
}

Result<View> LayerStore::view(const Snapshot& snapshot) const {
    std::vector<std::shared_ptr<const Tree>> trees(snapshot.size());
    SLIPWAY_TRY(
        async::parallel_for(impl_->pool, snapshot.size(), [&](std::size_t i) -> Result<void> {
            SLIPWAY_ASSIGN(trees[snapshot.size() - 1 - i], load(snapshot[i]));
            return {};
        }));
    return View(std::move(trees));
}

namespace {

/// The head of a layer's manifest, without loading the rest.
Result<ManifestSummary> read_summary(const std::string& layer_path, const LayerId& id) {
    auto file = os::open_read(layer_path + "/manifest");
    if (!file && file.error().code() == ErrorCode::kNotFound) {
        return make_error(ErrorCode::kNotFound, "layer {} is not in the store", id);
    }
    SLIPWAY_ASSIGN(const os::Fd fd, std::move(file));
    std::string front(Manifest::kSummarySize, '\0');
    os::FdReader reader(fd);
    std::size_t filled = 0;
    while (filled < front.size()) {
        SLIPWAY_ASSIGN(const std::size_t size,
                       reader.read(std::as_writable_bytes(std::span(front).subspan(filled))));
        if (size == 0) break;
        filled += size;
    }
    return Manifest::summarize(std::string_view(front).substr(0, filled)).context("layer {}", id);
}

}  // namespace

Result<Digest> LayerStore::content_digest(const Snapshot& snapshot) const {
    Sha256 hash;
    for (const auto& id : snapshot) {
        SLIPWAY_TRY(check_id(id));
        SLIPWAY_ASSIGN(const ManifestSummary summary, read_summary(impl_->layer_path(id), id));
        hash.field(summary.content_digest);
    }
    return hash.finish();
}

Result<os::MountPoint> LayerStore::mount(const Snapshot& snapshot, const std::string& target,
                                         const LayerDraft* draft) const {
    if (draft != nullptr) *draft->mounted_on_ = snapshot;
    os::OverlaySpec spec;
    std::unordered_set<std::string_view> seen;
    for (auto id = snapshot.rbegin(); id != snapshot.rend(); ++id) {
        SLIPWAY_TRY(check_id(*id));
        // overlayfs refuses a directory that comes twice, and the upper one hides all of the lower.
        if (!seen.insert(*id).second) continue;
        spec.lower.push_back(impl_->layer_path(*id) + "/diff");
    }
    if (spec.lower.empty()) {
        if (draft != nullptr)
            return os::bind_mount(draft->diff().host_path(), target, os::Access::kReadWrite);
        const std::lock_guard lock(impl_->mutex);
        if (!impl_->empty_dir) {
            SLIPWAY_ASSIGN(impl_->empty_dir, impl_->store.temp_dir("scratch"));
        }
        return os::bind_mount(impl_->empty_dir->path(), target, os::Access::kReadOnly);
    }
    if (draft != nullptr) {
        spec.upper = draft->diff().host_path();
        spec.work = draft->work_path();
        // The upper directory's root is what the mount's root looks like.
        SLIPWAY_ASSIGN(const os::Dir top, os::Dir::open(spec.lower.front()));
        SLIPWAY_ASSIGN(const os::FileInfo root, top.stat(RelPath()));
        SLIPWAY_TRY(draft->diff().set_owner(RelPath(), root.uid, root.gid));
        SLIPWAY_TRY(draft->diff().set_mode(RelPath(), root.mode & 07777));
        SLIPWAY_TRY(draft->diff().set_times(RelPath(), root.mtime, root.mtime));
    }
    return os::mount_overlay(spec, target);
}

Result<LayerId> LayerStore::unpack(Reader& tar, const Snapshot& below, const Digest& diff_id,
                                   std::stop_token stop) const {
    SLIPWAY_ASSIGN(LayerDraft draft, begin());
    SLIPWAY_ASSIGN(View base, view(below));
    SLIPWAY_ASSIGN(DraftTree tree, DraftTree::open(std::move(draft), std::move(base)));
    DigestReader source(tar);
    {
        SLIPWAY_ASSIGN(auto reader, archive::TarReader::open(source));
        SLIPWAY_TRY(Extractor(tree, {.kind = ArchiveKind::kImageLayer}).extract(reader, stop));
    }
    SLIPWAY_ASSIGN(const Digest found, source.finish());
    if (found != diff_id) {
        return make_error(ErrorCode::kCorrupt, "layer data has the digest {} instead of {}", found,
                          diff_id);
    }
    SLIPWAY_TRY(tree.finish());
    const Manifest manifest = tree.manifest();
    return commit_as(std::move(tree).take_draft(), manifest);
}

Result<std::optional<Snapshot>> LayerStore::find_chain(const Digest& chain_id) const {
    SLIPWAY_ASSIGN(const auto text, os::find_file(impl_->store.path("chains/" + chain_id.hex())));
    if (!text) return std::optional<Snapshot>();
    Snapshot snapshot;
    for (const auto line : split(*text, '\n')) {
        if (!line.empty()) snapshot.emplace_back(line);
    }
    if (!has_all(snapshot)) return std::optional<Snapshot>();
    return std::optional(std::move(snapshot));
}

Result<void> LayerStore::remember_chain(const Digest& chain_id, const Snapshot& snapshot) const {
    std::string text;
    for (const auto& id : snapshot) {
        SLIPWAY_TRY(check_id(id));
        text += id + "\n";
    }
    SLIPWAY_TRY(os::make_dirs(impl_->store.path("chains")));
    return os::write_file(impl_->store.path("chains/" + chain_id.hex()), text);
}

Result<std::uint64_t> LayerStore::prune_chains(const std::function<bool(const LayerId&)>& keeps,
                                               content::Prune prune) const {
    SLIPWAY_ASSIGN(const os::Dir chains, os::Dir::create(impl_->store.path("chains")));
    SLIPWAY_ASSIGN(const auto entries, chains.list({}));
    std::uint64_t bytes = 0;
    for (const auto& entry : entries) {
        const auto chain = Digest::parse("sha256:" + entry.name);
        std::optional<Snapshot> snapshot;
        if (chain) {
            SLIPWAY_ASSIGN(snapshot, find_chain(*chain));
        }
        if (snapshot && std::ranges::all_of(*snapshot, keeps)) continue;
        const RelPath path = RelPath().child(entry.name);
        SLIPWAY_ASSIGN(const std::uint64_t size, chains.tree_size(path));
        bytes += size;
        if (prune == content::Prune::kRemove) SLIPWAY_TRY(chains.remove_tree(path));
    }
    return bytes;
}

Result<std::vector<LayerId>> LayerStore::list() const {
    SLIPWAY_ASSIGN(const os::Dir layers, os::Dir::create(impl_->store.path("layers")));
    SLIPWAY_ASSIGN(const auto names, layers.list(RelPath()));
    std::vector<LayerId> ids;
    for (const auto& entry : names) {
        if (is_layer_id(entry.name)) ids.push_back(entry.name);
    }
    return ids;
}

Result<std::uint64_t> LayerStore::disk_size(const LayerId& id) const {
    SLIPWAY_TRY(check_id(id));
    SLIPWAY_ASSIGN(const ManifestSummary summary, read_summary(impl_->layer_path(id), id));
    return summary.total_size;
}

Result<void> LayerStore::remove(const LayerId& id) const {
    SLIPWAY_TRY(check_id(id));
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->loaded.erase(id);
    }
    if (!os::path_exists(impl_->layer_path(id))) return {};
    return impl_->store.trash(impl_->layer_path(id));
}

}  // namespace slipway::snapshot
