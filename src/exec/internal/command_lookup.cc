#include "exec/internal/command_lookup.h"

#include "base/path.h"
#include "base/text.h"
#include "exec/internal/config.h"
#include "exec/internal/rooted.h"

#include <algorithm>
#include <string_view>

namespace slipway::exec {
namespace {

constexpr int kStatusNotFound = 127;
constexpr int kStatusNotExecutable = 126;

enum class Found { kNothing, kNotExecutable, kExecutable, kUnknown };

Found judge(const std::optional<os::FileInfo>& info, const Identity& who) {
    if (!info) return Found::kNothing;
    if (!info->is_regular()) return Found::kNotExecutable;
    std::uint32_t bits = info->mode & 0001U;
    if (who.uid == 0) {
        bits = info->mode & 0111U;
    } else if (info->uid == who.uid) {
        bits = info->mode & 0100U;
    } else if (info->gid == who.gid ||
               std::ranges::find(who.groups, info->gid) != who.groups.end()) {
        bits = info->mode & 0010U;
    }
    return bits != 0 ? Found::kExecutable : Found::kNotExecutable;
}

/// The mount that `path` lies on; null for the root file system.
const SandboxMount* mount_of(const SandboxSpec& spec, const std::string& path) {
    const SandboxMount* nearest = nullptr;
    for (const SandboxMount& mount : spec.mounts) {
        if (!is_below(path, clean_path(mount.target))) continue;
        if (nearest == nullptr || mount.target.size() > nearest->target.size()) nearest = &mount;
    }
    return nearest;
}

Found look_at(const os::Dir& root, const SandboxSpec& spec, const Identity& who,
              const std::string& path) {
    for (const char* standard : {"/proc", "/sys", "/dev"}) {
        if (is_below(path, standard)) return Found::kUnknown;
    }
    if (const SandboxMount* mount = mount_of(spec, path)) {
        if (mount->kind != SandboxMount::Kind::kBind) return Found::kUnknown;
        const auto folder = os::Dir::open(mount->host_path);
        if (!folder) return Found::kUnknown;
        const auto found = resolve_in_root(*folder, path.substr(clean_path(mount->target).size()));
        return found ? judge(found->info, who) : Found::kUnknown;
    }
    const auto found = resolve_in_root(root, path);
    return found ? judge(found->info, who) : Found::kNothing;
}

std::string_view path_variable(const SandboxSpec& spec) {
    std::string_view value = kDefaultPath;
    for (const std::string& entry : spec.env) {
        if (entry.starts_with("PATH=")) value = entry;
    }
    return value.substr(std::string_view("PATH=").size());
}

}  // namespace

std::optional<int> find_command_fault(const os::Dir& root, const SandboxSpec& spec,
                                      const Identity& who) {
    const std::string& command = spec.args.front();
    const std::string cwd = join_path("/", spec.cwd);
    std::vector<std::string> candidates;
    if (command.find('/') != std::string::npos) {
        candidates.push_back(join_path(cwd, command));
    } else {
        for (const std::string_view folder : split(path_variable(spec), ':')) {
            candidates.push_back(join_path(join_path(cwd, folder), command));
        }
    }
    int fault = kStatusNotFound;
    for (const std::string& candidate : candidates) {
        const Found found = look_at(root, spec, who, candidate);
        if (found == Found::kExecutable || found == Found::kUnknown) return std::nullopt;
        if (found == Found::kNotExecutable) fault = kStatusNotExecutable;
    }
    return fault;
}

}  // namespace slipway::exec
