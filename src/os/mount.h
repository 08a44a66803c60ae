// Mounts. All of them happen in the engine's own mount namespace (see supervisor.h), so the kernel
// takes them down when the process ends, whatever ended it.
#pragma once

#include "base/result.h"

#include <string>
#include <vector>

namespace slipway::os {

/// Unmounts (lazily) at the end of its life.
class MountPoint {
  public:
    explicit MountPoint(std::string path) : path_(std::move(path)) {}
    MountPoint(MountPoint&& other) noexcept;
    MountPoint& operator=(MountPoint&& other) noexcept;
    ~MountPoint();
    [[nodiscard]] const std::string& path() const { return path_; }
    Result<void> unmount();

  private:
    std::string path_;
};

struct OverlaySpec {
    std::vector<std::string> lower;  ///< top layer first; at least one
    std::string upper;               ///< "" for a read-only view
    std::string work;
};
/// redirect_dir, metacopy and index are off; `volatile` where the kernel has it. A read-only view
/// of one layer is a read-only bind mount. Any number of layers (the new mount API, else chdir and
/// short names).
Result<MountPoint> mount_overlay(const OverlaySpec& spec, const std::string& target);
enum class Access { kReadWrite, kReadOnly };
Result<MountPoint> bind_mount(const std::string& from, const std::string& target, Access access);
Result<MountPoint> mount_tmpfs(const std::string& target, const std::string& options);
/// The kernel's table of interpreters for foreign programs.
Result<MountPoint> mount_binfmt_misc(const std::string& target);

}  // namespace slipway::os
