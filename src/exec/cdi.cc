#include "exec/cdi.h"

#include "base/text.h"
#include "exec/internal/yaml.h"
#include "os/dir.h"
#include "os/file.h"

#include <algorithm>
#include <array>
#include <set>

namespace slipway::exec {
namespace {

constexpr std::size_t kLargestFile = 4U << 20U;
constexpr std::string_view kClassAnnotation = "org.mobyproject.buildkit.device.class";
constexpr std::string_view kAllowAnnotation = "org.mobyproject.buildkit.device.autoallow";

Error malformed(std::string_view key) {
    return make_error(ErrorCode::kInvalidInput, "'{}' is malformed", key);
}

/// A text; numbers of JSON as they are written. "" when it is missing.
Result<std::string> text_at(const Json& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end() || found->is_null()) return std::string();
    if (found->is_string()) return found->get<std::string>();
    if (found->is_number_integer() || found->is_boolean()) return found->dump();
    return malformed(key);
}

/// YAML's numbers come as texts; a leading 0 makes them octal.
Result<std::optional<std::uint32_t>> number_at(const Json& json, const char* key) {
    SLIPWAY_ASSIGN(const std::string text, text_at(json, key));
    if (text.empty()) return std::optional<std::uint32_t>();
    const auto number = parse_uint(text, text.size() > 1 && text[0] == '0' ? 8 : 10);
    if (!number || *number > 0xFFFFFFFF) return malformed(key);
    return std::optional(static_cast<std::uint32_t>(*number));
}

Result<std::vector<std::string>> texts_at(const Json& json, const char* key) {
    std::vector<std::string> texts;
    const auto found = json.find(key);
    if (found == json.end() || found->is_null()) return texts;
    if (!found->is_array()) return malformed(key);
    for (const Json& item : *found) {
        if (!item.is_string()) return malformed(key);
        texts.push_back(item.get<std::string>());
    }
    return texts;
}

Result<std::map<std::string, std::string>> annotations_of(const Json& json) {
    std::map<std::string, std::string> annotations;
    const auto found = json.find("annotations");
    if (found == json.end() || found->is_null()) return annotations;
    if (!found->is_object()) return malformed("annotations");
    for (const auto& [name, value] : found->items()) {
        if (!value.is_string()) return malformed("annotations");
        annotations[name] = value.get<std::string>();
    }
    return annotations;
}

/// Calls `read` for each object of a list.
template <typename Read>
Result<void> for_each_at(const Json& json, const char* key, const Read& read) {
    const auto found = json.find(key);
    if (found == json.end() || found->is_null()) return {};
    if (!found->is_array()) return malformed(key);
    for (const Json& item : *found) {
        if (!item.is_object()) return malformed(key);
        SLIPWAY_TRY(read(item));
    }
    return {};
}

Result<ContainerEdits::Node> read_node(const Json& json) {
    ContainerEdits::Node node;
    SLIPWAY_ASSIGN(node.path, text_at(json, "path"));
    SLIPWAY_ASSIGN(node.host_path, text_at(json, "hostPath"));
    SLIPWAY_ASSIGN(const std::string permissions, text_at(json, "permissions"));
    SLIPWAY_ASSIGN(node.mode, number_at(json, "fileMode"));
    SLIPWAY_ASSIGN(node.uid, number_at(json, "uid"));
    SLIPWAY_ASSIGN(node.gid, number_at(json, "gid"));
    if (!node.path.starts_with('/')) return malformed("path");
    if (permissions.find_first_not_of("rwm") != std::string::npos) return malformed("permissions");
    if (!permissions.empty()) node.permissions = permissions;
    if (node.host_path.empty()) node.host_path = node.path;
    return node;
}

Result<ContainerEdits::Mount> read_mount(const Json& json) {
    ContainerEdits::Mount mount;
    SLIPWAY_ASSIGN(mount.host_path, text_at(json, "hostPath"));
    SLIPWAY_ASSIGN(mount.target, text_at(json, "containerPath"));
    SLIPWAY_ASSIGN(const std::string type, text_at(json, "type"));
    SLIPWAY_ASSIGN(mount.options, texts_at(json, "options"));
    if (!mount.target.starts_with('/')) return malformed("containerPath");
    if (mount.host_path.empty()) return malformed("hostPath");
    if (!type.empty()) mount.type = type;
    return mount;
}

Result<ContainerEdits::Hook> read_hook(const Json& json) {
    static constexpr std::array<std::string_view, 6> kTimes = {
        "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"};
    ContainerEdits::Hook hook;
    SLIPWAY_ASSIGN(hook.when, text_at(json, "hookName"));
    SLIPWAY_ASSIGN(hook.path, text_at(json, "path"));
    SLIPWAY_ASSIGN(hook.args, texts_at(json, "args"));
    SLIPWAY_ASSIGN(hook.env, texts_at(json, "env"));
    SLIPWAY_ASSIGN(hook.timeout, number_at(json, "timeout"));
    if (std::ranges::find(kTimes, hook.when) == kTimes.end()) return malformed("hookName");
    if (!hook.path.starts_with('/')) return malformed("path");
    return hook;
}

Result<ContainerEdits> read_edits(const Json& owner) {
    ContainerEdits edits;
    const auto found = owner.find("containerEdits");
    if (found == owner.end() || found->is_null()) return edits;
    if (!found->is_object()) return malformed("containerEdits");
    SLIPWAY_ASSIGN(edits.env, texts_at(*found, "env"));
    SLIPWAY_TRY(for_each_at(*found, "deviceNodes", [&](const Json& item) -> Result<void> {
        SLIPWAY_ASSIGN(ContainerEdits::Node node, read_node(item));
        edits.nodes.push_back(std::move(node));
        return {};
    }));
    SLIPWAY_TRY(for_each_at(*found, "mounts", [&](const Json& item) -> Result<void> {
        SLIPWAY_ASSIGN(ContainerEdits::Mount mount, read_mount(item));
        edits.mounts.push_back(std::move(mount));
        return {};
    }));
    SLIPWAY_TRY(for_each_at(*found, "hooks", [&](const Json& item) -> Result<void> {
        SLIPWAY_ASSIGN(ContainerEdits::Hook hook, read_hook(item));
        edits.hooks.push_back(std::move(hook));
        return {};
    }));
    const auto groups = found->find("additionalGids");
    if (groups != found->end() && groups->is_array()) {
        for (const Json& group : *groups) {
            SLIPWAY_ASSIGN(const auto number, number_at(Json{{"gid", group}}, "gid"));
            if (number && *number != 0) edits.groups.push_back(*number);
        }
    }
    return edits;
}

/// "vendor.com/class": both there.
bool is_kind(std::string_view text) {
    const auto cut = split_once(text, '/');
    return cut && !cut->first.empty() && !cut->second.empty() &&
           cut->second.find('/') == std::string_view::npos;
}

}  // namespace

