// What of a directory belongs to a context: inside the paths that are followed, and not ignored.
#pragma once

#include "base/pattern.h"
#include "source/internal/follow_set.h"

#include <span>
#include <string>
#include <string_view>

namespace slipway::source {

class ContextScope {
  public:
    ContextScope(FollowSet follow, PatternList ignore)
        : follow_(std::move(follow)), ignore_(std::move(ignore)) {}

    enum class Take {
        kNo,  ///< nor anything below it
        kYes,
        kWhenNeeded,  ///< a directory that is there only for what is below it
    };
    struct Verdict {
        Take take = Take::kNo;
        FollowSet::Position position;  ///< for what is below it
    };
    [[nodiscard]] FollowSet::Position root() const { return follow_.root(); }
    /// `path`: of the entry, whose last component is `name`; `parent`: the position of its
    /// directory.
    [[nodiscard]] Verdict judge(const FollowSet::Position& parent, const std::string& path,
                                std::string_view name, bool is_dir) const;
    /// Would a walk take a file at this path?
    [[nodiscard]] bool takes_file(const std::string& path) const;

  private:
    FollowSet follow_;
    PatternList ignore_;
};

}  // namespace slipway::source
