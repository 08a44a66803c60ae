// Platforms as OCI writes them: os/architecture[/variant], normalized as containerd does.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace slipway::image {

struct Platform {
    std::string os = "linux";
    std::string architecture;  ///< amd64, arm64, arm, ...
    std::string variant;       ///< v7; "" for amd64 and arm64

    /// "linux/amd64", "arm64", "linux/arm/v7", "x86_64"; kInvalidInput otherwise.
    static Result<Platform> parse(std::string_view text);
    [[nodiscard]] std::string to_string() const;
    /// As containerd normalizes what stands in configs and indexes: "x86_64" is amd64, arm64's v8
    /// goes, arm gets v7.
    [[nodiscard]] Platform normalized() const;
    /// Both normalized: can a machine of this platform run `other` (arm v7 runs v6, amd64 v3 runs
    /// v2)?
    [[nodiscard]] bool runs(const Platform& other) const;
    bool operator==(const Platform&) const = default;
};

}  // namespace slipway::image
