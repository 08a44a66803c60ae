// Images of the local store, read for people.
#pragma once

#include "engine/workspace.h"
#include "image/config.h"
#include "image/manifest.h"

#include <string>
#include <vector>

namespace slipway::cli {

/// One image with its parts at hand.
struct ImageView {
    content::NamedImage named;
    image::Manifest manifest;  ///< of this machine's platform, when the name is that of an index
    Digest manifest_digest;
    image::ImageConfig config;
    std::string config_text;
    std::uint64_t size = 0;  ///< of manifest, config and layer blobs
};

Result<ImageView> load_image(engine::Workspace& workspace, const content::NamedImage& named);
/// By name ("app", "app:dev") or by (the beginning of) its digest. kNotFound with the nearest name
/// as hint.
Result<content::NamedImage> find_image(engine::Workspace& workspace, const std::string& text);
/// "debian:bookworm" for a stored full name.
std::string familiar_name(const std::string& name);
/// "3 hours ago"
std::string ago(std::int64_t unix_seconds);

}  // namespace slipway::cli
