#include "snapshot/internal/merged.h"

#include "os/system.h"

namespace slipway::snapshot {

namespace {

std::string_view name_below(const Entry& entry, const Entry& dir) {
    return std::string_view(entry.path).substr(dir.path.empty() ? 0 : dir.path.size() + 1);
}

/// One directory's direct children in one tree.
struct Children {
    const Tree* tree = nullptr;
    const Entry* dir = nullptr;
    std::size_t at = 0;
    std::size_t end = 0;

    explicit Children(const Located& place) : tree(place.tree), dir(place.entry) {
        const Manifest& manifest = tree->manifest();
        const std::size_t index = manifest.index_of(*dir);
        at = index + 1;
        end = manifest.end_of_subtree(index);
    }
    [[nodiscard]] bool done() const { return at == end; }
    [[nodiscard]] const Entry& entry() const { return tree->manifest().entries()[at]; }
    [[nodiscard]] std::string_view name() const { return name_below(entry(), *dir); }
    void next() { at = tree->manifest().end_of_subtree(at); }
};

/// What a stage without any layer shows: a root directory with nothing in it, made now.
class EmptyTree final : public Tree {
  public:
    EmptyTree() {
        constexpr std::int64_t kSecond = 1'000'000'000;
        const std::int64_t now = os::now_unix_nanoseconds();
        Entry root{.path = "", .mode = S_IFDIR | 0755};
        root.mtime = {now / kSecond, static_cast<std::uint32_t>(now % kSecond)};
        manifest_ = Manifest::from_entries({std::move(root)});
    }
    [[nodiscard]] const Manifest& manifest() const override { return manifest_; }
    [[nodiscard]] const os::Dir& root() const override { return root_; }
    [[nodiscard]] bool linkable() const override { return false; }
    [[nodiscard]] Result<Digest> content_of(const Entry& entry) const override {
        return entry.content;
    }

  private:
    Manifest manifest_;
    os::Dir root_;
};

}  // namespace

MergedNode MergedNode::root(const std::vector<std::shared_ptr<const Tree>>& top_first) {
    MergedNode node;
    // The kernel merges the roots of all layers, whatever xattrs they carry.
    for (const auto& tree : top_first)
        node.places_.push_back({tree.get(), &tree->manifest().root()});
    if (top_first.empty()) {
        static const EmptyTree empty;
        node.places_.push_back({&empty, &empty.manifest().root()});
    }
    return node;
}

MergedNode::More MergedNode::add(const Located& place) {
    if (place->is_whiteout()) return More::kNo;
    if (exists() && !place->is_dir()) return More::kNo;
    places_.push_back(place);
    return place->is_dir() && !place->opaque ? More::kYes : More::kNo;
}

MergedNode MergedNode::child(std::string_view name) const {
    MergedNode found;
    if (!is_dir()) return found;
    for (const auto& place : places_) {
        const Entry* entry = place.tree->manifest().find_child(*place.entry, name);
        if (entry != nullptr && found.add({place.tree, entry}) == More::kNo) break;
    }
    return found;
}

std::vector<std::pair<std::string_view, MergedNode>> MergedNode::children() const {
    std::vector<std::pair<std::string_view, MergedNode>> found;
    if (!is_dir()) return found;
    std::vector<Children> sources;
    for (const auto& place : places_) sources.emplace_back(place);
    while (true) {
        const Children* first = nullptr;
        for (const auto& source : sources) {
            if (!source.done() && (first == nullptr || source.name() < first->name()))
                first = &source;
        }
        if (first == nullptr) return found;
        const std::string_view name = first->name();
        MergedNode node;
        More more = More::kYes;
        for (auto& source : sources) {
            if (source.done() || source.name() != name) continue;
            if (more == More::kYes) more = node.add({source.tree, &source.entry()});
            source.next();
        }
        if (node.exists()) found.emplace_back(name, std::move(node));
    }
}

}  // namespace slipway::snapshot
