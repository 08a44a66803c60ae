#include "exporter/internal/layout.h"

#include "archive/tar.h"
#include "base/json.h"
#include "image/reference.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/temp.h"

#include <algorithm>

namespace slipway::exporter {

namespace {

constexpr std::string_view kBlobs = "blobs/sha256";
constexpr std::string_view kLayoutFile = "oci-layout";
constexpr std::string_view kLayout = R"({"imageLayoutVersion":"1.0.0"})";
constexpr std::string_view kIndexFile = "index.json";
constexpr const char* kRefName = "org.opencontainers.image.ref.name";
constexpr const char* kImageName = "io.containerd.image.name";
constexpr const char* kCreated = "org.opencontainers.image.created";

std::string blob_path(const Digest& digest) {
    return fmt::format("{}/{}", kBlobs, digest.hex());
}

/// The image once for each of its names, or once without a name.
Result<std::vector<image::Descriptor>> index_entries(const ImageContent& image,
                                                     const std::vector<std::string>& names) {
    image::Descriptor plain = image.descriptor;
    if (image.config.created) plain.annotations[kCreated] = *image.config.created;
    if (names.empty()) return std::vector{plain};
    std::vector<image::Descriptor> entries;
    for (const auto& name : names) {
        SLIPWAY_ASSIGN(const auto ref, image::ImageRef::parse(name));
        image::Descriptor& entry = entries.emplace_back(plain);
        entry.annotations[kImageName] = ref.to_string();
        if (!ref.tag.empty()) entry.annotations[kRefName] = ref.tag;
    }
    return entries;
}

Result<std::string> docker_manifest(const ImageContent& image,
                                    const std::vector<std::string>& names) {
    Json tags = Json::array();
    for (const auto& name : names) {
        SLIPWAY_ASSIGN(const auto ref, image::ImageRef::parse(name));
        if (!ref.digest) tags.push_back(ref.familiar());
    }
    Json layers = Json::array();
    for (const auto& layer : image.manifest.layers) layers.push_back(blob_path(layer.digest));
    Json entry = {{"Config", blob_path(image.manifest.config.digest)},
                  {"RepoTags", std::move(tags)},
                  {"Layers", std::move(layers)}};
    return dump_json(Json::array({std::move(entry)}));
}

Result<void> add_folder(archive::TarWriter& tar, const std::string& path) {
    archive::TarEntry entry;
    entry.path = path;
    entry.type = archive::EntryType::kDirectory;
    entry.mode = 0755;
    return tar.add(entry);
}

Result<void> add_text(archive::TarWriter& tar, std::string_view path, std::string_view text,
                      std::uint32_t mode) {
    archive::TarEntry entry;
    entry.path = path;
    entry.mode = mode;
    return tar.add_file(std::move(entry), text);
}

/// Passes data on to the entry that was added last.
class EntryWriter final : public Writer {
  public:
    explicit EntryWriter(archive::TarWriter& tar) : tar_(tar) {}
    using Writer::write;
    Result<void> write(std::span<const std::byte> data) override { return tar_.write(data); }

