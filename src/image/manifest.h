// Descriptors, manifests, indexes and media types of the OCI image spec and of Docker's schema 2.
#pragma once

#include "base/digest.h"
#include "base/json.h"
#include "image/platform.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::image {

inline constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kOciConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kOciLayer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view kOciLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kOciLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr std::string_view kDockerManifestList =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view kDockerManifest =
    "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerConfig = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view kDockerLayer = "application/vnd.docker.image.rootfs.diff.tar";
inline constexpr std::string_view kDockerLayerGzip =
    "application/vnd.docker.image.rootfs.diff.tar.gzip";

bool is_index(std::string_view media_type);
bool is_manifest(std::string_view media_type);
bool is_layer(std::string_view media_type);
/// Docker's type of a layer, config or manifest as OCI's; others as they are.
std::string_view to_oci_type(std::string_view media_type);

struct Descriptor {
    std::string media_type;
    Digest digest;
    std::uint64_t size = 0;
    std::map<std::string, std::string> annotations;
    std::optional<Platform> platform;

    static Result<Descriptor> from_json(const Json& json);
    [[nodiscard]] Json to_json() const;
    bool operator==(const Descriptor&) const = default;
};

struct Manifest {
    std::string media_type{kOciManifest};
    Descriptor config;
    std::vector<Descriptor> layers;
    std::map<std::string, std::string> annotations;

    static Result<Manifest> parse(std::string_view json);
    /// Indented by two spaces, keys sorted: the same manifest gives the same bytes.
    [[nodiscard]] std::string dump() const;
};

struct Index {
    std::string media_type{kOciIndex};
    std::vector<Descriptor> manifests;
    std::map<std::string, std::string> annotations;

    static Result<Index> parse(std::string_view json);
    [[nodiscard]] std::string dump() const;
    /// The manifest for `platform`; attestation manifests are never chosen. kNotFound lists what
    /// there is.
    [[nodiscard]] Result<Descriptor> select(const Platform& platform) const;
};

}  // namespace slipway::image
