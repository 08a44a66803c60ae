#include "os/internal/overlay.h"

#include "base/text.h"
#include "os/fd.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>
#include <vector>

namespace slipway::os::internal {

namespace {

constexpr std::size_t kLongestValue = 255;  // of FSCONFIG_SET_STRING

Result<Fd> open_layer(const std::string& path) {
    const int fd = ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    const int saved_errno = errno;
    if (fd < 0) return Error::from_errno(saved_errno, fmt::format("layer '{}'", path));
    return Fd(fd);
}

/// A file system being set up. The kernel explains failures in its own log, which is read from the
/// descriptor.
class FsContext {
  public:
    explicit FsContext(Fd fd) : fd_(std::move(fd)) {}

    Result<void> set(const char* key, const std::string& value) const {
        const int result = ::fsconfig(fd_.get(), FSCONFIG_SET_STRING, key, value.c_str(), 0);
        return check(result, key);
    }
    Result<void> set_flag(const char* key) const {
        const int result = ::fsconfig(fd_.get(), FSCONFIG_SET_FLAG, key, nullptr, 0);
        return check(result, key);
    }
    Result<void> set_dir(const char* key, const std::string& path) {
        if (path.size() <= kLongestValue) return set(key, path);
        SLIPWAY_ASSIGN(Fd fd, open_layer(path));
        const std::string name = fmt::format("/proc/self/fd/{}", fd.get());
        held_.push_back(std::move(fd));
        return set(key, name);
    }
    Result<void> create() const {
        const int result = ::fsconfig(fd_.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
        return check(result, "overlay");
    }
    Result<void> mount_at(const std::string& target) const {
        const int mount = ::fsmount(fd_.get(), FSMOUNT_CLOEXEC, 0);
        int saved_errno = errno;
        if (mount < 0) return Error::from_errno(saved_errno, "cannot mount overlay");
        const Fd held(mount);
        const int result =
            ::move_mount(mount, "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH);
        saved_errno = errno;
        if (result == 0) return {};
        return Error::from_errno(saved_errno, fmt::format("cannot mount overlay at '{}'", target));
    }

  private:
    [[nodiscard]] Result<void> check(int result, const char* key) const {
        const int saved_errno = errno;
        if (result == 0) return {};
        std::string said;
        std::array<char, 512> line;
        for (ssize_t size = 0; (size = ::read(fd_.get(), line.data(), line.size())) > 0;) {
            const std::string_view text(line.data(), static_cast<std::size_t>(size));
            said += fmt::format(" ({})", trim(text));
        }
        return Error::from_errno(saved_errno, fmt::format("cannot mount overlay: {}{}", key, said));
    }

    Fd fd_;
    std::vector<Fd> held_;
};

}  // namespace

Result<void> mount_overlay_by_layers(const OverlaySpec& spec, const std::string& target,
                                     Sync sync) {
    const int opened = ::fsopen("overlay", FSOPEN_CLOEXEC);
    const int saved_errno = errno;
    if (opened < 0 && (saved_errno == ENOSYS || saved_errno == EPERM)) {
        return make_error(ErrorCode::kUnsupported, "no fsopen here");
    }
    if (opened < 0) return Error::from_errno(saved_errno, "cannot mount overlay");
    FsContext context{Fd(opened)};

    for (std::size_t i = 0; i < spec.lower.size(); ++i) {
        auto set = context.set_dir("lowerdir+", spec.lower[i]);
        if (!set && i == 0 && set.error().system_errno() == EINVAL) {
            return make_error(ErrorCode::kUnsupported, "this kernel has no 'lowerdir+'");
        }
        if (!set) return std::move(set).context("layer '{}'", spec.lower[i]);
    }
    SLIPWAY_TRY(context.set("redirect_dir", "off"));
    SLIPWAY_TRY(context.set("metacopy", "off"));
    SLIPWAY_TRY(context.set("index", "off"));
    if (!spec.upper.empty()) {
        SLIPWAY_TRY(context.set_dir("upperdir", spec.upper));
        SLIPWAY_TRY(context.set_dir("workdir", spec.work));
        if (sync == Sync::kVolatile) SLIPWAY_TRY(context.set_flag("volatile"));
    }
    SLIPWAY_TRY(context.create());
    return context.mount_at(target);
}

Result<void> mount_overlay_by_string(const OverlaySpec& spec, const std::string& target,
                                     Sync sync) {
    std::vector<Fd> held;
    const auto name_of = [&](const std::string& path) -> Result<std::string> {
        SLIPWAY_ASSIGN(Fd fd, open_layer(path));
        std::string name = std::to_string(fd.get());
        held.push_back(std::move(fd));
        return name;
    };
    std::vector<std::string> layers;
    for (const auto& path : spec.lower) {
        SLIPWAY_ASSIGN(std::string name, name_of(path));
        layers.push_back(std::move(name));
    }
    std::string options = "redirect_dir=off,metacopy=off,index=off,lowerdir=" + join(layers, ":");
    if (!spec.upper.empty()) {
        SLIPWAY_ASSIGN(const std::string upper, name_of(spec.upper));
        SLIPWAY_ASSIGN(const std::string work, name_of(spec.work));
        options += fmt::format(",upperdir={},workdir={}", upper, work);
        if (sync == Sync::kVolatile) options += ",volatile";
    }
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    if (options.size() >= page) {
        return make_error(ErrorCode::kResource, "{} layers are more than this kernel can stack",
                          spec.lower.size());
    }
    SLIPWAY_ASSIGN(const Fd place, open_layer(target));
    const std::string place_name = std::to_string(place.get());

    // The working directory belongs to the whole process, so a thread with one of its own does it.
    int error = 0;
    std::thread([&] {
        const bool moved = ::unshare(CLONE_FS) == 0 && ::chdir("/proc/self/fd") == 0;
        if (!moved || ::mount("overlay", place_name.c_str(), "overlay", 0, options.c_str()) != 0) {
            error = errno;
        }
    }).join();
    if (error != 0)
        return Error::from_errno(error, fmt::format("cannot mount overlay at '{}'", target));
    return {};
}

}  // namespace slipway::os::internal
