// Base images that exist only in a JSON file, and what was asked of them; reads the cases below
// data/.
#pragma once

#include "frontend/dockerfile_frontend.h"

#include <map>
#include <string>
#include <vector>

namespace slipway::frontend {

class FakeImages final : public ImageResolver {
  public:
    /// {"debian:bookworm": {"digest": "sha256:…", "config": {…}, "one_platform": false}, …}
    static FakeImages load(const std::string& path);

    Result<ResolvedImage> resolve(const std::string& ref, const image::Platform& platform,
                                  ResolveMode mode) override;

    [[nodiscard]] const std::vector<std::string>& asked() const { return asked_; }

  private:
    struct Image {
        Digest digest;
        std::string config;
        bool one_platform = false;  ///< whatever is asked for
    };
    std::map<std::string, Image> images_;
    std::vector<std::string> asked_;
};

std::string read_test_file(const std::string& path);

/// A request for linux/amd64 as a case's request.json says; without the file, one that asks for
/// nothing special.
Request load_request(const std::string& path);

/// Parses and lowers.
Result<Lowered> lower_text(const std::string& text, const Request& request, ImageResolver& images);

}  // namespace slipway::frontend
