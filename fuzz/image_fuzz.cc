// What is read of a reference, platform, time, config, manifest or index is written so that it
// reads as the same again.
#include "fuzz_check.h"
#include "image/config.h"
#include "image/history.h"
#include "image/manifest.h"
#include "image/platform.h"
#include "image/reference.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

using namespace slipway;
using namespace slipway::image;

namespace {

void check_reference(std::string_view text) {
    const auto ref = ImageRef::parse(text);
    if (!ref) return;
    const auto full = ImageRef::parse(ref->to_string());
    FUZZ_CHECK(full && *full == *ref, "the full form is another reference");
    const auto familiar = ImageRef::parse(ref->familiar());
    FUZZ_CHECK(familiar && *familiar == *ref, "the familiar form is another reference");
}

void check_platform(std::string_view text) {
    const auto platform = Platform::parse(text);
    if (!platform) return;
    const auto again = Platform::parse(platform->to_string());
    FUZZ_CHECK(again && *again == *platform, "the normal form is another platform");
    FUZZ_CHECK(platform->runs(*platform), "a machine does not run its own platform");
}

void check_config(std::string_view text) {
    auto config = ImageConfig::parse(text);
    if (!config) return;
    const std::string dumped = config->dump();
    const auto again = ImageConfig::parse(dumped);
    FUZZ_CHECK(again && again->dump() == dumped, "the config changes when it is written");
    const std::vector<LayerOrigin> layers(3);
    complete_history(*config, layers, std::nullopt);
    std::size_t with_layer = 0;
    for (const auto& entry : config->history) {
        FUZZ_CHECK(entry.created.has_value(), "an entry has no time");
        if (!entry.empty_layer) ++with_layer;
    }
    FUZZ_CHECK(with_layer == layers.size(), "the history does not fit the layers");
}

template <typename T>
void check_dump(std::string_view text) {
    const auto parsed = T::parse(text);
    if (!parsed) return;
    const auto again = T::parse(parsed->dump());
    FUZZ_CHECK(again && again->dump() == parsed->dump(), "it changes when it is written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_reference(text);
    check_platform(text);
    check_config(text);
    check_dump<Manifest>(text);
    check_dump<Index>(text);
    static_cast<void>(parse_rfc3339(text));
    return 0;
}