  private:
    archive::TarWriter& tar_;
};

Result<void> add_blob(archive::TarWriter& tar, const content::BlobStore& blobs,
                      const image::Descriptor& blob) {
    archive::TarEntry entry;
    entry.path = blob_path(blob.digest);
    entry.mode = 0444;
    entry.size = blob.size;
    SLIPWAY_TRY(tar.add(entry));
    SLIPWAY_ASSIGN(const os::Fd fd, blobs.open(blob.digest));
    os::FdReader reader(fd);
    EntryWriter out(tar);
    SLIPWAY_TRY(copy_stream(reader, out, 1U << 20));
    return {};
}

}  // namespace

Result<void> write_layout_tar(const ImageContent& image, const std::vector<std::string>& names,
                              const content::BlobStore& blobs, OutputType type, Writer& out) {
    image::Index index;
    SLIPWAY_ASSIGN(index.manifests, index_entries(image, names));
    auto in_order = image.blobs();
    std::sort(in_order.begin(), in_order.end(),
              [](const auto& a, const auto& b) { return a.digest < b.digest; });
    SLIPWAY_ASSIGN(auto tar, archive::TarWriter::open(out));
    SLIPWAY_TRY(add_folder(tar, "blobs/"));
    SLIPWAY_TRY(add_folder(tar, "blobs/sha256/"));
    for (const auto& blob : in_order) SLIPWAY_TRY(add_blob(tar, blobs, blob));
    SLIPWAY_TRY(add_text(tar, kIndexFile, index.dump(), 0644));
    if (type == OutputType::kDocker) {
        SLIPWAY_ASSIGN(const std::string manifest, docker_manifest(image, names));
        SLIPWAY_TRY(add_text(tar, "manifest.json", manifest, 0644));
    }
    SLIPWAY_TRY(add_text(tar, kLayoutFile, kLayout, 0444));
    return tar.finish();
}

namespace {

/// The index of a layout that is there, an empty one for a folder that is empty. As JSON, so that
/// what others wrote stays as it is.
Result<Json> load_index(const std::string& folder, const os::Dir& dir) {
    SLIPWAY_ASSIGN(const auto layout, os::find_file(fmt::format("{}/{}", folder, kLayoutFile)));
    SLIPWAY_ASSIGN(const auto text, os::find_file(fmt::format("{}/{}", folder, kIndexFile)));
    if (layout && text) {
        SLIPWAY_TRY(image::Index::parse(*text).context("'{}'", folder));
        return parse_json(*text);
    }
    SLIPWAY_ASSIGN(const auto entries, dir.list({}));
    const bool ours = std::all_of(entries.begin(), entries.end(), [](const os::DirEntry& entry) {
        // What a killed run may have left, too.
        return entry.name == "blobs" || entry.name == kLayoutFile || entry.name.starts_with('.');
    });
    if (ours) return parse_json(image::Index{}.dump());
    return make_error(ErrorCode::kInvalidInput, "'{}' is neither empty nor an OCI layout", folder);
}

std::string annotation(const image::Descriptor& descriptor, const char* key) {
    const auto found = descriptor.annotations.find(key);
    return found == descriptor.annotations.end() ? std::string() : found->second;
}

/// Would `added` take the place of `there` in an index?
bool replaces(const image::Descriptor& added, const image::Descriptor& there) {
    const std::string name = annotation(there, kImageName);
    if (!name.empty()) return name == annotation(added, kImageName);
    const std::string tag = annotation(there, kRefName);
    if (!tag.empty()) return tag == annotation(added, kRefName);
    return there.digest == added.digest;
}

Result<void> merge(Json& index, const ImageContent& image, const std::vector<std::string>& names) {
    SLIPWAY_ASSIGN(const auto added, index_entries(image, names));
    Json merged = Json::array();
    for (const Json& item : index["manifests"]) {
        SLIPWAY_ASSIGN(const auto there, image::Descriptor::from_json(item));
        const bool replaced = std::any_of(added.begin(), added.end(),
                                          [&](const auto& one) { return replaces(one, there); });
        if (!replaced) merged.push_back(item);
    }
    for (const auto& entry : added) merged.push_back(entry.to_json());
    index["manifests"] = std::move(merged);
    return {};
}

Result<void> copy_blob(const content::BlobStore& blobs, const image::Descriptor& blob,
                       const os::Dir& dir) {
    SLIPWAY_ASSIGN(const RelPath path, RelPath::parse(blob_path(blob.digest)));
    SLIPWAY_ASSIGN(const auto there, dir.find(path));
    if (there && there->size == blob.size) return {};
    const RelPath aside = path.parent().child(".slipway-" + os::random_id());
    SLIPWAY_ASSIGN(const os::Fd from, blobs.open(blob.digest));
    SLIPWAY_ASSIGN(os::Fd to, dir.create_file(aside, 0644));
    auto copied = [&]() -> Result<void> {
        SLIPWAY_TRY(os::copy_file_data(from, to));
        SLIPWAY_TRY(to.close());
        return dir.rename(aside, dir, path);
    }();
    if (!copied) static_cast<void>(dir.unlink(aside));
    return copied;
}

}  // namespace

Result<void> write_layout_folder(const ImageContent& image, const std::vector<std::string>& names,
                                 const content::BlobStore& blobs, const std::string& folder,
                                 const std::stop_token& stop) {
    SLIPWAY_TRY(os::make_dirs(folder));
    SLIPWAY_ASSIGN(const os::Dir dir, os::Dir::open(folder));
    SLIPWAY_ASSIGN(Json index, load_index(folder, dir));
    SLIPWAY_ASSIGN(const RelPath blob_folder, RelPath::parse(kBlobs));
    SLIPWAY_TRY(dir.make_dirs(blob_folder, 0755));
    for (const auto& blob : image.blobs()) {
        if (stop.stop_requested()) return Error(ErrorCode::kCancelled, "stopped");
        SLIPWAY_TRY(copy_blob(blobs, blob, dir).context("blob {}", blob.digest));
    }
    SLIPWAY_TRY(merge(index, image, names));
    SLIPWAY_TRY(os::write_file(fmt::format("{}/{}", folder, kLayoutFile), kLayout));
    // Last: whoever finds an image in the index finds its blobs.
    return os::write_file(fmt::format("{}/{}", folder, kIndexFile), dump_json(index, 2));
}

}  // namespace slipway::exporter
