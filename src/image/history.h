// Makes an image's history fit its layers (llb-facts 6.2).
#pragma once

#include "image/config.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace slipway::image {

/// What is known of a layer when the history says nothing about it.
struct LayerOrigin {
    std::int64_t created = 0;  ///< Unix seconds
    std::string created_by;
};

/// `layers` are those of the image, lowest first. Afterwards as many entries are non-empty as there
/// are layers (surplus ones become empty, missing ones are added), each has a time, and `created`
/// is set. Entries of the base image are the ones that come with a time before the first that has
/// none: they stay as they are. The others, and `created`, are clamped to `epoch`.
void complete_history(ImageConfig& config, std::span<const LayerOrigin> layers,
                      std::optional<std::int64_t> epoch);

}  // namespace slipway::image
