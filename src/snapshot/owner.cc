#include "base/text.h"
#include "snapshot/file_ops.h"

#include <optional>

namespace slipway::snapshot {

namespace {

constexpr std::size_t kLargestFile = 16U << 20;

/// The fields of the first line of a passwd-like file whose first field is `name` (or whose third
/// is, for numbers).
std::optional<std::vector<std::string>> find_line(const std::string& text, std::string_view key,
                                                  std::size_t field) {
    for (const auto line : split(text, '\n')) {
        const auto fields = split(line, ':');
        if (fields.size() > 2 && fields[field] == key)
            return std::vector<std::string>(fields.begin(), fields.end());
    }
    return std::nullopt;
}

std::optional<std::uint32_t> id_of(std::string_view text) {
    const auto number = parse_uint(text);
    if (!number || *number > 0xfffffffeU) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

}  // namespace

Result<ResolvedOwner> resolve_owner(const View& view, std::string_view user,
                                    std::string_view group) {
    ResolvedOwner resolved;
    if (const auto number = id_of(user)) {
        resolved.owner = {*number, *number};
    } else if (!user.empty()) {
        SLIPWAY_ASSIGN(const auto passwd, view.read_small_file("etc/passwd", kLargestFile));
        const auto line = passwd ? find_line(*passwd, user, 0) : std::nullopt;
        const auto uid = line ? id_of((*line)[2]) : std::nullopt;
        resolved.user_known = uid.has_value();
        resolved.owner.uid = uid.value_or(0);
        if (uid && line->size() > 3) resolved.owner.gid = id_of((*line)[3]).value_or(0);
    }
    if (group.empty()) return resolved;
    if (const auto number = id_of(group)) {
        resolved.owner.gid = *number;
        return resolved;
    }
    SLIPWAY_ASSIGN(const auto groups, view.read_small_file("etc/group", kLargestFile));
    const auto line = groups ? find_line(*groups, group, 0) : std::nullopt;
    const auto gid = line ? id_of((*line)[2]) : std::nullopt;
    resolved.group_known = gid.has_value();
    resolved.owner.gid = gid.value_or(0);
    return resolved;
}

}  // namespace slipway::snapshot
