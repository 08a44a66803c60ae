#include "os/mount.h"

#include "os/dir.h"
#include "os/internal/overlay.h"
#include "os/internal/syscalls.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace slipway::os {

using internal::Sync;

MountPoint::MountPoint(MountPoint&& other) noexcept : path_(std::exchange(other.path_, {})) {}

MountPoint& MountPoint::operator=(MountPoint&& other) noexcept {
    MountPoint taken(std::move(other));
    std::swap(path_, taken.path_);
    return *this;
}

MountPoint::~MountPoint() {
    static_cast<void>(unmount());
}

Result<void> MountPoint::unmount() {
    if (path_.empty()) return {};
    const std::string path = std::exchange(path_, {});
    const int result = ::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
    const int saved_errno = errno;
    if (result != 0)
        return Error::from_errno(saved_errno, fmt::format("cannot unmount '{}'", path));
    return {};
}

namespace {

Result<void> mount_either_way(const OverlaySpec& spec, const std::string& target, Sync sync) {
    auto mounted = internal::mount_overlay_by_layers(spec, target, sync);
    if (mounted || mounted.error().code() != ErrorCode::kUnsupported) return mounted;
    return internal::mount_overlay_by_string(spec, target, sync);
}

/// A volatile mount leaves a mark in its work directory that refuses the next mount; whether what
/// it wrote can be trusted after a power cut is decided by the store, by boot id.
Result<void> clear_volatile_mark(const std::string& work) {
    SLIPWAY_ASSIGN(const Dir dir, Dir::open(work));
    return dir.remove_tree(RelPath::in_root("work/incompat"));
}

/// Read-only: a bind mount takes this flag only after it was made.
Result<void> make_read_only(const std::string& target) {
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    if (::mount_setattr(AT_FDCWD, target.c_str(), AT_SYMLINK_NOFOLLOW, &attributes,
                        sizeof attributes) == 0) {
        return {};
    }
    const int result =
        ::mount(nullptr, target.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr);
    const int saved_errno = errno;
    if (result != 0) {
        return Error::from_errno(saved_errno, fmt::format("cannot make '{}' read-only", target));
    }
    return {};
}

}  // namespace

Result<MountPoint> mount_overlay(const OverlaySpec& spec, const std::string& target) {
    if (spec.lower.empty()) return make_error(ErrorCode::kInternal, "an overlay without layers");
    if (spec.upper.empty()) {
        if (spec.lower.size() == 1) return bind_mount(spec.lower[0], target, Access::kReadOnly);
        SLIPWAY_TRY(mount_either_way(spec, target, Sync::kNormal));
        return MountPoint(target);
    }
    SLIPWAY_TRY(clear_volatile_mark(spec.work));
    auto mounted = mount_either_way(spec, target, Sync::kVolatile);
    if (!mounted && mounted.error().system_errno() == EINVAL) {  // Linux before 5.10
        mounted = mount_either_way(spec, target, Sync::kNormal);
    }
    if (!mounted) return std::move(mounted).error();
    return MountPoint(target);
}

Result<MountPoint> bind_mount(const std::string& from, const std::string& target, Access access) {
    const int result = ::mount(from.c_str(), target.c_str(), nullptr, MS_BIND, nullptr);
    const int saved_errno = errno;
    if (result != 0) {
        return Error::from_errno(saved_errno,
                                 fmt::format("cannot bind '{}' to '{}'", from, target));
    }
    MountPoint mount(target);
    if (access == Access::kReadOnly) SLIPWAY_TRY(make_read_only(target));
    return mount;
}

Result<MountPoint> mount_tmpfs(const std::string& target, const std::string& options) {
    const int result =
        ::mount("tmpfs", target.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str());
    const int saved_errno = errno;
    if (result != 0) {
        return Error::from_errno(saved_errno, fmt::format("cannot mount tmpfs at '{}'", target));
    }
    return MountPoint(target);
}

Result<MountPoint> mount_binfmt_misc(const std::string& target) {
    const int result = ::mount("binfmt_misc", target.c_str(), "binfmt_misc",
                               MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
    const int saved_errno = errno;
    if (result != 0) {
        return Error::from_errno(saved_errno,
                                 fmt::format("cannot mount binfmt_misc at '{}'", target));
    }
    return MountPoint(target);
}

}  // namespace slipway::os
