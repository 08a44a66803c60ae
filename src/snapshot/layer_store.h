// Layers: directories in overlayfs's upper format, each written once, then immutable.
//
//   layers/<id>/diff/      the files; whiteouts are 0/0 character devices, opaque directories carry
//   the
//                          trusted.overlay.opaque xattr
//   layers/<id>/manifest   docs/formats/layer-manifest.md
//   layers/<id>/blob.json  once exported or pulled: diff ID, and the blobs that hold it (digest,
//   size, media type)
//
// A snapshot is a list of layer IDs, lowest first. Any thread, any process: a layer appears whole,
// by rename.
#pragma once

#include "archive/compress.h"
#include "async/thread_pool.h"
#include "content/blob_store.h"
#include "content/store.h"
#include "os/mount.h"
#include "snapshot/tree.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace slipway::snapshot {

using LayerId = std::string;            ///< 32 hex digits
using Snapshot = std::vector<LayerId>;  ///< lowest first; empty is scratch

/// One committed layer.
class Layer final : public Tree {
  public:
    Layer(LayerId id, os::Dir root, Manifest manifest);
    [[nodiscard]] const LayerId& id() const { return id_; }
    [[nodiscard]] const Manifest& manifest() const override { return manifest_; }
    [[nodiscard]] const os::Dir& root() const override { return root_; }
    [[nodiscard]] bool linkable() const override { return true; }
    [[nodiscard]] Result<Digest> content_of(const Entry& entry) const override;

  private:
    LayerId id_;
    os::Dir root_;
    Manifest manifest_;
};

/// A layer being written: `diff()` is an empty directory on the store's file system (mode 0755,
/// root). Thrown away unless committed.
class LayerDraft {
  public:
    LayerDraft(LayerDraft&&) noexcept = default;
    LayerDraft& operator=(LayerDraft&&) noexcept = default;
    [[nodiscard]] const os::Dir& diff() const { return diff_; }
    [[nodiscard]] std::string work_path() const {
        return dir_.path() + "/work";
    }  ///< overlayfs's work directory

  private:
    friend class LayerStore;
    LayerDraft(os::TempDir dir, os::Dir diff) : dir_(std::move(dir)), diff_(std::move(diff)) {}
    os::TempDir dir_;
    os::Dir diff_;
    std::unique_ptr<Snapshot> mounted_on_ = std::make_unique<Snapshot>();  ///< set by mount()
};

/// How a layer looks as an image layer.
struct LayerBlob {
    Digest diff_id;
    std::uint64_t uncompressed_size = 0;
    Digest digest;
    std::uint64_t size = 0;
    std::string media_type;
};

using KnownDigests = std::function<std::optional<Digest>(const Entry&)>;

class LayerStore {
  public:
    LayerStore(const content::Store& store, content::BlobStore& blobs, async::ThreadPool& pool);

    [[nodiscard]] Result<LayerDraft> begin() const;
    /// Reads the draft's tree (content digests on the pool), writes its manifest, and puts it in
    /// place. `known` may give digests of files that were linked or written with their digest at
    /// hand (by path), so that they are not read again. overlayfs marks every new directory as
    /// opaque: marks that hide nothing of what the draft was mounted on are taken off.
    [[nodiscard]] Result<LayerId> commit(LayerDraft draft,
                                         const KnownDigests& known = nullptr) const;
    /// For who wrote the draft entry by entry and knows what is in it: nothing is walked or read.
    [[nodiscard]] Result<LayerId> commit_as(LayerDraft draft, const Manifest& manifest) const;

    [[nodiscard]] bool has(const LayerId& id) const;
    [[nodiscard]] bool has_all(const Snapshot& snapshot) const;
    /// Kept in memory once loaded. kNotFound, kCorrupt.
    [[nodiscard]] Result<std::shared_ptr<const Layer>> load(const LayerId& id) const;
    [[nodiscard]] Result<View> view(const Snapshot& snapshot) const;
    /// Over the content digests of the layers; equal for snapshots that show the same files in the
    /// same layers.
    [[nodiscard]] Result<Digest> content_digest(const Snapshot& snapshot) const;

    /// Overlay mount at `target` (a layer may come twice); with `draft`, writable: what is written
    /// is the draft's layer. A draft is mounted on one snapshot only, and not while it is being
    /// committed.
    [[nodiscard]] Result<os::MountPoint> mount(const Snapshot& snapshot, const std::string& target,
                                               const LayerDraft* draft) const;

    /// Unpacks an image layer (tar, decompressed) above `below`: whiteouts become overlayfs's,
    /// names are held inside the layer, implied parents take their metadata from `below`, and hard
    /// links to files of `below` become copies. The diff ID is computed on the way and compared:
    /// kCorrupt.
    [[nodiscard]] Result<LayerId> unpack(Reader& tar, const Snapshot& below, const Digest& diff_id,
                                         std::stop_token stop = {}) const;
    /// The snapshot that holds this chain of diff IDs, if it was unpacked (or exported) before and
    /// is still there.
    [[nodiscard]] Result<std::optional<Snapshot>> find_chain(const Digest& chain_id) const;
    [[nodiscard]] Result<void> remember_chain(const Digest& chain_id,
                                              const Snapshot& snapshot) const;
    /// Forgets the chains with a layer that `keeps` does not want; returns the bytes of what was
    /// known of them.
    [[nodiscard]] Result<std::uint64_t> prune_chains(
        const std::function<bool(const LayerId&)>& keeps, content::Prune prune) const;

    /// The layer as an uncompressed tar: sorted paths, `.wh.` names, hard links, seconds only,
    /// xattrs: only security.capability; times later than `clamp` (Unix seconds) are set to it.
    [[nodiscard]] Result<void> write_tar(const LayerId& id, Writer& out,
                                         std::optional<std::int64_t> clamp) const;
    /// The layer as a blob: remembered, so that it is made once per compression, level and clamp.
    /// tar -> sha256 -> compress -> sha256 -> blob store in one pass. level: nothing for the
    /// default.
    [[nodiscard]] Result<LayerBlob> blob(const LayerId& id, archive::Compression compression,
                                         std::optional<std::int64_t> clamp,
                                         std::stop_token stop = {},
                                         std::optional<int> level = std::nullopt) const;
    /// For a layer that came from a blob: what it was, so that it is never compressed again: blob()
    /// gives it back for every compression, whether or not the blob store (still) has it.
    [[nodiscard]] Result<void> remember_blob(const LayerId& id, const LayerBlob& blob) const;

    [[nodiscard]] Result<std::vector<LayerId>> list() const;
    [[nodiscard]] Result<std::uint64_t> disk_size(const LayerId& id) const;
    [[nodiscard]] Result<void> remove(const LayerId& id) const;  ///< into the trash

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace slipway::snapshot
