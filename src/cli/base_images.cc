#include "cli/base_images.h"

#include <utility>

namespace slipway::cli {

Result<frontend::ResolvedImage> StoreResolver::resolve(const std::string& ref,
                                                       const image::Platform& platform,
                                                       frontend::ResolveMode mode) {
    const auto pull = mode == frontend::ResolveMode::kPull    ? source::Pull::kAlways
                      : mode == frontend::ResolveMode::kLocal ? source::Pull::kNever
                                                              : source::Pull::kIfMissing;
    auto image = images_.resolve(ref, platform, pull, stop_);
    if (!image) {
        failed_ = true;
        return std::move(image).error();
    }
    return frontend::ResolvedImage{image->identifier, image->config};
}

Error StoreResolver::as_outside(Error error) const {
    if (!failed_ || error.code() != ErrorCode::kNotFound) return error;
    return std::move(error).with_code(ErrorCode::kUnavailable);
}

}  // namespace slipway::cli
