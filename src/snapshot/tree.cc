#include "snapshot/tree.h"

#include "base/io.h"
#include "snapshot/internal/in_root.h"
#include "snapshot/internal/merged.h"

namespace slipway::snapshot {

namespace {

void walk_below(const MergedNode& node, std::string& path,
                const std::function<bool(const std::string& path, const Located&)>& visit) {
    if (!visit(path, node.located()) || !node.is_dir()) return;
    const std::size_t size = path.size();
    for (const auto& [name, child] : node.children()) {
        if (!path.empty()) path += '/';
        path += name;
        walk_below(child, path, visit);
        path.resize(size);
    }
}

}  // namespace

std::optional<Located> View::find(std::string_view path) const {
    const MergedNode node = descend(MergedNode::root(trees_), path);
    if (!node.exists()) return std::nullopt;
    return node.located();
}

Result<RelPath> View::resolve(std::string_view path, FollowLast follow) const {
    SLIPWAY_ASSIGN(auto found, resolve_in_root(MergedNode::root(trees_), path, follow));
    return std::move(found.path);
}

std::vector<std::pair<std::string, Located>> View::list(std::string_view path) const {
    std::vector<std::pair<std::string, Located>> names;
    for (const auto& [name, node] : descend(MergedNode::root(trees_), path).children())
        names.emplace_back(name, node.located());
    return names;
}

void View::walk(std::string_view path,
                const std::function<bool(const std::string& path, const Located&)>& visit) const {
    const MergedNode node = descend(MergedNode::root(trees_), path);
    if (!node.exists()) return;
    std::string at = RelPath::in_root(path).text();
    walk_below(node, at, visit);
}

Result<std::optional<std::string>> View::read_small_file(std::string_view path,
                                                         std::size_t limit) const {
    SLIPWAY_ASSIGN(const RelPath real, resolve(path, FollowLast::kYes));
    const auto found = find(real.text());
    if (!found) return std::optional<std::string>();
    if (!(*found)->is_regular())
        return make_error(ErrorCode::kInvalidInput, "'{}' is not a regular file", path);
    SLIPWAY_ASSIGN(const os::Fd file,
                   found->tree->root().open_file(RelPath::in_root((*found)->path)));
    os::FdReader reader(file);
    SLIPWAY_ASSIGN(std::string text, read_text(reader, limit).context("'{}'", path));
    return std::optional(std::move(text));
}

}  // namespace slipway::snapshot
