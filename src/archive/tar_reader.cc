#include "archive/compress.h"
#include "archive/internal/libarchive.h"
#include "archive/tar.h"

#include <cerrno>
#include <utility>
#include <vector>

namespace slipway::archive {

namespace {

constexpr std::size_t kReadSize = 128UL * 1024;

Result<EntryType> entry_type(::archive_entry* entry) {
    if (archive_entry_hardlink(entry) != nullptr) return EntryType::kHardlink;
    switch (archive_entry_filetype(entry)) {
        case AE_IFREG:
            return EntryType::kRegular;
        case AE_IFDIR:
            return EntryType::kDirectory;
        case AE_IFLNK:
            return EntryType::kSymlink;
        case AE_IFCHR:
            return EntryType::kCharDevice;
        case AE_IFBLK:
            return EntryType::kBlockDevice;
        case AE_IFIFO:
            return EntryType::kFifo;
        default:
            return make_error(ErrorCode::kUnsupported, "entry of an unknown type");
    }
}

std::string text_or_empty(const char* text) {
    return text == nullptr ? std::string() : text;
}

/// Ids in pax records may be of any size or negative; a file cannot have those.
Result<std::uint32_t> id(la_int64_t value) {
    if (value >= 0 && value <= la_int64_t{UINT32_MAX}) return static_cast<std::uint32_t>(value);
    return make_error(ErrorCode::kInvalidInput, "owner {} is out of range", value);
}

Result<TarEntry> convert(::archive_entry* from) {
    TarEntry entry;
    entry.path = text_or_empty(archive_entry_pathname(from));
    SLIPWAY_ASSIGN(entry.type, entry_type(from).context("'{}'", entry.path));
    entry.mode = archive_entry_perm(from) & 07777U;
    SLIPWAY_ASSIGN(entry.uid, id(archive_entry_uid(from)).context("'{}'", entry.path));
    SLIPWAY_ASSIGN(entry.gid, id(archive_entry_gid(from)).context("'{}'", entry.path));
    if (entry.type == EntryType::kRegular) {
        entry.size = static_cast<std::uint64_t>(archive_entry_size(from));
    }
    entry.mtime_seconds = archive_entry_mtime(from);
    entry.mtime_nanoseconds = static_cast<std::uint32_t>(archive_entry_mtime_nsec(from));
    if (entry.type == EntryType::kHardlink) {
        entry.link_target = text_or_empty(archive_entry_hardlink(from));
    } else if (entry.type == EntryType::kSymlink) {
        entry.link_target = text_or_empty(archive_entry_symlink(from));
    }
    entry.device_major = static_cast<std::uint32_t>(archive_entry_rdevmajor(from));
    entry.device_minor = static_cast<std::uint32_t>(archive_entry_rdevminor(from));
    archive_entry_xattr_reset(from);
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    while (archive_entry_xattr_next(from, &name, &value, &size) == ARCHIVE_OK) {
        if (name == nullptr) continue;
        entry.xattrs[name] =
            size == 0 ? std::string() : std::string(static_cast<const char*>(value), size);
    }
    return entry;
}

/// Passes reads on and remembers how the source failed, so that a failed disk is not taken for a
/// file that is no tar.
class Watched final : public Reader {
  public:
    explicit Watched(Reader& source) : source_(source) {}

    Result<std::size_t> read(std::span<std::byte> buffer) override {
        auto size = source_.read(buffer);
        if (!size) error_ = size.error();
        return size;
    }

    [[nodiscard]] const std::optional<Error>& error() const { return error_; }

  private:
    Reader& source_;
    std::optional<Error> error_;
};

}  // namespace

struct TarReader::Impl {
    Impl(Reader& from, std::size_t read_size) : source(from), buffer(read_size) {}

