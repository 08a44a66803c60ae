// The two ways to mount an overlay. Tests call each by itself; everybody else calls mount_overlay.
#pragma once

#include "base/result.h"
#include "os/mount.h"

#include <string>
#include <string_view>

namespace slipway::os::internal {

enum class Sync { kVolatile, kNormal };

/// By fsopen, layer by layer (`lowerdir+`, Linux 6.7 or so). kUnsupported when the kernel or a
/// filter lacks it.
Result<void> mount_overlay_by_layers(const OverlaySpec& spec, const std::string& target, Sync sync);
/// By mount(2) with one string of options. It must fit in one page, so the layers are named by
/// descriptor number, relative to /proc/self/fd: short, and free of the ':' and ',' that would need
/// escapes.
Result<void> mount_overlay_by_string(const OverlaySpec& spec, const std::string& target, Sync sync);

}  // namespace slipway::os::internal
