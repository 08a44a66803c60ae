#include "source/internal/archive_loader.h"

#include "base/json.h"
#include "base/text.h"
#include "image/reference.h"
#include "os/system.h"
#include "source/internal/origin.h"

#include <algorithm>
#include <array>

namespace slipway::source {

namespace {

constexpr std::uint64_t kSmallFile = 4U << 20;
constexpr std::uint64_t kMemoryLimit = 64U << 20;
constexpr std::size_t kMaxEntries = 1U << 20;
constexpr int kMaxLinks = 16;
constexpr int kMaxIndexDepth = 4;
constexpr std::string_view kBlobPrefix = "blobs/sha256/";

/// The path of an entry inside the archive; what would be outside of it is refused by name.
Result<std::string> inside(std::string_view path) {
    if (path.starts_with('/'))
        return make_error(ErrorCode::kInvalidInput, "entry '{}' has an absolute name", path);
    SLIPWAY_ASSIGN(const auto relative, RelPath::parse(path).context("entry '{}'", path));
    return relative.text();
}

/// The digest that a path under blobs/ promises.
Result<std::optional<Digest>> promised_digest(const std::string& path) {
    if (!path.starts_with(kBlobPrefix)) return std::optional<Digest>();
    SLIPWAY_ASSIGN(
        const auto digest,
        Digest::parse("sha256:" + path.substr(kBlobPrefix.size())).context("entry '{}'", path));
    return std::optional(digest);
}

std::string_view layer_type(std::string_view first_bytes) {
    if (first_bytes.starts_with("\x1f\x8b")) return image::kOciLayerGzip;
    if (first_bytes.starts_with("\x28\xb5\x2f\xfd")) return image::kOciLayerZstd;
    return image::kOciLayer;
}

Result<std::vector<std::string>> strings(const Json& object, std::string_view key) {
    std::vector<std::string> result;
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return result;
    const bool valid = found->is_array() && std::ranges::all_of(*found, [](const Json& item) {
                           return item.is_string();
                       });
    if (!valid) return make_error(ErrorCode::kInvalidInput, "'{}' is not a list of strings", key);
    for (const auto& item : *found) result.push_back(item.get<std::string>());
    return result;
}

Error nameless() {
    return Error(ErrorCode::kInvalidInput, "the archive does not say what its image is called")
        .hint("give it a name");
}

}  // namespace

Result<std::vector<std::string>> ArchiveLoader::load(Reader& archive, const std::string& name,
                                                     std::stop_token stop) {
    SLIPWAY_TRY(read_entries(archive, stop).context("image archive"));
    // docker writes both: index.json then keeps the manifests' own digests.
    if (find("index.json") != nullptr) return load_layout(name).context("image archive");
    if (find("manifest.json") != nullptr) return load_docker(name).context("image archive");
    return Error(ErrorCode::kInvalidInput,
                 "not an image archive: neither 'index.json' nor 'manifest.json' in it");
}

Result<void> ArchiveLoader::read_entries(Reader& archive, std::stop_token stop) {
    SLIPWAY_ASSIGN(auto tar, archive::TarReader::open(archive, archive::Decompress::kAny));
    for (std::size_t count = 0;; ++count) {
        if (stop.stop_requested()) return Error(ErrorCode::kCancelled, "cancelled");
        SLIPWAY_ASSIGN(const auto entry, tar.next());
        if (!entry) return {};
        if (count == kMaxEntries)
            return make_error(ErrorCode::kInvalidInput, "more than {} entries", kMaxEntries);
        SLIPWAY_TRY(take_entry(tar, *entry, stop));
    }
}

Result<void> ArchiveLoader::take_entry(archive::TarReader& tar, const archive::TarEntry& entry,
                                       std::stop_token stop) {
    SLIPWAY_ASSIGN(const std::string path, inside(entry.path));
    const auto type = entry.type;
    if (type == archive::EntryType::kDirectory) return {};
    if (type == archive::EntryType::kRegular) {
        SLIPWAY_ASSIGN(auto file, take_file(tar, entry, stop).context("entry '{}'", path));
        links_.erase(path);
        files_.insert_or_assign(path, std::move(file));
        return {};
    }
    const bool symlink = type == archive::EntryType::kSymlink;
    if (!symlink && type != archive::EntryType::kHardlink) {
        return make_error(ErrorCode::kInvalidInput, "entry '{}' is a special file", path);
    }
    const bool relative = symlink && !entry.link_target.starts_with('/');
    const std::string target =
        relative ? fmt::format("{}/{}", dir_name(path), entry.link_target) : entry.link_target;
    SLIPWAY_ASSIGN(links_[path], inside(target).context("link '{}'", path));
    files_.erase(path);
    return {};
}

Result<ArchiveLoader::File> ArchiveLoader::take_file(archive::TarReader& tar,
                                                     const archive::TarEntry& entry,
                                                     std::stop_token stop) {
    SLIPWAY_ASSIGN(const std::string path, inside(entry.path));
    SLIPWAY_ASSIGN(const auto promised, promised_digest(path));
    File file;
    if (entry.size <= kSmallFile && in_memory_ + entry.size <= kMemoryLimit) {
        std::string text(entry.size, '\0');
        std::size_t filled = 0;
        while (filled < text.size()) {
            SLIPWAY_ASSIGN(const std::size_t size,
                           tar.read(std::as_writable_bytes(std::span(text).subspan(filled))));
            if (size == 0) return Error(ErrorCode::kCorrupt, "cut off");
            filled += size;
        }
        file = {.digest = Digest::of(text), .size = text.size(), .text = {}};
        if (promised && *promised != file.digest) {
            return make_error(ErrorCode::kCorrupt, "has the digest {}", file.digest);
        }
        in_memory_ += text.size();
        file.text = std::move(text);
        return file;
    }
    SLIPWAY_ASSIGN(auto ingest, blobs_.ingest());
    std::vector<std::byte> buffer(256UL * 1024);
    while (true) {
        if (stop.stop_requested()) return Error(ErrorCode::kCancelled, "cancelled");
        SLIPWAY_ASSIGN(const std::size_t size, tar.read(buffer));
        if (size == 0) break;
        SLIPWAY_TRY(ingest.write(std::span(buffer).first(size)));
    }
    file.size = ingest.size();
    SLIPWAY_ASSIGN(file.digest, ingest.commit(promised));
    return file;
}

const ArchiveLoader::File* ArchiveLoader::find(const std::string& path) const {
    std::string at = path;
    for (int i = 0; i < kMaxLinks; ++i) {
        if (const auto file = files_.find(at); file != files_.end()) return &file->second;
        const auto link = links_.find(at);
        if (link == links_.end()) return nullptr;
        at = link->second;
    }
    return nullptr;
}

Result<std::string> ArchiveLoader::read_text_file(const std::string& path) const {
    const File* file = find(path);
    if (file == nullptr) return make_error(ErrorCode::kInvalidInput, "'{}' is missing", path);
    if (file->text) return *file->text;
    return blobs_.read(file->digest).context("'{}'", path);
}

Result<void> ArchiveLoader::store(const File& file) {
    if (file.text) SLIPWAY_TRY(blobs_.put(*file.text));
    return {};
}

/// Of a layout: out of the archive, or already in the store.
Result<void> ArchiveLoader::store_blob(const Digest& digest) {
    if (const File* file = find(std::string(kBlobPrefix) + digest.hex())) return store(*file);
    if (blobs_.has(digest)) return {};
    return make_error(ErrorCode::kInvalidInput, "blob {} is missing", digest);
}

Result<std::vector<std::string>> ArchiveLoader::load_layout(const std::string& name) {
    SLIPWAY_ASSIGN(const auto text, read_text_file("index.json"));
    SLIPWAY_ASSIGN(const auto index, image::Index::parse(text).context("'index.json'"));
    if (index.manifests.empty())
        return Error(ErrorCode::kInvalidInput, "'index.json' lists no image");
    std::vector<std::string> names;
    for (const auto& entry : index.manifests) {
        SLIPWAY_TRY(store_document(entry, 0));
        const std::string full = full_name_of(entry);
        if (full.empty() && name.empty()) return nameless();
        SLIPWAY_ASSIGN(names.emplace_back(), set_name({.name = "",
                                                       .target = entry.digest,
                                                       .media_type = entry.media_type,
                                                       .target_size = entry.size,
                                                       .created_at = 0},
                                                      full.empty() ? name : full));
    }
    return names;
}

/// A manifest or index with all that hangs on it; of an index, what the archive holds, at least one
/// image.
Result<void> ArchiveLoader::store_document(const image::Descriptor& document, int depth) {
    if (depth == kMaxIndexDepth)
        return Error(ErrorCode::kInvalidInput, "indexes nested too deeply");
    SLIPWAY_TRY(store_blob(document.digest));
    SLIPWAY_ASSIGN(const auto text, blobs_.read(document.digest));
    SLIPWAY_ASSIGN(const auto type, media_type_of(text, document.media_type));
    if (image::is_manifest(type)) {
        SLIPWAY_ASSIGN(const auto manifest, image::Manifest::parse(text));
        SLIPWAY_TRY(store_blob(manifest.config.digest));
        for (const auto& layer : manifest.layers) SLIPWAY_TRY(store_blob(layer.digest));
        return {};
    }
    SLIPWAY_ASSIGN(const auto index, image::Index::parse(text));
    std::size_t stored = 0;
    for (const auto& child : index.manifests) {
        if (find(std::string(kBlobPrefix) + child.digest.hex()) == nullptr) continue;
        SLIPWAY_TRY(store_document(child, depth + 1));
        ++stored;
    }
    if (stored == 0)
        return make_error(ErrorCode::kInvalidInput, "index {} has none of its images here",
                          document.digest);
    return {};
}

Result<std::vector<std::string>> ArchiveLoader::load_docker(const std::string& name) {
    SLIPWAY_ASSIGN(const auto text, read_text_file("manifest.json"));
    SLIPWAY_ASSIGN(const auto json, parse_json(text).context("'manifest.json'"));
    if (!json.is_array() || json.empty())
        return Error(ErrorCode::kInvalidInput, "'manifest.json' lists no image");
    std::vector<std::string> names;
    for (const auto& item : json) {
        SLIPWAY_ASSIGN(auto image, make_docker_image(item).context("'manifest.json'"));
        SLIPWAY_ASSIGN(auto tags, strings(item, "RepoTags").context("'manifest.json'"));
        if (tags.empty() && !name.empty()) tags.push_back(name);
        if (tags.empty()) return nameless();
        for (const auto& tag : tags) {
            SLIPWAY_ASSIGN(names.emplace_back(), set_name(image, tag));
        }
    }
    return names;
}

/// Archives of this form have no manifest in our sense: it is made from the config and the layers.
Result<content::NamedImage> ArchiveLoader::make_docker_image(const Json& item) {
    SLIPWAY_ASSIGN(const std::string config_path, json_string(item, "Config"));
    SLIPWAY_ASSIGN(const auto config_text, read_text_file(config_path));
    SLIPWAY_ASSIGN(const auto config,
                   image::ImageConfig::parse(config_text).context("'{}'", config_path));
    SLIPWAY_ASSIGN(const auto layers, strings(item, "Layers"));
    if (layers.size() != config.diff_ids.size()) {
        return make_error(ErrorCode::kInvalidInput, "{} layers, but {} diff IDs in '{}'",
                          layers.size(), config.diff_ids.size(), config_path);
    }
    image::Manifest manifest;
    manifest.config = {.media_type = std::string(image::kOciConfig),
                       .digest = Digest::of(config_text),
                       .size = config_text.size(),
                       .annotations = {},
                       .platform = {}};
    SLIPWAY_TRY(blobs_.put(config_text));
    for (std::size_t i = 0; i < layers.size(); ++i) {
        SLIPWAY_ASSIGN(auto layer, describe_layer(layers[i]));
        if (layer.media_type == image::kOciLayer && layer.digest != config.diff_ids[i]) {
            return make_error(ErrorCode::kCorrupt, "layer '{}' has the digest {}, not {}",
                              layers[i], layer.digest, config.diff_ids[i]);
        }
        manifest.layers.push_back(std::move(layer));
    }
    const std::string text = manifest.dump();
    SLIPWAY_ASSIGN(const Digest digest, blobs_.put(text));
    return content::NamedImage{.name = "",
                               .target = digest,
                               .media_type = manifest.media_type,
                               .target_size = text.size(),
                               .created_at = 0};
}

Result<image::Descriptor> ArchiveLoader::describe_layer(const std::string& path) {
    const File* file = find(path);
    if (file == nullptr) return make_error(ErrorCode::kInvalidInput, "layer '{}' is missing", path);
    SLIPWAY_TRY(store(*file));
    std::array<char, 4> first{};
    SLIPWAY_ASSIGN(const auto fd, blobs_.open(file->digest));
    os::FdReader reader(fd);
    SLIPWAY_ASSIGN(const std::size_t size, reader.read(std::as_writable_bytes(std::span(first))));
    return image::Descriptor{.media_type = std::string(layer_type({first.data(), size})),
                             .digest = file->digest,
                             .size = file->size,
                             .annotations = {},
                             .platform = {}};
}

Result<std::string> ArchiveLoader::set_name(content::NamedImage image, const std::string& name) {
    SLIPWAY_ASSIGN(auto ref, image::ImageRef::parse(name));
    ref.digest.reset();
    if (ref.tag.empty()) ref.tag = "latest";
    image.name = ref.to_string();
    image.created_at = os::now_unix_nanoseconds() / 1'000'000'000;
    SLIPWAY_TRY(names_.set(image));
    return image.name;
}

}  // namespace slipway::source
