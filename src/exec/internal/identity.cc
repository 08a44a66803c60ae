#include "exec/internal/identity.h"

#include "base/text.h"
#include "exec/internal/rooted.h"

#include <limits>
#include <optional>
#include <string_view>
#include <tuple>

namespace slipway::exec {
namespace {

constexpr std::size_t kMaxFile = 10U << 20;

std::optional<std::uint32_t> parse_id(std::string_view text) {
    const auto number = parse_uint(text);
    if (!number || *number > static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max())) {
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(*number);
}

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

struct PasswdEntry {
    std::string_view name;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::string_view home;
};

/// The first line whose name is `wanted`, or whose uid is, when `wanted` is a number.
std::optional<PasswdEntry> find_user(std::string_view passwd, std::string_view wanted) {
    const auto wanted_id = parse_id(wanted);
    for (const std::string_view line : split(passwd, '\n')) {
        const auto fields = split(trim(line), ':');
        if (fields.size() < 4) continue;
        const auto uid = parse_id(fields[2]);
        const auto gid = parse_id(fields[3]);
        if (!uid || !gid) continue;
        if (fields[0] == wanted || (wanted_id && *uid == *wanted_id)) {
            const std::string_view home = fields.size() > 5 ? fields[5] : std::string_view();
            return PasswdEntry{.name = fields[0], .uid = *uid, .gid = *gid, .home = home};
        }
    }
    return std::nullopt;
}

struct GroupEntry {
    std::string_view name;
    std::uint32_t gid = 0;
    std::vector<std::string_view> members;
};

std::vector<GroupEntry> parse_groups(std::string_view text) {
    std::vector<GroupEntry> groups;
    for (const std::string_view line : split(text, '\n')) {
        const auto fields = split(trim(line), ':');
        if (fields.size() < 3) continue;
        const auto gid = parse_id(fields[2]);
        if (!gid) continue;
        groups.push_back({.name = fields[0], .gid = *gid, .members = {}});
        if (fields.size() > 3) groups.back().members = split(fields[3], ',');
    }
    return groups;
}

Result<std::uint32_t> find_group(std::string_view text, std::string_view wanted) {
    const auto wanted_id = parse_id(wanted);
    for (const GroupEntry& group : parse_groups(text)) {
        if (group.name == wanted || (wanted_id && group.gid == *wanted_id)) return group.gid;
    }
    if (wanted_id) return *wanted_id;
    if (is_number(wanted)) {
        return make_error(ErrorCode::kInvalidInput, "group id '{}' is out of range", wanted);
    }
    return make_error(ErrorCode::kInvalidInput, "unable to find group '{}' in /etc/group", wanted);
}

std::vector<std::uint32_t> groups_of(std::string_view text, std::string_view user) {
    std::vector<std::uint32_t> ids;
    for (const GroupEntry& group : parse_groups(text)) {
        for (const std::string_view member : group.members) {
            if (member == user) {
                ids.push_back(group.gid);
                break;
            }
        }
    }
    return ids;
}

}  // namespace

Result<Identity> find_identity(const os::Dir& root, const std::string& user) {
    std::string_view user_part = user;
    std::string_view group_part;
    if (const auto parts = split_once(user, ':')) std::tie(user_part, group_part) = *parts;
    if (user_part.empty()) user_part = "0";

    SLIPWAY_ASSIGN(const auto passwd, find_file_in_root(root, "/etc/passwd", kMaxFile));
    const auto entry = find_user(passwd ? *passwd : std::string_view(), user_part);
    Identity identity;
    if (entry && !entry->home.empty()) identity.home = entry->home;
    const auto uid = parse_id(user_part);
    const auto two_numbers = uid ? parse_id(group_part) : std::nullopt;
    if (two_numbers) {
        identity.uid = *uid;
        identity.gid = *two_numbers;
        return identity;
    }
    std::string_view name;
    if (entry) {
        identity.uid = entry->uid;
        identity.gid = entry->gid;
        name = entry->name;
    } else if (uid) {
        identity.uid = *uid;
    } else if (is_number(user_part)) {
        return make_error(ErrorCode::kInvalidInput, "user id '{}' is out of range", user_part);
    } else {
        return make_error(ErrorCode::kInvalidInput, "unable to find user '{}' in /etc/passwd",
                          user_part);
    }

    if (group_part.empty() && name.empty()) return identity;
    SLIPWAY_ASSIGN(const auto group_file, find_file_in_root(root, "/etc/group", kMaxFile));
    const std::string_view groups = group_file ? *group_file : std::string_view();
    if (group_part.empty()) {
        identity.groups = groups_of(groups, name);
    } else {
        SLIPWAY_ASSIGN(identity.gid, find_group(groups, group_part));
    }
    return identity;
}

}  // namespace slipway::exec
