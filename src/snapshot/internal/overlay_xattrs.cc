#include "snapshot/internal/overlay_xattrs.h"

#include <cerrno>

namespace slipway::snapshot {

namespace {

constexpr const char* kTrustedOpaque = "trusted.overlay.opaque";
constexpr const char* kUserOpaque = "user.overlay.opaque";

/// In a user namespace the kernel refuses trusted.* and overlayfs is mounted with userxattr. Asked
/// by setting an attribute that overlayfs does not know.
bool trusted_refused(const os::Dir& layer) {
    const auto set = layer.set_xattr(RelPath(), "trusted.slipway.probe", "");
    if (set) {
        static_cast<void>(layer.remove_xattr(RelPath(), "trusted.slipway.probe"));
        return false;
    }
    return set.error().system_errno() == EPERM;
}

}  // namespace

bool is_overlay_xattr(std::string_view name) {
    return name.starts_with("trusted.overlay.") || name.starts_with("user.overlay.");
}

Result<void> set_opaque(const os::Dir& layer, const RelPath& path) {
    auto set = layer.set_xattr(path, kTrustedOpaque, "y");
    if (!set && set.error().system_errno() == EPERM) return layer.set_xattr(path, kUserOpaque, "y");
    return set;
}

Result<void> remove_opaque(const os::Dir& layer, const RelPath& path) {
    for (const char* name : {kTrustedOpaque, kUserOpaque}) {
        auto removed = layer.remove_xattr(path, name);
        if (!removed && removed.error().system_errno() != ENODATA &&
            removed.error().system_errno() != EPERM) {
            return removed;
        }
    }
    return {};
}

bool is_opaque(const os::Dir& layer, const os::Xattrs& xattrs) {
    const auto says_yes = [&](const char* name) {
        const auto at = xattrs.find(name);
        return at != xattrs.end() && at->second == "y";
    };
    return says_yes(kTrustedOpaque) || (says_yes(kUserOpaque) && trusted_refused(layer));
}

void drop_overlay_xattrs(os::Xattrs& xattrs) {
    std::erase_if(xattrs, [](const auto& attribute) { return is_overlay_xattr(attribute.first); });
}

}  // namespace slipway::snapshot
