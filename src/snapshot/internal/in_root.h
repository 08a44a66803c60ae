// Path look-up as a process in a chroot would do it, over anything that has named children and
// symbolic links: stacked trees, and a layer in the making on top of them.
#pragma once

#include "base/path.h"
#include "base/result.h"
#include "snapshot/tree.h"

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::snapshot {

inline constexpr int kMaxLinks = 255;

template <typename Node>
struct InRoot {
    RelPath path;  ///< without links, except perhaps as the last component
    Node node;     ///< what is there, if anything
};

/// `Node` has exists(), entry(), child(name). kInvalidInput past kMaxLinks links.
template <typename Node>
Result<InRoot<Node>> resolve_in_root(const Node& root, std::string_view path, FollowLast follow) {
    std::vector<Node> nodes = {root};  // one more than names
    std::vector<std::string> names;
    std::deque<std::string> rest;
    for (const auto part : path_components(path)) rest.emplace_back(part);
    for (int links = 0; !rest.empty();) {
        const std::string part = std::move(rest.front());
        rest.pop_front();
        if (part == "..") {
            if (names.empty()) continue;
            names.pop_back();
            nodes.pop_back();
            continue;
        }
        Node node = nodes.back().child(part);
        const bool followed = !rest.empty() || follow == FollowLast::kYes;
        if (!followed || !node.exists() || !node.entry().is_symlink()) {
            names.push_back(part);
            nodes.push_back(std::move(node));
            continue;
        }
        if (++links > kMaxLinks) {
            return make_error(ErrorCode::kInvalidInput,
                              "'{}' leads through more than {} symbolic links", path, kMaxLinks);
        }
        const std::string& target = node.entry().link_target;
        if (target.starts_with('/')) {
            nodes.resize(1, root);
            names.clear();
        }
        const auto parts = path_components(target);
        rest.insert(rest.begin(), parts.begin(), parts.end());
    }
    std::string text;
    for (const auto& name : names) {
        if (!text.empty()) text += '/';
        text += name;
    }
    return InRoot<Node>{RelPath::in_root(text), std::move(nodes.back())};
}

/// Without following links.
template <typename Node>
Node descend(Node node, std::string_view path) {
    for (const auto name : path_components(path)) node = node.child(name);
    return node;
}

}  // namespace slipway::snapshot
