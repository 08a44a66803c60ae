#include "image/platform.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace slipway::image {

namespace {

constexpr std::array<std::string_view, 6> kSystems = {"darwin", "freebsd", "linux",
                                                      "netbsd", "openbsd", "windows"};
constexpr std::array<std::string_view, 10> kArchitectures = {
    "386", "amd64", "arm", "arm64", "loong64", "mips64le", "ppc64le", "riscv64", "s390x", "wasm"};

struct Alias {
    std::string_view spelling;
    std::string_view architecture;
    std::string_view variant;  ///< given by the spelling itself
};
constexpr std::array<Alias, 6> kAliases = {{{"x86_64", "amd64", ""},
                                            {"x86-64", "amd64", ""},
                                            {"i386", "386", ""},
                                            {"aarch64", "arm64", ""},
                                            {"armhf", "arm", "v7"},
                                            {"armel", "arm", "v6"}}};

template <typename Names>
bool contains(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

Error unknown_platform(std::string_view text, std::string_view part) {
    Error error = make_error(ErrorCode::kInvalidInput,
                             "platform '{}': '{}' is not a known architecture", text, part);
    const std::vector<std::string> known(kArchitectures.begin(), kArchitectures.end());
    const auto nearest = find_nearest(part, known);
    if (!nearest) return error;
    return std::move(error).hint(fmt::format("did you mean '{}'?", *nearest));
}

/// The number in a variant: 7 for "v7"; 0 when it has none.
std::uint64_t variant_level(std::string_view variant) {
    if (!variant.starts_with('v')) return 0;
    return parse_uint(variant.substr(1)).value_or(0);
}

}  // namespace

Result<Platform> Platform::parse(std::string_view text) {
    const auto parts = split(text, '/');
    if (parts.size() > 3 ||
        std::any_of(parts.begin(), parts.end(), [](auto part) { return part.empty(); })) {
        return make_error(ErrorCode::kInvalidInput,
                          "platform '{}' is not of the form os/architecture[/variant]", text);
    }
    Platform platform;
    if (parts.size() == 1) {
        platform.architecture = parts[0];
    } else {
        platform.os = parts[0];
        platform.architecture = parts[1];
        if (parts.size() == 3) platform.variant = parts[2];
    }
    platform = platform.normalized();
    if (parts.size() == 1 && contains(kSystems, platform.architecture)) {
        return make_error(ErrorCode::kInvalidInput, "platform '{}' lacks the architecture", text);
    }
    if (!contains(kSystems, platform.os)) {
        return make_error(ErrorCode::kInvalidInput,
                          "platform '{}': '{}' is not a known operating system", text, parts[0]);
    }
    if (!contains(kArchitectures, platform.architecture)) {
        return unknown_platform(text, platform.architecture);
    }
    return platform;
}

std::string Platform::to_string() const {
    std::string text = os + "/" + architecture;
    return variant.empty() ? text : text + "/" + variant;
}

Platform Platform::normalized() const {
    Platform result{
        .os = to_lower(os), .architecture = to_lower(architecture), .variant = to_lower(variant)};
    if (result.os == "macos") result.os = "darwin";
    for (const auto& alias : kAliases) {
        if (result.architecture != alias.spelling) continue;
        result.architecture = alias.architecture;
        if (!alias.variant.empty()) result.variant = alias.variant;
        break;
    }
    if (parse_uint(result.variant)) result.variant.insert(0, "v");
    if (result.architecture == "arm" && result.variant.empty()) result.variant = "v7";
    const bool is_default = (result.architecture == "arm64" && result.variant == "v8") ||
                            (result.architecture == "amd64" && result.variant == "v1");
    if (is_default) result.variant.clear();
    return result;
}

bool Platform::runs(const Platform& other) const {
    const Platform ours = normalized();
    const Platform theirs = other.normalized();
    if (ours.os != theirs.os || ours.architecture != theirs.architecture) return false;
    if (ours.variant == theirs.variant) return true;
    const bool ordered = ours.architecture == "arm" || ours.architecture == "amd64";
    return ordered && variant_level(theirs.variant) < variant_level(ours.variant);
}

}  // namespace slipway::image
