#include "content/blob_store.h"

#include "content/internal/layout.h"
#include "os/dir.h"
#include "os/file.h"

#include <utility>

namespace slipway::content {

namespace {

constexpr std::string_view kBlobs = "blobs/sha256";

RelPath blob_path(const Digest& digest) {
    return known_path(kBlobs).child(digest.hex());
}

Error no_such_blob(const Digest& digest) {
    return make_error(ErrorCode::kNotFound, "blob {} is not in the store", digest);
}

}  // namespace

Ingest::Ingest(const Store& store, std::string path, os::Fd fd)
    : store_(&store), path_(std::move(path)), fd_(std::move(fd)) {}

Ingest::Ingest(Ingest&& other) noexcept
    : store_(other.store_),
      path_(std::exchange(other.path_, {})),
      fd_(std::move(other.fd_)),
      hash_(std::move(other.hash_)),
      size_(other.size_) {}

Ingest& Ingest::operator=(Ingest&& other) noexcept {
    std::swap(store_, other.store_);
    std::swap(path_, other.path_);
    std::swap(fd_, other.fd_);
    std::swap(hash_, other.hash_);
    std::swap(size_, other.size_);
    return *this;
}

Ingest::~Ingest() {
    abandon();
}

void Ingest::abandon() {
    if (path_.empty()) return;
    static_cast<void>(store_->dir().unlink(known_path(path_)));
    path_.clear();
}

Result<void> Ingest::write(std::span<const std::byte> data) {
    SLIPWAY_TRY(os::FdWriter(fd_).write(data).context("writing a blob"));
    hash_.update(data);
    size_ += data.size();
    return {};
}

Result<Digest> Ingest::commit(std::optional<Digest> expected) {
    SLIPWAY_TRY(fd_.close().context("writing a blob"));
    const Digest digest = hash_.finish();
    if (expected && *expected != digest) {
        abandon();
        return make_error(ErrorCode::kCorrupt, "the data has digest {}, but {} was expected",
                          digest, *expected);
    }
    const os::Dir& root = store_->dir();
    SLIPWAY_ASSIGN(const auto present, root.find(blob_path(digest)));
    if (present) {
        abandon();
        return digest;
    }
    SLIPWAY_TRY(root.rename(known_path(path_), root, blob_path(digest)));
    path_.clear();
    return digest;
}

Result<Ingest> BlobStore::ingest() const {
    std::string path = store_.temp_path("blob").substr(store_.root().size());
    SLIPWAY_ASSIGN(os::Fd fd, store_.dir().create_file(known_path(path), 0644));
    return Ingest(store_, std::move(path), std::move(fd));
}

Result<Digest> BlobStore::put(std::string_view data) const {
    const Digest digest = Digest::of(data);
    if (has(digest)) return digest;
    SLIPWAY_ASSIGN(Ingest blob, ingest());
    SLIPWAY_TRY(blob.write(data));
    return blob.commit(digest);
}

bool BlobStore::has(const Digest& digest) const {
    return os::path_exists(host_path(digest));
}

Result<os::Fd> BlobStore::open(const Digest& digest) const {
    auto fd = store_.dir().open_file(blob_path(digest));
    if (!fd && fd.error().code() == ErrorCode::kNotFound) return no_such_blob(digest);
    return fd;
}

Result<std::uint64_t> BlobStore::size(const Digest& digest) const {
    SLIPWAY_ASSIGN(const auto info, store_.dir().find(blob_path(digest)));
    if (!info) return no_such_blob(digest);
    return info->size;
}

Result<std::string> BlobStore::read(const Digest& digest, std::size_t limit) const {
    SLIPWAY_ASSIGN(const os::Fd fd, open(digest));
    os::FdReader reader(fd);
    SLIPWAY_ASSIGN(std::string text, read_text(reader, limit).context("blob {}", digest));
    if (Digest::of(text) != digest) {
        return make_error(ErrorCode::kCorrupt, "blob {} is damaged: its bytes have another digest",
                          digest);
    }
    return text;
}

std::string BlobStore::host_path(const Digest& digest) const {
    return store_.path(blob_path(digest).text());
}

Result<std::vector<Digest>> BlobStore::list() const {
    SLIPWAY_ASSIGN(const auto entries, store_.dir().list(known_path(kBlobs)));
    std::vector<Digest> digests;
    for (const auto& entry : entries) {
        if (const auto digest = Digest::parse("sha256:" + entry.name)) digests.push_back(*digest);
    }
    return digests;
}

Result<void> BlobStore::remove(const Digest& digest) const {
    auto removed = store_.dir().unlink(blob_path(digest));
    if (!removed && removed.error().code() == ErrorCode::kNotFound) return {};
    return removed;
}

}  // namespace slipway::content
