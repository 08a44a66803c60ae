#include "cli/image_view.h"

#include "base/text.h"
#include "image/reference.h"
#include "os/system.h"

#include <algorithm>
#include <iterator>

namespace slipway::cli {

std::string familiar_name(const std::string& name) {
    const auto ref = image::ImageRef::parse(name);
    return ref ? ref->familiar() : name;
}

Result<ImageView> load_image(engine::Workspace& workspace, const content::NamedImage& named) {
    ImageView view;
    view.named = named;
    view.manifest_digest = named.target;
    view.size = named.target_size;
    if (image::is_index(named.media_type)) {
        SLIPWAY_ASSIGN(const auto platform,
                       image::Platform::parse("linux/" + os::machine_architecture()));
        SLIPWAY_ASSIGN(const auto index_text, workspace.blobs().read(named.target));
        SLIPWAY_ASSIGN(const auto index, image::Index::parse(index_text));
        SLIPWAY_ASSIGN(const auto chosen, index.select(platform));
        view.manifest_digest = chosen.digest;
        view.size += chosen.size;
    }
    SLIPWAY_ASSIGN(const auto manifest_text, workspace.blobs().read(view.manifest_digest));
    SLIPWAY_ASSIGN(view.manifest, image::Manifest::parse(manifest_text));
    SLIPWAY_ASSIGN(view.config_text, workspace.blobs().read(view.manifest.config.digest));
    SLIPWAY_ASSIGN(view.config, image::ImageConfig::parse(view.config_text));
    view.size += view.manifest.config.size;
    for (const auto& layer : view.manifest.layers) view.size += layer.size;
    return view;
}

Result<content::NamedImage> find_image(engine::Workspace& workspace, const std::string& text) {
    SLIPWAY_ASSIGN(const auto all, workspace.names().list());
    if (const auto ref = image::ImageRef::parse(text)) {
        for (const auto& image : all) {
            if (image.name == ref->to_string()) return image;
        }
    }
    const std::string_view hex =
        text.starts_with("sha256:") ? std::string_view(text).substr(7) : std::string_view(text);
    std::vector<content::NamedImage> matches;
    if (hex.size() >= 6) {
        std::ranges::copy_if(all, std::back_inserter(matches), [&](const auto& image) {
            return image.target.hex().starts_with(hex);
        });
    }
    for (const auto& match : matches) {
        if (match.target != matches.front().target) {
            return make_error(ErrorCode::kUsage,
                              "'{}' is the beginning of more than one image's digest", text);
        }
    }
    if (!matches.empty()) return matches.front();
    std::vector<std::string> names;
    for (const auto& image : all) names.push_back(familiar_name(image.name));
    auto error = make_error(ErrorCode::kNotFound, "no image is called '{}'", text);
    if (auto nearest = find_nearest(text, names))
        return std::move(error).hint("did you mean '" + *nearest + "'?");
    return std::move(error).hint("'slipway images' lists what there is");
}

std::string ago(std::int64_t unix_seconds) {
    const std::int64_t seconds = os::now_unix_nanoseconds() / 1'000'000'000 - unix_seconds;
    if (seconds < 0) return "in the future";
    struct Unit {
        std::int64_t seconds;
        const char* name;
    };
    for (const auto& [length, name] :
         {Unit{365 * 86400, "year"}, Unit{30 * 86400, "month"}, Unit{7 * 86400, "week"},
          Unit{86400, "day"}, Unit{3600, "hour"}, Unit{60, "minute"}}) {
        if (const auto count = seconds / length; count > 0) {
            return fmt::format("{} {}{} ago", count, name, count == 1 ? "" : "s");
        }
    }
    return fmt::format("{} seconds ago", seconds);
}

}  // namespace slipway::cli
