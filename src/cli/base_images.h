// Base images for the frontend, out of the store or a registry.
#pragma once

#include "frontend/dockerfile_frontend.h"
#include "source/images.h"

#include <stop_token>
#include <string>

namespace slipway::cli {

class StoreResolver final : public frontend::ImageResolver {
  public:
    StoreResolver(source::Images& images, std::stop_token stop)
        : images_(images), stop_(std::move(stop)) {}

    Result<frontend::ResolvedImage> resolve(const std::string& ref, const image::Platform& platform,
                                            frontend::ResolveMode mode) override;

    /// An error of the frontend as the exit code should see it: an image that is not there is no
    /// mistake in the Dockerfile.
    [[nodiscard]] Error as_outside(Error error) const;

  private:
    source::Images& images_;
    std::stop_token stop_;
    bool failed_ = false;
};

}  // namespace slipway::cli
