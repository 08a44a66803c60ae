#include "snapshot/internal/select.h"

#include "base/path.h"
#include "snapshot/internal/in_root.h"

namespace slipway::snapshot {

Result<SelectionFilter> SelectionFilter::parse(const Selection& selection) {
    SelectionFilter filter;
    SLIPWAY_ASSIGN(filter.include, PatternList::parse(selection.include_patterns));
    SLIPWAY_ASSIGN(filter.exclude, PatternList::parse(selection.exclude_patterns));
    filter.include_all = selection.include_patterns.empty();
    return filter;
}

namespace {

class Selector {
  public:
    Selector(const SelectionFilter& filter, const SelectVisitor& visit)
        : filter_(filter), visit_(visit) {}

    Result<void> take(const MergedNode& node) {
        const bool is_top = path_.empty();
        const bool excluded = !is_top && !filter_.exclude.empty() && filter_.exclude.matches(path_);
        const bool selected =
            is_top || (!excluded && (filter_.include_all || filter_.include.matches(path_)));
        if (!node.is_dir()) return selected ? give(node, TakenAs::kSelected) : Result<void>();
        if (!selected && !may_select_below(excluded)) return {};

        const std::size_t outer_pending = pending_.size();
        if (selected) {
            SLIPWAY_TRY(give(node, TakenAs::kSelected));
        } else {
            pending_.push_back({path_, &node});
        }
        const std::size_t size = path_.size();
        for (const auto& [name, child] : node.children()) {
            if (!path_.empty()) path_ += '/';
            path_ += name;
            SLIPWAY_TRY(take(child));
            path_.resize(size);
        }
        if (pending_.size() > outer_pending) pending_.resize(outer_pending);
        return {};
    }

  private:
    struct Pending {
        std::string path;
        const MergedNode* node;
    };

    [[nodiscard]] bool may_select_below(bool excluded) const {
        if (excluded) return filter_.exclude.may_except_below(path_);
        return filter_.include_all || filter_.include.may_match_below(path_);
    }

    /// First the directories on the way here that did not match themselves.
    Result<void> give(const MergedNode& node, TakenAs how) {
        for (const auto& parent : pending_)
            SLIPWAY_TRY(visit_(parent.path, *parent.node, TakenAs::kParent));
        pending_.clear();
        return visit_(path_, node, how);
    }

    const SelectionFilter& filter_;
    const SelectVisitor& visit_;
    std::string path_;
    std::vector<Pending> pending_;
};

}  // namespace

Result<void> select_below(const MergedNode& source, const SelectionFilter& filter,
                          const SelectVisitor& visit) {
    return Selector(filter, visit).take(source);
}

Result<void> check_required(const View& view, const Selection& selection,
                            const std::vector<std::string>& sources,
                            const SelectionFilter& filter) {
    for (const auto& required : selection.required_paths) {
        const std::string wanted = join_path("/", unescape_wildcard(required));
        bool found = false;
        for (const auto& source : sources) {
            const std::string from = join_path("/", source);
            const auto node = find_source(view, source, selection.follow_symlinks);
            if (!node) continue;
            SLIPWAY_TRY(select_below(
                *node, filter, [&](const std::string& path, const MergedNode&, TakenAs how) {
                    const bool taken =
                        path.empty() ? filter.include_all : how == TakenAs::kSelected;
                    found = found || (taken && is_below(join_path(from, path), wanted));
                    return Result<void>();
                }));
        }
        if (!found) return make_error(ErrorCode::kNotFound, "\"{}\": not found", wanted);
    }
    return {};
}

Result<MergedNode> find_source(const View& view, const std::string& path, bool follow_symlinks) {
    SLIPWAY_ASSIGN(auto found,
                   resolve_in_root(MergedNode::root(view.trees()), path,
                                   follow_symlinks ? FollowLast::kYes : FollowLast::kNo));
    if (!found.node.exists()) {
        return make_error(ErrorCode::kNotFound, "\"/{}\": not found",
                          RelPath::in_root(path).text());
    }
    return std::move(found.node);
}

}  // namespace slipway::snapshot
