#include "base/path.h"

#include "base/check.h"
#include "base/text.h"

namespace slipway {

std::vector<std::string_view> path_components(std::string_view path) {
    std::vector<std::string_view> parts;
    for (const auto part : split(path, '/')) {
        if (!part.empty() && part != ".") parts.push_back(part);
    }
    return parts;
}

namespace {

/// Resolves ".." by text. Above the top: kept when `keep_up`, else dropped.
std::string resolve(std::string_view path, bool keep_up, bool* climbed) {
    std::vector<std::string_view> kept;
    for (const auto part : path_components(path)) {
        if (part != "..") {
            kept.push_back(part);
        } else if (!kept.empty() && kept.back() != "..") {
            kept.pop_back();
        } else {
            if (climbed != nullptr) *climbed = true;
            if (keep_up) kept.push_back(part);
        }
    }
    std::string text;
    for (const auto part : kept) {
        if (!text.empty()) text += '/';
        text += part;
    }
    return text;
}

}  // namespace

std::string clean_path(std::string_view path) {
    if (path.starts_with('/')) return "/" + resolve(path, false, nullptr);
    std::string text = resolve(path, true, nullptr);
    return text.empty() ? "." : text;
}

std::string join_path(std::string_view base, std::string_view path) {
    if (path.starts_with('/')) return clean_path(path);
    return clean_path(std::string(base) + "/" + std::string(path));
}

std::string_view base_name(std::string_view path) {
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    if (path == "/") return path;
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view dir_name(std::string_view path) {
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    const auto slash = path.rfind('/');
    if (slash == std::string_view::npos) return ".";
    return slash == 0 ? path.substr(0, 1) : path.substr(0, slash);
}

bool is_below(std::string_view path, std::string_view root) {
    if (root == "/" || root == "." || root.empty()) return true;
    return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

Result<RelPath> RelPath::parse(std::string_view path) {
    bool climbed = false;
    std::string text = resolve(path, false, &climbed);
    if (climbed) return make_error(ErrorCode::kInvalidInput, "path '{}' leaves its root", path);
    if (path.find('\0') != std::string_view::npos) {
        return make_error(ErrorCode::kInvalidInput, "path with a NUL byte");
    }
    return RelPath(std::move(text));
}

RelPath RelPath::in_root(std::string_view path) {
    return RelPath(resolve(path, false, nullptr));
}

RelPath RelPath::parent() const {
    const auto slash = text_.rfind('/');
    return slash == std::string::npos ? RelPath() : RelPath(text_.substr(0, slash));
}

RelPath RelPath::child(std::string_view name) const {
    SLIPWAY_CHECK(
        !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos,
        "a child is one path component");
    return RelPath(text_.empty() ? std::string(name) : text_ + "/" + std::string(name));
}

}  // namespace slipway
