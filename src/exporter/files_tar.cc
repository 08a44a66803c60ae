#include "archive/tar.h"
#include "exporter/internal/files.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <map>
#include <utility>

namespace slipway::exporter {

namespace {

std::optional<archive::EntryType> type_of(std::uint32_t mode) {
    switch (mode & S_IFMT) {
        case S_IFREG:
            return archive::EntryType::kRegular;
        case S_IFDIR:
            return archive::EntryType::kDirectory;
        case S_IFLNK:
            return archive::EntryType::kSymlink;
        case S_IFCHR:
            return archive::EntryType::kCharDevice;
        case S_IFBLK:
            return archive::EntryType::kBlockDevice;
        case S_IFIFO:
            return archive::EntryType::kFifo;
        default:
            return std::nullopt;  // sockets: no tar has them
    }
}

class FilesTar {
  public:
    FilesTar(archive::TarWriter& tar, std::optional<std::int64_t> epoch)
        : tar_(tar), epoch_(epoch) {}

    Result<void> add(const std::string& path, const snapshot::Located& found) {
        const auto type = type_of(found->mode);
        if (!type || path.empty()) return {};
        archive::TarEntry entry;
        entry.path = *type == archive::EntryType::kDirectory ? path + "/" : path;
        entry.type = *type;
        entry.mode = found->mode & 07777U;
        entry.uid = found->uid;
        entry.gid = found->gid;
        entry.mtime_seconds = epoch_.value_or(found->mtime.seconds);
        entry.link_target = found->link_target;
        entry.device_major = major(found->rdev);
        entry.device_minor = minor(found->rdev);
        entry.xattrs = found->xattrs;
        if (found->hardlink != 0) {
            const auto [first, is_first] =
                first_names_.try_emplace(std::pair(found.tree, found->hardlink), path);
            if (!is_first) {
                entry.type = archive::EntryType::kHardlink;
                entry.link_target = first->second;
                return tar_.add(entry);
            }
        }
        if (!found->is_regular()) return tar_.add(entry);
        entry.size = found->size;
        SLIPWAY_TRY(tar_.add(entry));
        return copy_data(found);
    }

  private:
    Result<void> copy_data(const snapshot::Located& found) {
        SLIPWAY_ASSIGN(const RelPath path, RelPath::parse(found->path));
        SLIPWAY_ASSIGN(const os::Fd fd, found.tree->root().open_file(path));
        os::FdReader reader(fd);
        while (true) {
            SLIPWAY_ASSIGN(const std::size_t size, reader.read(buffer_));
            if (size == 0) return {};
            SLIPWAY_TRY(tar_.write(std::span<const std::byte>(buffer_).first(size)));
        }
    }

    archive::TarWriter& tar_;
    std::optional<std::int64_t> epoch_;
    std::map<std::pair<const snapshot::Tree*, std::uint32_t>, std::string> first_names_;
    std::vector<std::byte> buffer_ = std::vector<std::byte>(256UL * 1024);
};

}  // namespace

Result<void> write_files_tar(const snapshot::View& view, std::optional<std::int64_t> epoch,
                             Writer& out, const std::stop_token& stop) {
    SLIPWAY_ASSIGN(auto tar, archive::TarWriter::open(out));
    FilesTar files(tar, epoch);
    Result<void> result;
    view.walk("", [&](const std::string& path, const snapshot::Located& found) {
        if (!result) return false;
        if (stop.stop_requested()) {
            result = Error(ErrorCode::kCancelled, "stopped");
        } else {
            result = files.add(path, found).context("'{}'", path);
        }
        return result.has_value();
    });
    SLIPWAY_TRY(std::move(result));
    return tar.finish();
}

}  // namespace slipway::exporter
