// Paths as text, with '/' on every platform: no system calls, nothing is looked up.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// Like Go's path.Clean: no empty, "." or inner ".." components, no trailing slash; "" becomes ".".
std::string clean_path(std::string_view path);
/// `path` when absolute, else joined to `base`; cleaned.
std::string join_path(std::string_view base, std::string_view path);
/// The part after the last slash; "/" for the root.
std::string_view base_name(std::string_view path);
/// The part before the last slash; "." without one, "/" for top-level absolute paths.
std::string_view dir_name(std::string_view path);
/// "/a//b/./c" -> {"a","b","c"}; ".." is kept, for the caller to resolve or refuse.
std::vector<std::string_view> path_components(std::string_view path);
/// Is `path` equal to or below `root`? Both cleaned.
bool is_below(std::string_view path, std::string_view root);

/// A cleaned path relative to some root that cannot leave it by its text: "" is the root itself,
/// else "a/b/c". Leading slashes are dropped; ".." that climbs over the root is refused with
/// kInvalidInput.
class RelPath {
  public:
    RelPath() = default;
    static Result<RelPath> parse(std::string_view path);
    /// Like parse, but ".." at the root stays at the root, as a process in a chroot sees it.
    static RelPath in_root(std::string_view path);

    [[nodiscard]] const std::string& text() const { return text_; }
    /// For system calls relative to a directory: "." for the root.
    [[nodiscard]] std::string at() const { return text_.empty() ? "." : text_; }
    [[nodiscard]] bool is_root() const { return text_.empty(); }
    [[nodiscard]] RelPath parent() const;
    [[nodiscard]] std::string_view name() const {
        return text_.empty() ? std::string_view() : base_name(text_);
    }
    /// `name` is one component, not "." or "..".
    [[nodiscard]] RelPath child(std::string_view name) const;

    auto operator<=>(const RelPath&) const = default;

  private:
    explicit RelPath(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

}  // namespace slipway
