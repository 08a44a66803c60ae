// Sources that cannot be had, told in one error.
#pragma once

#include "frontend/dockerfile_frontend.h"
#include "solver/solver.h"

#include <map>
#include <string>
#include <vector>

namespace slipway::cli {

/// Goes on where an image cannot be had: with an empty one, so that what else is missing comes to
/// light before the build ends.
class TolerantResolver final : public frontend::ImageResolver {
  public:
    explicit TolerantResolver(frontend::ImageResolver& images) : images_(images) {}

    Result<frontend::ResolvedImage> resolve(const std::string& ref, const image::Platform& platform,
                                            frontend::ResolveMode mode) override;

    /// Identifier -> why.
    [[nodiscard]] const std::map<std::string, Error>& missing() const { return missing_; }

  private:
    frontend::ImageResolver& images_;
    std::map<std::string, Error> missing_;
};

/// `failed` is not empty. One is its own error; several are one with a line each, which is
/// kUnavailable when one of them is. The hint says how components of a stack are replaced.
Error describe_missing(const std::vector<solver::FailedSource>& failed);

}  // namespace slipway::cli
