#include "exec/internal/rooted.h"

#include "base/io.h"
#include "os/fd.h"

#include <deque>

namespace slipway::exec {
namespace {

constexpr int kMaxLinks = 255;

void push_front_components(std::deque<std::string>& pending, std::string_view path) {
    const auto parts = path_components(path);
    pending.insert(pending.begin(), parts.begin(), parts.end());
}

}  // namespace

Result<RootedPath> resolve_in_root(const os::Dir& root, std::string_view path) {
    std::deque<std::string> pending;
    push_front_components(pending, path);
    RelPath at;
    int links = 0;
    while (!pending.empty()) {
        const std::string name = std::move(pending.front());
        pending.pop_front();
        if (name == "..") {
            at = at.parent();
            continue;
        }
        RelPath next = at.child(name);
        SLIPWAY_ASSIGN(const auto info, root.find(next));
        if (!info) {
            std::string rest = next.text();
            for (const std::string& part : pending) rest += "/" + part;
            return RootedPath{.path = RelPath::in_root(rest), .info = std::nullopt};
        }
        if (info->is_symlink()) {
            if (++links > kMaxLinks) {
                return make_error(ErrorCode::kInvalidInput, "'{}': too many symbolic links", path);
            }
            SLIPWAY_ASSIGN(const std::string target, root.read_link(next));
            if (target.starts_with('/')) at = RelPath();
            push_front_components(pending, target);
            continue;
        }
        if (!info->is_dir() && !pending.empty()) {
            return make_error(ErrorCode::kInvalidInput, "'{}': '/{}' is not a directory", path,
                              next.text());
        }
        at = std::move(next);
    }
    SLIPWAY_ASSIGN(auto info, root.stat(at));
    return RootedPath{.path = std::move(at), .info = info};
}

Result<std::optional<std::string>> find_file_in_root(const os::Dir& root, std::string_view path,
                                                     std::size_t limit) {
    SLIPWAY_ASSIGN(const RootedPath found, resolve_in_root(root, path));
    if (!found.info || !found.info->is_regular()) return std::optional<std::string>();
    SLIPWAY_ASSIGN(const os::Fd file, root.open_file(found.path));
    os::FdReader reader(file);
    SLIPWAY_ASSIGN(std::string text, read_text(reader, limit).context("'{}'", path));
    return std::optional<std::string>(std::move(text));
}

}  // namespace slipway::exec
