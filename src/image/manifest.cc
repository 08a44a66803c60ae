#include "image/manifest.h"

#include "base/text.h"
#include "image/internal/json_fields.h"

#include <algorithm>
#include <array>

namespace slipway::image {

namespace {

struct TypePair {
    std::string_view docker;
    std::string_view oci;
};
constexpr std::array<TypePair, 5> kSameType = {{{kDockerManifestList, kOciIndex},
                                                {kDockerManifest, kOciManifest},
                                                {kDockerConfig, kOciConfig},
                                                {kDockerLayer, kOciLayer},
                                                {kDockerLayerGzip, kOciLayerGzip}}};

constexpr std::string_view kReferenceType = "vnd.docker.reference.type";
constexpr std::string_view kAttestation = "attestation-manifest";

Result<Platform> parse_platform(const Json& json) {
    Platform platform;
    SLIPWAY_ASSIGN(platform.os, json_string(json, "os"));
    SLIPWAY_ASSIGN(platform.architecture, json_string(json, "architecture"));
    SLIPWAY_ASSIGN(platform.variant, json_string(json, "variant"));
    return platform.normalized();
}

Json dump_platform(const Platform& platform) {
    Json json = {{"architecture", platform.architecture}, {"os", platform.os}};
    set_unless_empty(json, "variant", platform.variant);
    return json;
}

Result<std::vector<Descriptor>> parse_descriptors(const Json& json, std::string_view key) {
    std::vector<Descriptor> descriptors;
    const auto found = json.find(key);
    if (found == json.end() || found->is_null()) return descriptors;
    if (!found->is_array()) {
        return make_error(ErrorCode::kInvalidInput, "'{}' is not a list", key);
    }
    for (const Json& item : *found) {
        SLIPWAY_ASSIGN(descriptors.emplace_back(), Descriptor::from_json(item).context("{}", key));
    }
    return descriptors;
}

Json dump_descriptors(const std::vector<Descriptor>& descriptors) {
    Json list = Json::array();
    for (const auto& descriptor : descriptors) list.push_back(descriptor.to_json());
    return list;
}

/// The parts that manifests and indexes have in common; `otherwise` is the type of one that does
/// not name its own.
Result<std::string> check_header(const Json& json, std::string_view otherwise) {
    if (!json.is_object()) return make_error(ErrorCode::kInvalidInput, "not a JSON object");
    SLIPWAY_ASSIGN(const std::int64_t version, json_int(json, "schemaVersion"));
    if (version != 2) {
        return make_error(ErrorCode::kUnsupported, "schema version {} is not 2", version);
    }
    return json_string(json, "mediaType", otherwise);
}

Json dump_header(const std::string& media_type,
                 const std::map<std::string, std::string>& annotations) {
    Json json = {{"schemaVersion", 2}, {"mediaType", media_type}};
    set_unless_empty(json, "annotations", annotations);
    return json;
}

Result<Manifest> parse_manifest(std::string_view text) {
    SLIPWAY_ASSIGN(const Json json, parse_json(text));
    Manifest manifest;
    SLIPWAY_ASSIGN(manifest.media_type, check_header(json, kOciManifest));
    if (!is_manifest(manifest.media_type)) {
        return make_error(ErrorCode::kInvalidInput, "media type '{}' is not a manifest's",
                          manifest.media_type);
    }
    SLIPWAY_ASSIGN(const Json config, object_field(json, "config"));
    SLIPWAY_ASSIGN(manifest.config, Descriptor::from_json(config).context("config"));
    SLIPWAY_ASSIGN(manifest.layers, parse_descriptors(json, "layers"));
    SLIPWAY_ASSIGN(manifest.annotations, string_map(json, "annotations"));
    return manifest;
}

Result<Index> parse_index(std::string_view text) {
    SLIPWAY_ASSIGN(const Json json, parse_json(text));
    Index index;
    SLIPWAY_ASSIGN(index.media_type, check_header(json, kOciIndex));
    if (!is_index(index.media_type)) {
        return make_error(ErrorCode::kInvalidInput, "media type '{}' is not an index's",
                          index.media_type);
    }
    SLIPWAY_ASSIGN(index.manifests, parse_descriptors(json, "manifests"));
    SLIPWAY_ASSIGN(index.annotations, string_map(json, "annotations"));
    return index;
}

bool is_attestation(const Descriptor& descriptor) {
    const auto found = descriptor.annotations.find(std::string(kReferenceType));
    if (found != descriptor.annotations.end() && found->second == kAttestation) return true;
    return descriptor.platform && descriptor.platform->os == "unknown";
}

}  // namespace

bool is_index(std::string_view media_type) {
    return to_oci_type(media_type) == kOciIndex;
}

bool is_manifest(std::string_view media_type) {
    return to_oci_type(media_type) == kOciManifest;
}

bool is_layer(std::string_view media_type) {
    const auto type = to_oci_type(media_type);
    return type == kOciLayer || type == kOciLayerGzip || type == kOciLayerZstd;
}

std::string_view to_oci_type(std::string_view media_type) {
    for (const auto& pair : kSameType) {
        if (media_type == pair.docker) return pair.oci;
    }
    return media_type;
}

Result<Descriptor> Descriptor::from_json(const Json& json) {
    Descriptor descriptor;
    SLIPWAY_ASSIGN(descriptor.media_type, json_string(json, "mediaType"));
    SLIPWAY_ASSIGN(const std::string digest, json_string(json, "digest"));
    SLIPWAY_ASSIGN(descriptor.digest, Digest::parse(digest).context("descriptor"));
    SLIPWAY_ASSIGN(const std::int64_t size, json_int(json, "size", -1));
    if (size < 0) {
        return make_error(ErrorCode::kInvalidInput, "descriptor of {}: no valid size", digest);
    }
    descriptor.size = static_cast<std::uint64_t>(size);
    SLIPWAY_ASSIGN(descriptor.annotations, string_map(json, "annotations"));
    SLIPWAY_ASSIGN(const Json platform, object_field(json, "platform"));
    if (!platform.empty()) {
        SLIPWAY_ASSIGN(descriptor.platform, parse_platform(platform));
    }
    return descriptor;
}

Json Descriptor::to_json() const {
    Json json = {{"mediaType", media_type}, {"digest", digest.to_string()}, {"size", size}};
    set_unless_empty(json, "annotations", annotations);
    if (platform) json["platform"] = dump_platform(*platform);
    return json;
}

Result<Manifest> Manifest::parse(std::string_view json) {
    return parse_manifest(json).context("image manifest");
}

std::string Manifest::dump() const {
    Json json = dump_header(media_type, annotations);
    json["config"] = config.to_json();
    json["layers"] = dump_descriptors(layers);
    return dump_json(json, 2);
}

Result<Index> Index::parse(std::string_view json) {
    return parse_index(json).context("image index");
}

std::string Index::dump() const {
    Json json = dump_header(media_type, annotations);
    json["manifests"] = dump_descriptors(manifests);
    return dump_json(json, 2);
}

Result<Descriptor> Index::select(const Platform& platform) const {
    const Descriptor* best = nullptr;
    const Descriptor* unnamed = nullptr;
    std::vector<std::string> there;
    for (const auto& candidate : manifests) {
        if (is_attestation(candidate)) continue;
        if (!candidate.platform) {
            if (unnamed == nullptr) unnamed = &candidate;
            continue;
        }
        there.push_back(candidate.platform->to_string());
        // Variants sort by what they demand ("" < "v2" < "v3"), so the greatest that runs fits
        // best.
        if (platform.runs(*candidate.platform) &&
            (best == nullptr || candidate.platform->variant > best->platform->variant)) {
            best = &candidate;
        }
    }
    if (best == nullptr) best = unnamed;
    if (best != nullptr) return *best;
    return make_error(ErrorCode::kNotFound, "no image for platform {}; there is: {}",
                      platform.to_string(), there.empty() ? "none" : join(there, ", "));
}

}  // namespace slipway::image