CdiRegistry CdiRegistry::load(const std::vector<std::string>& directories) {
    CdiRegistry registry;
    for (std::size_t i = 0; i < directories.size(); ++i) {
        const auto dir = os::Dir::open(directories[i]);
        if (!dir) continue;
        const auto names = dir->list(RelPath());
        if (!names) continue;
        for (const auto& entry : *names) {
            if (!entry.name.ends_with(".json") && !entry.name.ends_with(".yaml")) continue;
            const std::string path = directories[i] + "/" + entry.name;
            const auto text = os::read_file(path, kLargestFile);
            if (text) {
                registry.add_file(path, *text, i);
            } else {
                registry.problems_ += text.error().to_string() + "; ";
            }
        }
    }
    if (registry.problems_.ends_with("; "))
        registry.problems_.resize(registry.problems_.size() - 2);
    return registry;
}

void CdiRegistry::add_file(const std::string& path, std::string_view text, std::size_t directory) {
    const auto read = read_file(path, text, directory).context("'{}'", path);
    if (!read) problems_ += read.error().to_string() + "; ";
}

Result<void> CdiRegistry::read_file(const std::string& path, std::string_view text,
                                    std::size_t directory) {
    SLIPWAY_ASSIGN(const Json json, path.ends_with(".json") ? parse_json(text) : parse_yaml(text));
    if (!json.is_object()) return make_error(ErrorCode::kInvalidInput, "no CDI specification");
    SLIPWAY_ASSIGN(const std::string kind, text_at(json, "kind"));
    if (!is_kind(kind)) return malformed("kind");
    SLIPWAY_ASSIGN(ContainerEdits shared, read_edits(json));
    SLIPWAY_ASSIGN(const auto annotations, annotations_of(json));
    std::map<std::string, Device> devices;
    SLIPWAY_TRY(for_each_at(json, "devices", [&](const Json& item) -> Result<void> {
        SLIPWAY_ASSIGN(const std::string name, text_at(item, "name"));
        if (name.empty()) return malformed("name");
        Device device{
            .edits = {}, .annotations = annotations, .file = files_.size(), .directory = directory};
        SLIPWAY_ASSIGN(device.edits, read_edits(item));
        SLIPWAY_ASSIGN(const auto own, annotations_of(item));
        for (const auto& [key, value] : own) device.annotations[key] = value;
        devices.insert_or_assign(kind + "=" + name, std::move(device));
        return {};
    }));
    files_.push_back(std::move(shared));
    for (auto& [name, device] : devices) {
        const auto known = devices_.find(name);
        const bool twice = known != devices_.end() && known->second.directory == directory;
        device.ambiguous = twice;
        if (twice) problems_ += fmt::format("device '{}' stands in two files; ", name);
        devices_.insert_or_assign(name, std::move(device));
    }
    return {};
}

