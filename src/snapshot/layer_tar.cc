// A layer as an image layer's tar (llb-facts 6.3).
#include "archive/tar.h"
#include "base/io.h"
#include "snapshot/layer_store.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <map>

namespace slipway::snapshot {

namespace {

constexpr std::string_view kCapability = "security.capability";

class LayerTar {
  public:
    LayerTar(const Layer& layer, archive::TarWriter& tar, std::optional<std::int64_t> clamp)
        : layer_(layer), tar_(tar), clamp_(clamp) {}

    Result<void> write(const Entry& entry) {
        if (S_ISSOCK(entry.mode)) return {};
        if (entry.is_whiteout()) return hide(entry.path);
        archive::TarEntry member = member_for(entry);
        if (entry.hardlink != 0) {
            const auto [first, is_new] = first_names_.try_emplace(entry.hardlink, entry.path);
            if (!is_new) {
                member.type = archive::EntryType::kHardlink;
                member.link_target = first->second;
                member.xattrs.clear();
                return tar_.add(member);
            }
        }
        if (entry.is_regular()) return write_regular(entry, std::move(member));
        SLIPWAY_TRY(tar_.add(member));
        return entry.opaque ? hide(entry.path + "/.wh..opq") : Result<void>();
    }

  private:
    /// "a/b" -> an empty file "a/.wh.b".
    Result<void> hide(const std::string& path) {
        const auto slash = path.rfind('/');
        const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
        archive::TarEntry mark;
        mark.path = path.substr(0, name) + ".wh." + path.substr(name);
        mark.mode = 0;
        return tar_.add(mark);
    }

    archive::TarEntry member_for(const Entry& entry) const {
        archive::TarEntry member;
        member.path = entry.is_dir() ? entry.path + "/" : entry.path;
        member.type = type_of(entry);
        member.mode = entry.mode & 07777;
        member.uid = entry.uid;
        member.gid = entry.gid;
        member.mtime_seconds =
            clamp_ ? std::min(entry.mtime.seconds, *clamp_) : entry.mtime.seconds;
        member.link_target = entry.link_target;
        if (S_ISCHR(entry.mode) || S_ISBLK(entry.mode)) {
            member.device_major = ::major(entry.rdev);
            member.device_minor = ::minor(entry.rdev);
        }
        const auto capability = entry.xattrs.find(std::string(kCapability));
        if (capability != entry.xattrs.end()) member.xattrs.insert(*capability);
        return member;
    }

    static archive::EntryType type_of(const Entry& entry) {
        if (entry.is_dir()) return archive::EntryType::kDirectory;
        if (entry.is_symlink()) return archive::EntryType::kSymlink;
        if (S_ISCHR(entry.mode)) return archive::EntryType::kCharDevice;
        if (S_ISBLK(entry.mode)) return archive::EntryType::kBlockDevice;
        if (S_ISFIFO(entry.mode)) return archive::EntryType::kFifo;
        return archive::EntryType::kRegular;
    }

    Result<void> write_regular(const Entry& entry, archive::TarEntry member) {
        member.size = entry.size;
        SLIPWAY_TRY(tar_.add(member));
        SLIPWAY_ASSIGN(const os::Fd file, layer_.root().open_file(RelPath::in_root(entry.path)));
        os::FdReader reader(file);
        std::uint64_t left = entry.size;
        while (left > 0) {
            const std::size_t wanted = std::min<std::uint64_t>(left, buffer_.size());
            SLIPWAY_ASSIGN(const std::size_t size, reader.read(std::span(buffer_).first(wanted)));
            if (size == 0) {
                return make_error(ErrorCode::kCorrupt, "layer {}: '{}' is shorter than it was",
                                  layer_.id(), entry.path);
            }
            SLIPWAY_TRY(tar_.write(std::span<const std::byte>(buffer_).first(size)));
            left -= size;
        }
        return {};
    }

    const Layer& layer_;
    archive::TarWriter& tar_;
    std::optional<std::int64_t> clamp_;
    std::map<std::uint32_t, std::string> first_names_;
    std::vector<std::byte> buffer_{std::size_t{256} << 10};
};

}  // namespace

Result<void> LayerStore::write_tar(const LayerId& id, Writer& out,
                                   std::optional<std::int64_t> clamp) const {
    SLIPWAY_ASSIGN(const auto layer, load(id));
    SLIPWAY_ASSIGN(auto tar, archive::TarWriter::open(out));
    LayerTar members(*layer, tar, clamp);
    for (const auto& entry : layer->manifest().entries()) {
        if (!entry.path.empty()) SLIPWAY_TRY(members.write(entry).context("layer {}", id));
    }
    return tar.finish();
}

}  // namespace slipway::snapshot
