#include "fake_images.h"

#include "base/check.h"
#include "base/json.h"

#include <fmt/format.h>

#include <fstream>
#include <map>
#include <sstream>

namespace slipway::frontend {
namespace {

template <typename T>
T must(Result<T> result) {
    SLIPWAY_CHECK(result.has_value(), "test data must be well-formed");
    return std::move(*result);
}

std::map<std::string, std::string> string_map(const Json& json, const char* key) {
    return json.contains(key) ? json.at(key).get<std::map<std::string, std::string>>()
                              : std::map<std::string, std::string>();
}

std::vector<std::string> string_list(const Json& json, const char* key) {
    return json.contains(key) ? json.at(key).get<std::vector<std::string>>()
                              : std::vector<std::string>();
}

}  // namespace

std::string read_test_file(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

FakeImages FakeImages::load(const std::string& path) {
    FakeImages images;
    const Json json = must(parse_json(read_test_file(path)));
    for (const auto& [name, image] : json.items()) {
        images.images_[must(image::ImageRef::parse(name)).to_string()] = {
            must(Digest::parse(image.at("digest").get<std::string>())), image.at("config").dump(),
            image.value("one_platform", false)};
    }
    return images;
}

Result<ResolvedImage> FakeImages::resolve(const std::string& ref, const image::Platform& platform,
                                          ResolveMode /*mode*/) {
    const bool native = platform.architecture == "amd64";
    asked_.push_back(native ? ref : fmt::format("{} for {}", ref, platform.to_string()));
    static constexpr std::string_view kLayout = "oci-layout://";
    if (ref.starts_with(kLayout)) {
        const auto& [name, image] = *images_.begin();
        SLIPWAY_ASSIGN(image::ImageConfig config, image::ImageConfig::parse(image.config));
        return ResolvedImage{"oci-layout://store/name@" + image.digest.to_string(),
                             std::move(config)};
    }
    SLIPWAY_ASSIGN(const image::ImageRef parsed, image::ImageRef::parse(ref));
    const auto found = images_.find(parsed.to_string());
    if (found == images_.end()) {
        return make_error(ErrorCode::kNotFound, "no image '{}'", parsed.to_string());
    }
    SLIPWAY_ASSIGN(image::ImageConfig config, image::ImageConfig::parse(found->second.config));
    if (!found->second.one_platform) config.platform = platform;
    return ResolvedImage{"docker-image://" + found->first + "@" + found->second.digest.to_string(),
                         std::move(config)};
}

Request load_request(const std::string& path) {
    const std::string text = read_test_file(path);
    const Json json = text.empty() ? Json::object() : must(parse_json(text));
    Request request;
    request.platform = must(image::Platform::parse("linux/amd64"));
    request.build_platform = request.platform;
    if (json.contains("platform")) {
        request.platform = must(image::Platform::parse(json.value("platform", "")));
        request.platform_given = true;
    }
    request.target = json.value("target", "");
    request.build_args = string_map(json, "build_args");
    request.labels = string_map(json, "labels");
    request.named_contexts = string_map(json, "named_contexts");
    request.proxy_args = string_map(json, "proxy_args");
    request.network = json.value("network", "");
    request.no_cache = json.value("no_cache", false);
    request.no_cache_stages = string_list(json, "no_cache_stages");
    request.ignore_patterns = string_list(json, "ignore_patterns");
    return request;
}

Result<Lowered> lower_text(const std::string& text, const Request& request, ImageResolver& images) {
    SLIPWAY_ASSIGN(const dockerfile::Dockerfile file,
                   dockerfile::parse_dockerfile(text, "Dockerfile"));
    return lower(file, request, images);
}

}  // namespace slipway::frontend
