#include "source/internal/origin.h"

#include "base/json.h"
#include "base/text.h"
#include "os/file.h"

#include <algorithm>
#include <array>
#include <vector>

namespace slipway::source {

namespace {

constexpr std::size_t kManifestLimit = 16U << 20;
constexpr std::string_view kDockerScheme = "docker-image://";
constexpr std::string_view kLayoutScheme = "oci-layout://";

Result<Document> verified(std::string bytes, std::string media_type, const Digest& digest) {
    Document document{.media_type = std::move(media_type), .bytes = std::move(bytes), .digest = {}};
    document.digest = Digest::of(document.bytes);
    if (document.digest != digest) {
        return make_error(ErrorCode::kCorrupt, "manifest {} has the digest {}", digest,
                          document.digest);
    }
    return document;
}

RelPath blob_path(const Digest& digest) {
    return RelPath::in_root("blobs/sha256/" + digest.hex());
}

Result<std::string> read_small(const os::Dir& dir, const RelPath& path) {
    SLIPWAY_ASSIGN(const auto fd, dir.open_file(path));
    os::FdReader reader(fd);
    return read_text(reader, kManifestLimit).context("'{}/{}'", dir.host_path(), path.text());
}

}  // namespace

Result<Document> RegistryOrigin::load_manifest(const Digest& digest, std::stop_token stop) {
    image::ImageRef pinned = ref_;
    pinned.digest = digest;
    SLIPWAY_ASSIGN(auto fetched, client_.fetch_manifest(pinned, stop));
    return Document{.media_type = std::move(fetched.media_type),
                    .bytes = std::move(fetched.bytes),
                    .digest = digest};
}

Result<Document> RegistryOrigin::load_top(std::stop_token stop) {
    SLIPWAY_ASSIGN(auto fetched, client_.fetch_manifest(ref_, stop));
    return Document{.media_type = std::move(fetched.media_type),
                    .bytes = std::move(fetched.bytes),
                    .digest = fetched.digest};
}

Result<void> RegistryOrigin::fetch_blob(const image::Descriptor& blob, Writer& sink,
                                        std::stop_token stop, const Progress& progress) {
    return client_.fetch_blob(ref_, blob, sink, stop, progress);
}

Result<std::unique_ptr<LayoutOrigin>> LayoutOrigin::open(const std::string& host_path) {
    SLIPWAY_ASSIGN(auto dir, os::Dir::open(host_path));
    SLIPWAY_ASSIGN(const auto marker, dir.find(RelPath::in_root("oci-layout")));
    if (!marker)
        return make_error(ErrorCode::kInvalidInput,
                          "'{}' is not an OCI layout: no file 'oci-layout'", host_path);
    SLIPWAY_ASSIGN(const auto text, read_small(dir, RelPath::in_root("oci-layout")));
    SLIPWAY_ASSIGN(const auto json, parse_json(text).context("'{}/oci-layout'", host_path));
    SLIPWAY_ASSIGN(const auto version,
                   json_string(json, "imageLayoutVersion").context("'{}/oci-layout'", host_path));
    if (!version.starts_with("1.")) {
        return make_error(ErrorCode::kUnsupported, "'{}' has the OCI layout version '{}', not 1",
                          host_path, version);
    }
    return std::unique_ptr<LayoutOrigin>(new LayoutOrigin(std::move(dir)));
}

Result<Document> LayoutOrigin::load_manifest(const Digest& digest, std::stop_token) {
    SLIPWAY_ASSIGN(auto bytes, read_small(dir_, blob_path(digest)));
    return verified(std::move(bytes), "", digest).context("'{}'", dir_.host_path());
}

Result<void> LayoutOrigin::fetch_blob(const image::Descriptor& blob, Writer& sink,
                                      std::stop_token stop, const Progress& progress) {
    SLIPWAY_ASSIGN(const auto fd, dir_.open_file(blob_path(blob.digest)));
    os::FdReader reader(fd);
    std::vector<std::byte> buffer(256UL * 1024);
    std::uint64_t done = 0;
    while (true) {
        if (stop.stop_requested()) return Error(ErrorCode::kCancelled, "cancelled");
        SLIPWAY_ASSIGN(const std::size_t size, reader.read(buffer));
        if (size == 0) return {};
        done += size;
        if (done > blob.size) {
            return make_error(ErrorCode::kCorrupt,
                              "'{}': blob {} is longer than the {} bytes of its descriptor",
                              dir_.host_path(), blob.digest, blob.size);
        }
        SLIPWAY_TRY(sink.write(std::span(buffer).first(size)));
        if (progress) progress(done);
    }
}

Result<Document> LayoutOrigin::load_tag(const std::string& tag, std::stop_token stop) {
    SLIPWAY_ASSIGN(const auto text, read_small(dir_, RelPath::in_root("index.json")));
    SLIPWAY_ASSIGN(const auto index,
                   image::Index::parse(text).context("'{}/index.json'", dir_.host_path()));
    const std::string wanted = tag.empty() ? "latest" : tag;
    const image::Descriptor* found = nullptr;
    std::vector<std::string> tags;
    for (const auto& entry : index.manifests) {
        if (tag_of(entry) == wanted || full_name_of(entry) == wanted) found = &entry;
        if (!tag_of(entry).empty()) tags.push_back(tag_of(entry));
    }
    if (found == nullptr && tag.empty() && index.manifests.size() == 1)
        found = &index.manifests.front();
    if (found == nullptr) {
        return make_error(ErrorCode::kNotFound, "'{}' has no image '{}'; there is: {}",
                          dir_.host_path(), wanted,
                          tags.empty() ? "none with a name" : join(tags, ", "));
    }
    SLIPWAY_ASSIGN(auto document, load_manifest(found->digest, stop));
    document.media_type = found->media_type;
    return document;
}

Result<Document> NoOrigin::load_manifest(const Digest& digest, std::stop_token) {
    return make_error(ErrorCode::kNotFound, "manifest {} is not in the local store", digest);
}

Result<void> NoOrigin::fetch_blob(const image::Descriptor& blob, Writer&, std::stop_token,
                                  const Progress&) {
    return make_error(ErrorCode::kNotFound, "blob {} is not in the local store", blob.digest);
}

Result<ImageSource> ImageSource::parse(std::string_view text) {
    ImageSource source;
    if (!text.starts_with(kLayoutScheme)) {
        if (text.starts_with(kDockerScheme)) text.remove_prefix(kDockerScheme.size());
        SLIPWAY_ASSIGN(source.ref, image::ImageRef::parse(text));
        source.digest = source.ref.digest;
        return source;
    }
    std::string_view rest = text.substr(kLayoutScheme.size());
    if (const auto at = rest.rfind("@sha256:"); at != std::string_view::npos) {
        SLIPWAY_ASSIGN(source.digest, Digest::parse(rest.substr(at + 1)).context("'{}'", text));
        rest = rest.substr(0, at);
    }
    const auto colon = rest.rfind(':');
    if (colon != std::string_view::npos && rest.find('/', colon) == std::string_view::npos) {
        source.layout_tag = rest.substr(colon + 1);
        rest = rest.substr(0, colon);
    }
    if (rest.empty()) return make_error(ErrorCode::kInvalidInput, "'{}' names no folder", text);
    source.layout_dir = rest;
    return source;
}

std::string ImageSource::identifier(const Digest& manifest) const {
    if (!layout_dir.empty()) return fmt::format("{}{}@{}", kLayoutScheme, layout_dir, manifest);
    image::ImageRef pinned = ref;
    pinned.digest = manifest;
    return fmt::format("{}{}", kDockerScheme, pinned.to_string());
}

Result<std::string> media_type_of(std::string_view bytes, std::string_view claimed) {
    constexpr std::string_view kSchema1 = "application/vnd.docker.distribution.manifest.v1+";
    SLIPWAY_ASSIGN(const Json json, parse_json(bytes).context("manifest"));
    SLIPWAY_ASSIGN(const std::string own, json_string(json, "mediaType").context("manifest"));
    SLIPWAY_ASSIGN(const std::int64_t version,
                   json_int(json, "schemaVersion", 2).context("manifest"));
    if (version == 1 || claimed.starts_with(kSchema1) || own.starts_with(kSchema1)) {
        return Error(ErrorCode::kUnsupported,
                     "the image has a docker schema 1 manifest, a form given up in 2017")
            .hint("push it again with a current tool");
    }
    const bool like_index = json.contains("manifests");
    const bool like_manifest = json.contains("layers") || json.contains("config");
    if (like_index == like_manifest) {
        return make_error(ErrorCode::kInvalidInput,
                          "the text can be read {} a manifest and an index",
                          like_index ? "both as" : "neither as");
    }
    const std::string_view plain = like_index ? image::kOciIndex : image::kOciManifest;
    for (const std::string_view named : {std::string_view(own), claimed}) {
        const bool contradicts = like_index ? image::is_manifest(named) : image::is_index(named);
        if (contradicts) {
            return make_error(ErrorCode::kInvalidInput, "'{}' is not what the text is", named);
        }
    }
    for (const std::string_view named : {std::string_view(own), claimed}) {
        if (like_index ? image::is_index(named) : image::is_manifest(named))
            return std::string(named);
    }
    return std::string(plain);
}

std::string full_name_of(const image::Descriptor& entry) {
    for (const auto* key : {"io.containerd.image.name", "org.opencontainers.image.ref.name"}) {
        const auto found = entry.annotations.find(key);
        if (found == entry.annotations.end()) continue;
        if (found->second.find_first_of("/:") != std::string::npos) return found->second;
    }
    return {};
}

std::string tag_of(const image::Descriptor& entry) {
    const auto found = entry.annotations.find("org.opencontainers.image.ref.name");
    return found == entry.annotations.end() ? "" : found->second;
}

}  // namespace slipway::source
