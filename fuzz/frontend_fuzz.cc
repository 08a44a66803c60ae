// Any Dockerfile that parses is refused, at a line where there is one, or gives a graph that loads.
// Every image exists; some bring ONBUILD triggers.
#include "dockerfile/ast.h"
#include "frontend/dockerfile_frontend.h"
#include "fuzz_check.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace slipway;
using namespace slipway::frontend;

namespace {

class AnyImage final : public ImageResolver {
  public:
    Result<ResolvedImage> resolve(const std::string& ref, const image::Platform& platform,
                                  ResolveMode /*mode*/) override {
        ResolvedImage image{.identifier = "docker-image://" + ref,
                            .config = image::ImageConfig::for_scratch(platform)};
        image.config.diff_ids = {Digest::of(ref)};
        if (ref.size() % 4 == 3) {
            image.config.on_build = {"COPY --from=" + ref + " /a /a",
                                     "RUN --mount=from=abc,target=/x y"};
        }
        return image;
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto file =
        dockerfile::parse_dockerfile({reinterpret_cast<const char*>(data), size}, "Dockerfile");
    if (!file) return 0;
    AnyImage images;
    Request request;
    request.platform.architecture = request.build_platform.architecture = "amd64";
    request.build_args = {{"A", "1"}};
    const auto lowered = lower(*file, request, images);
    if (!lowered) {
        FUZZ_CHECK(lowered.error().code() != ErrorCode::kInternal, "a bug");
        return 0;
    }
    FUZZ_CHECK(llb::Graph::load(lowered->definition).has_value(), "the graph does not load");
    return 0;
}