    static la_ssize_t on_read(::archive* archive, void* self, const void** data) {
        auto& impl = *static_cast<Impl*>(self);
        const auto size = impl.source.read(impl.buffer);
        if (!size) {
            impl.source_error = size.error();
            archive_set_error(archive, EIO, "read error");
            return -1;
        }
        *data = impl.buffer.data();
        return static_cast<la_ssize_t>(*size);
    }

    Error failure() {
        if (source_error) return *source_error;
        return make_error(ErrorCode::kCorrupt, "tar: {}", describe(handle.get()));
    }

    Result<void> open(Decompress decompress) {
        ::archive* const archive = handle.get();
        if (archive == nullptr) return make_error(ErrorCode::kResource, "tar: out of memory");
        archive_read_support_format_tar(archive);
        archive_read_support_format_empty(archive);
        if (decompress == Decompress::kAny) {
            // gzip and zstd are decoded before libarchive sees them.
            archive_read_support_filter_bzip2(archive);
            archive_read_support_filter_xz(archive);
        }
        // Looks at the first block, too.
        const int status = archive_read_open(archive, this, nullptr, &Impl::on_read, nullptr);
        // Even when libarchive is content: it takes a source that fails at once for an empty one.
        if (source_error) return *source_error;
        if (status != ARCHIVE_OK)
            return make_error(ErrorCode::kInvalidInput, "not a tar archive");
        return {};
    }

    Result<void> advance() {
        const ScopedLocale locale(ascii_locale());
        ::archive_entry* found = nullptr;
        const int status = archive_read_next_header(handle.get(), &found);
        if (source_error) return *source_error;
        if (status == ARCHIVE_EOF) {
            current = nullptr;
            ended = true;
            return {};
        }
        if (!worked(status)) return failure();
        current = found;
        return {};
    }

    std::unique_ptr<Reader> decoder;  ///< between the caller's source and us
    Reader& source;
    std::vector<std::byte> buffer;
    std::optional<Error> source_error;
    ArchiveHandle handle{archive_read_new()};
    ::archive_entry* current = nullptr;  ///< libarchive's own
    bool ended = false;
};

TarReader::TarReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TarReader::TarReader(TarReader&&) noexcept = default;
TarReader::~TarReader() = default;

namespace {

Result<std::unique_ptr<Reader>> make_decoder(Reader& source, Decompress decompress) {
    if (decompress == Decompress::kNone) return std::unique_ptr<Reader>();
    return make_decompressor(source);
}

}  // namespace

Result<TarReader> TarReader::open(Reader& source, Decompress decompress) {
    SLIPWAY_ASSIGN(auto decoder, make_decoder(source, decompress));
    auto impl = std::make_unique<Impl>(decoder == nullptr ? source : *decoder, kReadSize);
    impl->decoder = std::move(decoder);
    SLIPWAY_TRY(impl->open(decompress));
    return TarReader(std::move(impl));
}

Result<std::optional<TarEntry>> TarReader::next() {
    if (!impl_->ended) SLIPWAY_TRY(impl_->advance());
    if (impl_->ended) return std::nullopt;
    const ScopedLocale locale(ascii_locale());
    SLIPWAY_ASSIGN(auto entry, convert(impl_->current).context("tar"));
    if (entry.path.empty()) return make_error(ErrorCode::kCorrupt, "tar: an entry has no name");
    return entry;
}

Result<std::size_t> TarReader::read(std::span<std::byte> buffer) {
    if (impl_->current == nullptr || buffer.empty()) return 0;
    const la_ssize_t size = archive_read_data(impl_->handle.get(), buffer.data(), buffer.size());
    if (size < 0) return impl_->failure();
    return static_cast<std::size_t>(size);
}

Result<bool> looks_like_tar(Reader& source) {
    Watched watched(source);
    auto tar = TarReader::open(watched, Decompress::kAny);
    if (watched.error()) return *watched.error();
    if (!tar) return false;
    const auto first = tar->next();
    if (watched.error()) return *watched.error();
    return first && first->has_value();
}

}  // namespace slipway::archive
