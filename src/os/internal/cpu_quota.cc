#include "os/internal/cpu_quota.h"

#include "base/path.h"
#include "base/text.h"
#include "os/file.h"

#include <algorithm>

namespace slipway::os::internal {

namespace {

std::optional<std::int64_t> read_number(const std::string& path) {
    const auto text = read_file(path, 4096);
    return text ? parse_int(trim(*text)) : std::nullopt;
}

std::optional<unsigned> processors(std::int64_t quota, std::int64_t period) {
    if (quota <= 0 || period <= 0) return std::nullopt;
    return static_cast<unsigned>(std::max<std::int64_t>(1, (quota + period - 1) / period));
}

/// cpu.max of cgroup v2: "max 100000" or "150000 100000".
std::optional<unsigned> quota_v2(const std::string& folder) {
    const auto text = read_file(folder + "/cpu.max", 4096);
    const auto fields = text ? split_once(trim(*text), ' ') : std::nullopt;
    if (!fields) return std::nullopt;
    const auto quota = parse_int(fields->first);
    const auto period = parse_int(fields->second);
    return quota && period ? processors(*quota, *period) : std::nullopt;
}

std::optional<unsigned> quota_v1(const std::string& folder) {
    const auto quota = read_number(folder + "/cpu.cfs_quota_us");
    const auto period = read_number(folder + "/cpu.cfs_period_us");
    return quota && period ? processors(*quota, *period) : std::nullopt;
}

template <typename Quota>
void tighten(std::optional<unsigned>& limit, const std::string& mount, std::string_view group,
             const Quota& quota) {
    // A container may see a path from outside of its own mount; then only the root of the mount
    // says something.
    for (std::string path = clean_path(group);; path = dir_name(path)) {
        const auto found = quota(path == "/" ? mount : mount + path);
        if (found) limit = std::min(limit.value_or(*found), *found);
        if (path == "/" || path == ".") return;
    }
}

}  // namespace

std::optional<unsigned> cpu_quota(std::string_view proc_self_cgroup,
                                  const std::string& cgroup_root) {
    std::optional<unsigned> limit;
    for (const std::string_view line : split(proc_self_cgroup, '\n')) {
        const auto number_rest = split_once(line, ':');  // "4:cpu,cpuacct:/path", "0::/path"
        const auto names_path = number_rest ? split_once(number_rest->second, ':') : std::nullopt;
        if (!names_path) continue;
        const auto [names, path] = *names_path;
        if (names.empty()) {
            tighten(limit, cgroup_root, path, quota_v2);
            continue;
        }
        const auto list = split(names, ',');
        if (std::ranges::find(list, "cpu") == list.end()) continue;
        tighten(limit, cgroup_root + "/cpu", path, quota_v1);
        if (list.size() > 1)
            tighten(limit, fmt::format("{}/{}", cgroup_root, names), path, quota_v1);
    }
    return limit;
}

}  // namespace slipway::os::internal
