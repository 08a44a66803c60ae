// What stacked trees show at one path, by overlayfs's rules: the topmost entry wins; directories of
// equal path are merged downwards until one is opaque, or a whiteout or another type of file stands
// in between. Walking by nodes instead of paths looks every directory up once.
#pragma once

#include "snapshot/tree.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::snapshot {

class MergedNode {
  public:
    /// Nothing is there.
    MergedNode() = default;
    static MergedNode root(const std::vector<std::shared_ptr<const Tree>>& top_first);

    [[nodiscard]] bool exists() const { return !places_.empty(); }
    [[nodiscard]] bool is_dir() const { return exists() && entry().is_dir(); }
    [[nodiscard]] const Located& located() const { return places_.front(); }
    [[nodiscard]] const Entry& entry() const { return *places_.front().entry; }
    /// An absent node for an absent name, and for anything "in" what is no directory.
    [[nodiscard]] MergedNode child(std::string_view name) const;
    /// By name, in byte order.
    [[nodiscard]] std::vector<std::pair<std::string_view, MergedNode>> children() const;

  private:
    enum class More { kYes, kNo };
    /// Adds what the next lower tree has at this path; kNo when nothing below it can show any more.
    More add(const Located& place);

    std::vector<Located>
        places_;  ///< top first; behind the first one only directories merged with it
};

}  // namespace slipway::snapshot
