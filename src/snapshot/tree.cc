#include "snapshot/tree.h"

#include "base/io.h"
#include "snapshot/internal/merged.h"

#include <deque>

namespace slipway::snapshot {

namespace {

constexpr int kMaxLinks = 255;

MergedNode node_at(const std::vector<std::shared_ptr<const Tree>>& trees, std::string_view path) {
    MergedNode node = MergedNode::root(trees);
    for (const auto name : path_components(path)) node = node.child(name);
    return node;
}

/// Where a look-up has got to: a path inside the root, with what is at each of its components.
class Cursor {
  public:
    explicit Cursor(MergedNode root) { nodes_.push_back(std::move(root)); }

    [[nodiscard]] const MergedNode& node() const { return nodes_.back(); }
    void enter(std::string_view name) {
        nodes_.push_back(nodes_.back().child(name));
        names_.emplace_back(name);
    }
    void leave() {
        if (names_.empty()) return;
        nodes_.pop_back();
        names_.pop_back();
    }
    void to_root() {
        nodes_.resize(1);
        names_.clear();
    }
    [[nodiscard]] RelPath path() const { return RelPath::in_root(join(names_, "/")); }

  private:
    static std::string join(const std::vector<std::string>& parts, std::string_view separator) {
        std::string text;
        for (const auto& part : parts) {
            if (!text.empty()) text += separator;
            text += part;
        }
        return text;
    }
    std::vector<MergedNode> nodes_;  ///< one more than names_: the root
    std::vector<std::string> names_;
};

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
    const MergedNode node = node_at(trees_, path);
    if (!node.exists()) return std::nullopt;
    return node.located();
}

Result<RelPath> View::resolve(std::string_view path, FollowLast follow) const {
    Cursor cursor(MergedNode::root(trees_));
    std::deque<std::string> rest;
    for (const auto part : path_components(path)) rest.emplace_back(part);
    int links = 0;
    while (!rest.empty()) {
        const std::string part = std::move(rest.front());
        rest.pop_front();
        if (part == "..") {
            cursor.leave();
            continue;
        }
        cursor.enter(part);
        const MergedNode& node = cursor.node();
        const bool followed = !rest.empty() || follow == FollowLast::kYes;
        if (!followed || !node.exists() || !node.entry().is_symlink()) continue;
        if (++links > kMaxLinks) {
            return make_error(ErrorCode::kInvalidInput,
                              "'{}' leads through more than {} symbolic links", path, kMaxLinks);
        }
        const std::string target = node.entry().link_target;
        cursor.leave();
        if (target.starts_with('/')) cursor.to_root();
        const auto parts = path_components(target);
        rest.insert(rest.begin(), parts.begin(), parts.end());
    }
    return cursor.path();
}

std::vector<std::pair<std::string, Located>> View::list(std::string_view path) const {
    std::vector<std::pair<std::string, Located>> names;
    for (const auto& [name, node] : node_at(trees_, path).children())
        names.emplace_back(name, node.located());
    return names;
}

void View::walk(std::string_view path,
                const std::function<bool(const std::string& path, const Located&)>& visit) const {
    const MergedNode node = node_at(trees_, path);
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
