// Which files a selection takes from below one source path: include and exclude patterns, relative
// to that path (llb-facts 5.3). Shared by the digest of a copy and the copy itself, so that they
// can never disagree.
#pragma once

#include "base/pattern.h"
#include "snapshot/internal/merged.h"

#include <functional>
#include <string>
#include <vector>

namespace slipway::snapshot {

struct SelectionFilter {
    PatternList include;
    PatternList exclude;
    bool include_all = true;  ///< there are no include patterns

    static Result<SelectionFilter> parse(const Selection& selection);
};

enum class TakenAs {
    kSelected,  ///< matched by the patterns
    kParent,    ///< a directory that did not match, but something below it does
};
/// `path` is relative to the source path, "" for that itself, which is always selected.
using SelectVisitor =
    std::function<Result<void>(const std::string& path, const MergedNode& node, TakenAs how)>;

/// Parents before children, names in byte order; stops at the first error of `visit`.
Result<void> select_below(const MergedNode& source, const SelectionFilter& filter,
                          const SelectVisitor& visit);

/// kNotFound when a required path of `selection` is not among what it takes of `sources`.
Result<void> check_required(const View& view, const Selection& selection,
                            const std::vector<std::string>& sources, const SelectionFilter& filter);

/// The node that a source path names.
Result<MergedNode> find_source(const View& view, const std::string& path, bool follow_symlinks);

}  // namespace slipway::snapshot
