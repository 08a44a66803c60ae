#include "source/internal/follow_set.h"

#include "base/path.h"
#include "base/pattern.h"

#include <algorithm>
#include <set>

namespace slipway::source {

namespace {

constexpr unsigned kMaxLinks = 40;  // as the kernel has it

std::string escape_wildcard(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '*' || c == '?' || c == '[' || c == '\\') escaped += '\\';
        escaped += c;
    }
    return escaped;
}

struct Pending {
    std::string pattern;
    unsigned links = 0;  ///< followed on the way here
};

bool is_missing(const Error& error) {
    const auto number = error.system_errno();
    return number == ENOENT || number == ENOTDIR || number == ELOOP;
}

}  // namespace

bool FollowSet::Component::matches(std::string_view name) const {
    if (!wildcard) return text == name;
    const auto matched = match_wildcard(text, name);
    return matched && *matched;
}

FollowSet::Path FollowSet::parse(std::string_view path) {
    Path components;
    const std::string cleaned = RelPath::in_root(path).text();
    for (const auto part : path_components(cleaned)) {
        const bool any_depth = part == "**";
        // "a**b" crosses '/' too: all that is here.
        if (!any_depth && part.find("**") != std::string_view::npos) break;
        // What is no proper pattern can only mean itself.
        const bool wildcard =
            part.find_first_of("*?[") != std::string_view::npos && match_wildcard(part, "");
        components.push_back({std::string(part), wildcard, any_depth});
    }
    return components;
}

Result<FollowSet> FollowSet::resolve(const os::Dir& root, std::span<const std::string> paths) {
    FollowSet set;
    std::set<std::string> seen;
    std::vector<Pending> pending;
    for (const auto& path : paths) pending.push_back({path, 0});
    while (!pending.empty()) {
        const Pending next = std::move(pending.back());
        pending.pop_back();
        Path path = parse(next.pattern);
        if (path.empty()) return FollowSet();
        if (!seen.insert(next.pattern).second) continue;

        // Every place that the components lead to, looking for links only: the rest is the
        // pattern's own business.
        std::vector<std::pair<RelPath, std::size_t>> places = {{RelPath(), 0}};
        while (!places.empty()) {
            const auto [dir, depth] = std::move(places.back());
            places.pop_back();
            std::vector<std::string> names;
            if (path[depth].wildcard) {
                const auto listed = root.list(dir);
                if (!listed && !is_missing(listed.error())) return listed.error();
                if (!listed) continue;
                for (const auto& entry : *listed) {
                    if (path[depth].matches(entry.name)) names.push_back(entry.name);
                }
            } else {
                names.push_back(path[depth].text);
            }
            for (const auto& name : names) {
                const RelPath at = dir.child(name);
                SLIPWAY_ASSIGN(const auto info, root.find(at));
                if (!info) continue;
                if (info->is_dir() && depth + 1 < path.size()) places.emplace_back(at, depth + 1);
                if (!info->is_symlink() || next.links == kMaxLinks) continue;
                SLIPWAY_ASSIGN(const auto target, root.read_link(at));
                std::string leads_to = escape_wildcard(target);
                if (!target.starts_with('/'))
                    leads_to = escape_wildcard(dir.text()) + "/" + leads_to;
                for (std::size_t i = depth + 1; i < path.size(); ++i) {
                    leads_to +=
                        "/" + (path[i].wildcard ? path[i].text : escape_wildcard(path[i].text));
                }
                pending.push_back({std::move(leads_to), next.links + 1});
                set.paths_.push_back(parse(escape_wildcard(at.text())));
            }
        }
        set.paths_.push_back(std::move(path));
    }
    return set;
}

void FollowSet::reach(Position& position, std::uint32_t path, std::uint32_t components) const {
    const std::pair reached(path, components);
    if (std::ranges::find(position.reached_, reached) != position.reached_.end()) return;
    if (components == paths_[path].size()) {
        position.inside_ = true;
        return;
    }
    position.reached_.push_back(reached);
    if (paths_[path][components].any_depth) reach(position, path, components + 1);
}

FollowSet::Position FollowSet::root() const {
    Position position;
    position.inside_ = paths_.empty();
    for (std::uint32_t i = 0; i < paths_.size(); ++i) reach(position, i, 0);
    return position;
}

FollowSet::Position FollowSet::enter(const Position& parent, std::string_view name) const {
    Position position;
    position.inside_ = parent.inside_;
    for (const auto& [path, depth] : parent.reached_) {
        if (position.inside_) break;
        const Component& component = paths_[path][depth];
        if (component.any_depth) {
            reach(position, path, depth);
        } else if (component.matches(name)) {
            reach(position, path, depth + 1);
        }
    }
    if (position.inside_) position.reached_.clear();
    return position;
}

}  // namespace slipway::source
