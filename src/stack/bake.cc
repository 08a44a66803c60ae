#include "stack/bake.h"

#include "base/json.h"

#include <algorithm>
#include <set>

namespace slipway::stack {

std::vector<std::string> target_names(std::span<const BakeTarget> targets) {
    std::set<std::string> platforms;
    for (const BakeTarget& target : targets) platforms.insert(target.variant->platform);
    std::vector<std::string> names;
    for (const BakeTarget& target : targets) {
        std::string name = target.variant->name();
        if (platforms.size() > 1) {
            std::string platform =
                target.variant->platform.substr(target.variant->platform.find('/') + 1);
            std::ranges::replace(platform, '/', '-');
            name += "-" + platform;
        }
        names.push_back(std::move(name));
    }
    return names;
}

std::string bake_file(std::span<const BakeTarget> targets, const std::string& folder,
                      const std::map<std::string, std::string>& contexts) {
    const std::vector<std::string> names = target_names(targets);
    OrderedJson file = {{"group", {{"default", {{"targets", names}}}}}};
    OrderedJson& all = file["target"] = OrderedJson::object();
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const Variant& variant = *targets[i].variant;
        all[names[i]] = {{"context", folder},          {"contexts", contexts},
                         {"dockerfile", "Dockerfile"}, {"target", variant.stage},
                         {"args", variant.args},       {"platforms", {variant.platform}},
                         {"tags", targets[i].tags}};
    }
    return dump_json(file, 2) + "\n";
}

}  // namespace slipway::stack
