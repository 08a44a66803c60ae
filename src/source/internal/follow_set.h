// The subtrees that a build takes from a context (LLB local.followpaths), and a way to carry the
// question "does this belong to one?" down a walk, one name at a time, so that nothing is matched
// twice.
#pragma once

#include "base/result.h"
#include "os/dir.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::source {

class FollowSet {
  public:
    /// Everything.
    FollowSet() = default;
    /// `paths` may hold wildcards, which do not cross '/', and "**" for any number of names; none, or
    /// one that is the root, means everything. Links on the way to a path, or at its end, are included with what they lead to
    /// inside the root. What does not exist is fine.
    static Result<FollowSet> resolve(const os::Dir& root, std::span<const std::string> paths);

    /// How far the paths have been matched in some directory.
    class Position {
      public:
        /// All that is here and below belongs.
        [[nodiscard]] bool inside() const { return inside_; }
        /// Something below may belong.
        [[nodiscard]] bool on_the_way() const { return !reached_.empty(); }

      private:
        friend class FollowSet;
        bool inside_ = false;
        std::vector<std::pair<std::uint32_t, std::uint32_t>>
            reached_;  ///< path, and how many of its components
    };
    [[nodiscard]] Position root() const;
    [[nodiscard]] Position enter(const Position& parent, std::string_view name) const;

  private:
    struct Component {
        std::string text;
        bool wildcard = false;
        bool any_depth = false;  ///< "**"
        [[nodiscard]] bool matches(std::string_view name) const;
    };
    using Path = std::vector<Component>;
    static Path parse(std::string_view path);
    void reach(Position& position, std::uint32_t path, std::uint32_t components) const;

    std::vector<Path> paths_;  ///< none: everything
};

}  // namespace slipway::source
