// overlayfs's own extended attributes: what they mean to us, and that no image or copy brings its
// own.
#pragma once

#include "base/path.h"
#include "base/result.h"
#include "os/dir.h"

#include <string_view>

namespace slipway::snapshot {

/// trusted.overlay.*, user.overlay.*: never copied, listed or taken from an archive.
bool is_overlay_xattr(std::string_view name);

/// Makes `path` hide the directory of the same path below: trusted.overlay.opaque, or in a user
/// namespace, which may not set that, user.overlay.opaque.
Result<void> set_opaque(const os::Dir& layer, const RelPath& path);

/// The opposite; fine when there is none.
Result<void> remove_opaque(const os::Dir& layer, const RelPath& path);

/// Do these xattrs, read from a directory of `layer`, make it opaque to the kernel that mounts it?
/// The user.* form counts only where the trusted.* one cannot be set: anybody in a container can
/// set the former.
bool is_opaque(const os::Dir& layer, const os::Xattrs& xattrs);

/// Removes overlayfs's own.
void drop_overlay_xattrs(os::Xattrs& xattrs);

}  // namespace slipway::snapshot
