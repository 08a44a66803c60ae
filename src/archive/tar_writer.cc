#include "archive/internal/libarchive.h"
#include "archive/tar.h"

#include <sys/stat.h>

namespace slipway::archive {

namespace {

// libarchive gathers headers and small files up to this size before it calls us.
constexpr int kBlockSize = 64 * 1024;
constexpr std::uint64_t kMostZeros = std::uint64_t{16} << 20;

unsigned file_type(EntryType type) {
    switch (type) {
        case EntryType::kRegular:
        case EntryType::kHardlink:
            return AE_IFREG;
        case EntryType::kDirectory:
            return AE_IFDIR;
        case EntryType::kSymlink:
            return AE_IFLNK;
        case EntryType::kCharDevice:
            return AE_IFCHR;
        case EntryType::kBlockDevice:
            return AE_IFBLK;
        case EntryType::kFifo:
            return AE_IFIFO;
    }
    return AE_IFREG;
}

void fill(::archive_entry* to, const TarEntry& entry) {
    archive_entry_clear(to);
    archive_entry_copy_pathname(to, entry.path.c_str());
    archive_entry_set_filetype(to, file_type(entry.type));
    archive_entry_set_perm(to, entry.mode & 07777);
    archive_entry_set_uid(to, entry.uid);
    archive_entry_set_gid(to, entry.gid);
    archive_entry_set_mtime(to, entry.mtime_seconds, 0);
    archive_entry_set_size(
        to, entry.type == EntryType::kRegular ? static_cast<la_int64_t>(entry.size) : 0);
    if (entry.type == EntryType::kSymlink) {
        archive_entry_copy_symlink(to, entry.link_target.c_str());
    } else if (entry.type == EntryType::kHardlink) {
        archive_entry_copy_hardlink(to, entry.link_target.c_str());
    } else if (entry.type == EntryType::kCharDevice || entry.type == EntryType::kBlockDevice) {
        archive_entry_set_rdevmajor(to, entry.device_major);
        archive_entry_set_rdevminor(to, entry.device_minor);
    }
    for (const auto& [name, value] : entry.xattrs) {
        archive_entry_xattr_add_entry(to, name.c_str(), value.data(), value.size());
    }
}

/// libarchive would cut at it, silently.
bool has_nul(const TarEntry& entry) {
    return entry.path.find('\0') != std::string::npos ||
           entry.link_target.find('\0') != std::string::npos;
}

}  // namespace

struct TarWriter::Impl {
    explicit Impl(Writer& to) : sink(to) {}

    /// Never tells libarchive that the sink failed: it would not free everything any more. Callers
    /// look at `sink_error` after each call instead.
    static la_ssize_t on_write(::archive* /*archive*/, void* self, const void* data,
                               std::size_t size) {
        auto& impl = *static_cast<Impl*>(self);
        if (!impl.sink_error && !impl.abandoned) {
            const auto written =
                impl.sink.write(std::span(static_cast<const std::byte*>(data), size));
            if (!written) impl.sink_error = written.error();
        }
        return static_cast<la_ssize_t>(size);
    }

    Error failure(std::string_view name) {
        if (sink_error) return *sink_error;
        return make_error(ErrorCode::kInternal, "tar: '{}': {}", name, describe(handle.get()));
    }

    /// Every byte that the last header promised has come?
    Result<void> check_complete() const {
        if (missing == 0) return {};
        return make_error(ErrorCode::kInternal, "tar: '{}' is {} bytes shorter than announced",
                          path, missing);
    }

    Writer& sink;
    std::optional<Error> sink_error;
    bool abandoned = false;
    std::string path;
    std::uint64_t missing = 0;
    EntryHandle entry{archive_entry_new()};
    ArchiveHandle handle{archive_write_new()};  // last: freeing it may still write to the sink
};

TarWriter::TarWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TarWriter::TarWriter(TarWriter&&) noexcept = default;

TarWriter::~TarWriter() {
    if (!impl_) return;
    // Not finished means abandoned: libarchive writes an end when it is freed, into nothing.
    impl_->abandoned = true;
    // It would also write zeros for data that did not come, perhaps for gigabytes. Then it is told
    // to fail, and keeps its buffer (libarchive 3.6 frees that only in close).
    if (impl_->missing > kMostZeros) archive_write_fail(impl_->handle.get());
}

Result<TarWriter> TarWriter::open(Writer& sink) {
    auto impl = std::make_unique<Impl>(sink);
    ::archive* handle = impl->handle.get();
    const bool ready =
        impl->entry && handle != nullptr &&
        archive_write_set_format_pax_restricted(handle) == ARCHIVE_OK &&
        archive_write_set_option(handle, "pax", "xattrheader", "SCHILY") == ARCHIVE_OK &&
        archive_write_set_bytes_per_block(handle, kBlockSize) == ARCHIVE_OK &&
        archive_write_set_bytes_in_last_block(handle, 1) == ARCHIVE_OK &&
        archive_write_open(handle, impl.get(), nullptr, &Impl::on_write, nullptr) == ARCHIVE_OK;
    if (!ready) return impl->failure("");
    return TarWriter(std::move(impl));
}

Result<void> TarWriter::add(const TarEntry& entry) {
    SLIPWAY_TRY(impl_->check_complete());
    if (entry.path.empty() || has_nul(entry)) {
        return make_error(ErrorCode::kInternal, "tar: '{}' cannot be the name of an entry",
                          entry.path);
    }
    fill(impl_->entry.get(), entry);
    const ScopedLocale locale(utf8_locale());
    const int status = archive_write_header(impl_->handle.get(), impl_->entry.get());
    if (impl_->sink_error || !worked(status)) {
        return impl_->failure(entry.path);
    }
    impl_->path = entry.path;
    impl_->missing = entry.type == EntryType::kRegular ? entry.size : 0;
    return {};
}

Result<void> TarWriter::write(std::span<const std::byte> data) {
    if (data.size() > impl_->missing) {
        return make_error(ErrorCode::kInternal, "tar: '{}' is longer than announced", impl_->path);
    }
    while (!data.empty()) {
        const la_ssize_t size = archive_write_data(impl_->handle.get(), data.data(), data.size());
        if (impl_->sink_error || size <= 0) return impl_->failure(impl_->path);
        data = data.subspan(static_cast<std::size_t>(size));
        impl_->missing -= static_cast<std::uint64_t>(size);
    }
    return {};
}

Result<void> TarWriter::add_file(TarEntry entry, std::string_view data) {
    entry.size = data.size();
    SLIPWAY_TRY(add(entry));
    return write(std::as_bytes(std::span(data)));
}

Result<void> TarWriter::finish() {
    SLIPWAY_TRY(impl_->check_complete());
    const int status = archive_write_close(impl_->handle.get());
    if (impl_->sink_error || status != ARCHIVE_OK) return impl_->failure(impl_->path);
    return {};
}

}  // namespace slipway::archive