std::vector<std::string> CdiRegistry::names() const {
    std::vector<std::string> names;
    for (const auto& [name, device] : devices_) {
        if (!device.ambiguous) names.push_back(name);
    }
    return names;
}

std::vector<std::string> CdiRegistry::find(std::string_view request) const {
    const auto cut = split_once(request, '=');
    const std::string kind(cut ? cut->first : request);
    const std::string_view wanted = cut ? cut->second : std::string_view();
    std::vector<std::string> found;
    const auto all = names();
    if (is_kind(kind)) {
        for (const std::string& name : all) {
            const bool same_kind = name.starts_with(kind + "=");
            if (!same_kind || (!wanted.empty() && wanted != "*" && name != request)) continue;
            found.push_back(name);
            if (wanted.empty()) break;
        }
    }
    if (!found.empty()) return found;
    for (const std::string& name : all) {
        const auto& annotations = devices_.at(name).annotations;
        const auto named = annotations.find(std::string(kClassAnnotation));
        if (named != annotations.end() && named->second == request) found.push_back(name);
    }
    return found;
}

bool CdiRegistry::allows_itself(const std::string& name) const {
    const auto device = devices_.find(name);
    if (device == devices_.end()) return false;
    const auto value = device->second.annotations.find(std::string(kAllowAnnotation));
    return value != device->second.annotations.end() &&
           (value->second == "true" || value->second == "1" || value->second == "t");
}

Result<ContainerEdits> CdiRegistry::edits(const std::vector<std::string>& names) const {
    ContainerEdits all;
    std::set<std::size_t> files;
    for (const std::string& name : names) {
        const auto device = devices_.find(name);
        if (device == devices_.end())
            return make_error(ErrorCode::kNotFound, "device '{}' is not registered", name);
        if (files.insert(device->second.file).second) all.add(files_[device->second.file]);
        all.add(device->second.edits);
    }
    return all;
}

}  // namespace slipway::exec
