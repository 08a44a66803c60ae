// Which paths were named so far, at, below or above a given one.
#pragma once

#include "base/path.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::dockerfile::lint {

/// Paths are absolute and cleaned. Look-ups take time by the depth of a path, not by the number of
/// paths.
template <typename T>
class PathMap {
  public:
    void set(std::string path, T value) {
        paths_.insert_or_assign(std::move(path), std::move(value));
    }

    /// Null when there is none. The same goes for the others.
    [[nodiscard]] const T* find_at_or_below(std::string_view path) const {
        if (path == "/") return paths_.empty() ? nullptr : &paths_.begin()->second;
        if (const auto exact = paths_.find(path); exact != paths_.end()) return &exact->second;
        const std::string begin = std::string(path) + "/";
        const auto below = paths_.lower_bound(begin);
        return below != paths_.end() && below->first.starts_with(begin) ? &below->second : nullptr;
    }
    [[nodiscard]] const T* find_at_or_above(std::string_view path) const {
        while (true) {
            if (const auto found = paths_.find(path); found != paths_.end()) return &found->second;
            if (path == "/") return nullptr;
            path = dir_name(path);
        }
    }

  private:
    std::map<std::string, T, std::less<>> paths_;
};

}  // namespace slipway::dockerfile::lint
