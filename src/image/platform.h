// Platforms as OCI writes them: os/architecture[/variant], normalized as containerd does.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::image {

struct Platform {
    std::string os = "linux";
    std::string architecture;  ///< amd64, arm64, arm, ...
    std::string variant;       ///< v7; "" for amd64 and arm64

    /// "linux/amd64", "arm64", "linux/arm/v7", "x86_64"; kInvalidInput otherwise.
    static Result<Platform> parse(std::string_view text);
    [[nodiscard]] std::string to_string() const;
    bool operator==(const Platform&) const = default;
};

}  // namespace slipway::image
