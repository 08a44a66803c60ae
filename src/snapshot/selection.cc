#include "snapshot/internal/in_root.h"
#include "snapshot/internal/select.h"
#include "snapshot/tree.h"

#include <algorithm>

namespace slipway::snapshot {

namespace {

/// Names below `node` that match the patterns from `first` on, one pattern a level. Directories on
/// the way are real ones, no links; what matched the last pattern is not searched for more.
Result<void> match_below(const MergedNode& node, const std::string& path,
                         std::span<const std::string_view> patterns,
                         std::vector<std::string>& found) {
    for (const auto& [name, child] : node.children()) {
        SLIPWAY_ASSIGN(const bool matches, match_wildcard(patterns.front(), name));
        if (!matches) continue;
        const std::string child_path =
            path.empty() ? std::string(name) : path + "/" + std::string(name);
        if (patterns.size() == 1) {
            found.push_back(child_path);
        } else {
            SLIPWAY_TRY(match_below(child, child_path, patterns.subspan(1), found));
        }
    }
    return {};
}

struct Item {
    std::string path;
    Located located;
    Digest content;
};

/// Files whose content nobody knows yet are read on the pool.
Result<void> find_contents(std::vector<Item>& items, async::ThreadPool& pool) {
    std::vector<Item*> unknown;
    for (auto& item : items) {
        if (!item.located->is_regular()) continue;
        item.content = item.located->content;
        if (item.content.is_zero()) unknown.push_back(&item);
    }
    constexpr std::size_t kBatch = 32;  // most are small, or known to the tree
    const std::size_t batches = (unknown.size() + kBatch - 1) / kBatch;
    return parallel_for(pool, batches, [&](std::size_t batch) -> Result<void> {
        const std::size_t end = std::min(unknown.size(), (batch + 1) * kBatch);
        for (std::size_t i = batch * kBatch; i < end; ++i) {
            SLIPWAY_ASSIGN(unknown[i]->content,
                           unknown[i]->located.tree->content_of(*unknown[i]->located.entry));
        }
        return {};
    });
}

void add_text(std::string& out, std::string_view text) {
    out += std::to_string(text.size());
    out += ':';
    out += text;
}

void add_items(Sha256& hash, const std::vector<Item>& items) {
    std::string buffer;
    for (const auto& item : items) {
        add_text(buffer, item.path);
        append_identity(buffer, *item.located.entry, item.content);
        if (buffer.size() < std::size_t{64} * 1024) continue;
        hash.update(buffer);
        buffer.clear();
    }
    hash.update(buffer);
}

Result<std::string_view> checked_path(std::string_view path) {
    if (path.find('\0') != std::string_view::npos) {
        return make_error(ErrorCode::kInvalidInput, "path with a NUL byte");
    }
    return path;
}

}  // namespace

Result<std::vector<std::string>> expand_selection(const View& view, const Selection& selection) {
    SLIPWAY_ASSIGN(const std::string_view path, checked_path(selection.path));
    const std::string cleaned = RelPath::in_root(path).text();
    if (!selection.allow_wildcard) return std::vector{cleaned};

    const auto components = path_components(cleaned);
    const auto first_wild = std::find_if(components.begin(), components.end(), names_many);
    std::string prefix;
    for (auto part = components.begin(); part != first_wild; ++part) {
        if (!prefix.empty()) prefix += '/';
        prefix += *part;
    }
    if (first_wild == components.end()) return std::vector{prefix};

    SLIPWAY_ASSIGN(const auto start,
                   resolve_in_root(MergedNode::root(view.trees()), prefix,
                                   selection.follow_symlinks ? FollowLast::kYes : FollowLast::kNo));
    const std::vector<std::string_view> patterns(first_wild, components.end());
    std::vector<std::string> found;
    SLIPWAY_TRY(match_below(start.node, start.path.text(), patterns, found));
    if (found.empty() && !selection.allow_empty_wildcard) {
        return make_error(ErrorCode::kNotFound, "\"/{}\": not found", cleaned);
    }
    return found;
}

Result<Digest> digest_selections(const View& view, const std::vector<Selection>& selections,
                                 async::ThreadPool& pool,
                                 std::vector<std::pair<std::string, Digest>>* paths) {
    Sha256 hash;
    for (const auto& selection : selections) {
        SLIPWAY_ASSIGN(const auto sources, expand_selection(view, selection));
        SLIPWAY_ASSIGN(const SelectionFilter filter, SelectionFilter::parse(selection));
        SLIPWAY_TRY(check_required(view, selection, sources, filter));
        hash.field("selection").field(std::to_string(sources.size()));
        for (const auto& source : sources) {
            SLIPWAY_ASSIGN(const MergedNode node,
                           find_source(view, source, selection.follow_symlinks));
            std::vector<Item> items;
            SLIPWAY_TRY(select_below(
                node, filter, [&](const std::string& path, const MergedNode& taken, TakenAs) {
                    items.push_back({path, taken.located(), {}});
                    return Result<void>();
                }));
            SLIPWAY_TRY(find_contents(items, pool));
            // A wildcard's matches are placed under their names; a path given as such may be
            // renamed freely.
            hash.field(selection.allow_wildcard ? base_name(source) : std::string_view());
            hash.field(std::to_string(items.size()));
            add_items(hash, items);
            if (paths == nullptr) continue;
            for (const auto& item : items) {
                if (!item.located->is_regular()) continue;
                std::string path = source;
                if (!path.empty() && !item.path.empty()) path += '/';
                paths->emplace_back(path + item.path, item.content);
            }
        }
    }
    return hash.finish();
}

}  // namespace slipway::snapshot
