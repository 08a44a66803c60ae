#include "content/image_names.h"

#include "base/json.h"
#include "content/internal/layout.h"
#include "os/file.h"

#include <algorithm>

namespace slipway::content {

namespace {

constexpr std::string_view kNames = "names";
/// File names have at most 255 bytes, and os::write_file needs some of them.
constexpr std::size_t kLongestPlain = 150;

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

/// Percent-encoded, so that a person finds it; a long name is cut and completed by its digest.
std::string file_name(std::string_view name) {
    std::string encoded;
    for (const char c : name) {
        if (is_plain(c) && !(c == '.' && encoded.empty())) {
            encoded += c;
        } else {
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    if (encoded.empty()) return "%";
    if (encoded.size() <= kLongestPlain) return encoded;
    return encoded.substr(0, kLongestPlain / 2) + "~" + Digest::of(name).hex();
}

RelPath name_path(std::string_view name) {
    return known_path(kNames).child(file_name(name));
}

Json to_json(const NamedImage& image) {
    return {{"name", image.name},
            {"target", image.target.to_string()},
            {"mediaType", image.media_type},
            {"size", image.target_size},
            {"createdAt", image.created_at}};
}

Result<NamedImage> from_json(std::string_view text) {
    SLIPWAY_ASSIGN(const Json json, parse_json(text));
    NamedImage image;
    SLIPWAY_ASSIGN(image.name, json_string(json, "name"));
    SLIPWAY_ASSIGN(const std::string target, json_string(json, "target"));
    SLIPWAY_ASSIGN(image.target, Digest::parse(target));
    SLIPWAY_ASSIGN(image.media_type, json_string(json, "mediaType"));
    SLIPWAY_ASSIGN(const std::int64_t size, json_int(json, "size"));
    image.target_size = static_cast<std::uint64_t>(size);
    SLIPWAY_ASSIGN(image.created_at, json_int(json, "createdAt"));
    return image;
}

Result<std::optional<NamedImage>> load(const Store& store, const RelPath& path) {
    const std::string host_path = store.path(path.text());
    SLIPWAY_ASSIGN(const auto text, os::find_file(host_path, 1U << 20));
    if (!text) return std::optional<NamedImage>();
    auto image = from_json(*text);
    if (image) return std::optional(*std::move(image));
    return make_error(ErrorCode::kCorrupt, "'{}' is damaged: {}", host_path,
                      image.error().to_string());
}

}  // namespace

Result<void> ImageNames::set(const NamedImage& image) const {
    return os::write_file(store_.path(name_path(image.name).text()),
                          dump_json(to_json(image)) + "\n", os::Durability::kPowerCut);
}

Result<std::optional<NamedImage>> ImageNames::find(const std::string& name) const {
    return load(store_, name_path(name));
}

Result<std::vector<NamedImage>> ImageNames::list() const {
    SLIPWAY_ASSIGN(const auto entries, store_.dir().list(known_path(kNames)));
    std::vector<NamedImage> images;
    for (const auto& entry : entries) {
        if (entry.name.starts_with('.')) continue;  // being written, or left by a killed process
        SLIPWAY_ASSIGN(auto image, load(store_, known_path(kNames).child(entry.name)));
        if (image) images.push_back(*std::move(image));
    }
    std::sort(images.begin(), images.end(),
              [](const NamedImage& a, const NamedImage& b) { return a.name < b.name; });
    return images;
}

Result<bool> ImageNames::remove(const std::string& name) const {
    const auto removed = store_.dir().unlink(name_path(name));
    if (removed) return true;
    if (removed.error().code() == ErrorCode::kNotFound) return false;
    return removed.error();
}

}  // namespace slipway::content
