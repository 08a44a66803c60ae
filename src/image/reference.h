// Image references: [registry[:port]/]repository[:tag][@digest], normalized as docker does
// (github.com/distribution/reference).
#pragma once

#include "base/digest.h"
#include "base/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace slipway::image {

struct ImageRef {
    std::string registry;    ///< "docker.io", "localhost:5000"
    std::string repository;  ///< "library/debian"
    std::string tag;         ///< "" only when a digest is given
    std::optional<Digest> digest;

    /// "debian" -> docker.io/library/debian:latest. kInvalidInput with what is wrong.
    static Result<ImageRef> parse(std::string_view text);
    /// "docker.io/library/debian:bookworm@sha256:…": the full form.
    [[nodiscard]] std::string to_string() const;
    /// "debian:bookworm": as people write it.
    [[nodiscard]] std::string familiar() const;
    /// Full form without tag and digest.
    [[nodiscard]] std::string name() const { return registry + "/" + repository; }

    bool operator==(const ImageRef&) const = default;
};

}  // namespace slipway::image
