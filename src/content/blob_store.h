// Blobs by digest: written aside, verified, renamed into place.
#pragma once

#include "base/digest.h"
#include "base/io.h"
#include "content/store.h"
#include "os/fd.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace slipway::content {

/// A blob on its way in. Abandoned (removed) unless committed.
class Ingest final : public Writer {
  public:
    Ingest(Ingest&&) noexcept;
    Ingest& operator=(Ingest&&) noexcept;
    ~Ingest() override;
    using Writer::write;
    Result<void> write(std::span<const std::byte> data) override;
    [[nodiscard]] std::uint64_t size() const { return size_; }
    /// kCorrupt when `expected` is given and the data has another digest. A blob that is there
    /// already is fine.
    Result<Digest> commit(std::optional<Digest> expected = std::nullopt);

  private:
    friend class BlobStore;
    Ingest(const Store& store, std::string path, os::Fd fd);
    void abandon();
    const Store* store_;
    std::string path_;  ///< below the store's root; empty once it is committed or abandoned
    os::Fd fd_;
    Sha256 hash_;
    std::uint64_t size_ = 0;
};

/// Any thread, any process.
class BlobStore {
  public:
    explicit BlobStore(const Store& store) : store_(store) {}
    [[nodiscard]] Result<Ingest> ingest() const;
    [[nodiscard]] Result<Digest> put(std::string_view data) const;
    [[nodiscard]] bool has(const Digest& digest) const;
    [[nodiscard]] Result<os::Fd> open(const Digest& digest) const;  ///< kNotFound
    [[nodiscard]] Result<std::uint64_t> size(const Digest& digest) const;
    /// Small blobs (manifests, configs): whole, and verified. kCorrupt when the bytes do not match.
    [[nodiscard]] Result<std::string> read(const Digest& digest,
                                           std::size_t limit = 16U << 20) const;
    [[nodiscard]] std::string host_path(const Digest& digest) const;
    [[nodiscard]] Result<std::vector<Digest>> list() const;
    [[nodiscard]] Result<void> remove(const Digest& digest) const;  ///< missing is fine

  private:
    const Store& store_;
};

}  // namespace slipway::content
