#include "exec/internal/mount_stubs.h"

#include "base/path.h"
#include "exec/internal/rooted.h"

#include <algorithm>
#include <ranges>

namespace slipway::exec {
namespace {

bool is_on_another_mount(const std::string& target, const std::vector<StubRequest>& requests) {
    for (const char* standard : {"/proc", "/sys", "/dev"}) {
        if (is_below(target, standard)) return true;
    }
    return std::ranges::any_of(requests, [&](const StubRequest& other) {
        return other.target != target && is_below(target, other.target);
    });
}

}  // namespace

Result<void> MountStubs::create(std::vector<StubRequest> requests) {
    for (StubRequest& request : requests) request.target = clean_path(request.target);
    for (const StubRequest& request : requests) {
        if (is_on_another_mount(request.target, requests)) continue;
        SLIPWAY_TRY(create_one(request).context("mount point '{}'", request.target));
    }
    return {};
}

Result<void> MountStubs::create_one(const StubRequest& request) {
    SLIPWAY_ASSIGN(const RootedPath found, resolve_in_root(*root_, request.target));
    if (found.info) return {};
    std::vector<RelPath> missing;
    for (RelPath path = found.path; !path.is_root(); path = path.parent()) {
        SLIPWAY_ASSIGN(const auto info, root_->find(path));
        if (info) break;
        missing.push_back(path);
    }
    for (auto path = missing.rbegin(); path != missing.rend(); ++path) {
        SLIPWAY_TRY(make(*path, *path == found.path ? request.kind : StubKind::kDirectory));
    }
    return {};
}

Result<void> MountStubs::make(const RelPath& path, StubKind kind) {
    if (kind == StubKind::kDirectory) {
        SLIPWAY_TRY(root_->make_dir(path, 0755));
    } else {
        SLIPWAY_ASSIGN(const os::Fd file, root_->create_file(path, 0644));
    }
    made_.push_back(path);
    return {};
}

Result<void> MountStubs::remove() {
    for (auto path = made_.rbegin(); path != made_.rend(); ++path) {
        SLIPWAY_TRY(remove_one(*path).context("mount point '/{}'", path->text()));
    }
    made_.clear();
    return {};
}

Result<void> MountStubs::remove_one(const RelPath& path) {
    const auto found = root_->find(path);
    // The step may have put something else there, a link in a parent's place as well: then it is no
    // stub any more.
    if (!found || !*found) return {};
    const os::FileInfo& info = **found;
    if (info.is_dir()) {
        SLIPWAY_ASSIGN(const auto entries, root_->list(path));
        if (!entries.empty()) return {};
    } else if (!info.is_regular() || info.size != 0) {
        return {};
    }
    return info.is_dir() ? root_->remove_tree(path) : root_->unlink(path);
}

}  // namespace slipway::exec
