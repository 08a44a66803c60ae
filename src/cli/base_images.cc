#include "cli/base_images.h"

#include "image/reference.h"

#include <utility>

namespace slipway::cli {

namespace {

/// What `slipway bootstrap` makes of a distribution's official image; "" of others.
std::string distribution_of(const std::string& ref) {
    const auto parsed = image::ImageRef::parse(ref);
    if (!parsed || parsed->digest || parsed->tag == "latest") return "";
    if (parsed->repository != "library/debian" && parsed->repository != "library/ubuntu") return "";
    return parsed->familiar();
}

}  // namespace

Result<frontend::ResolvedImage> StoreResolver::resolve(const std::string& ref,
                                                       const image::Platform& platform,
                                                       frontend::ResolveMode mode) {
    const auto pull = mode == frontend::ResolveMode::kPull    ? source::Pull::kAlways
                      : mode == frontend::ResolveMode::kLocal ? source::Pull::kNever
                                                              : source::Pull::kIfMissing;
    auto image = images_.resolve(ref, platform, pull, stop_);
    if (!image) {
        failed_ = true;
        const std::string distribution = distribution_of(ref);
        if (distribution.empty()) return std::move(image).error();
        return std::move(image).error().hint("`slipway bootstrap " + distribution +
                                             "` makes it from the distribution's own archive");
    }
    return frontend::ResolvedImage{image->identifier, image->config};
}

Error StoreResolver::as_outside(Error error) const {
    if (!failed_ || error.code() != ErrorCode::kNotFound) return error;
    return std::move(error).with_code(ErrorCode::kUnavailable);
}

}  // namespace slipway::cli
