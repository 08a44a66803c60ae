// Where bundles, secrets and the runtime's records are: a tmpfs that only our mount namespace sees
// and that is gone with it. Nothing of it is ever on a disk.
#pragma once

#include "base/result.h"
#include "exec/internal/capabilities.h"
#include "exec/internal/seccomp.h"
#include "os/dir.h"
#include "os/mount.h"
#include "os/temp.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::exec {

struct FileOwner {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint32_t mode = 0600;
};

/// The files of one run; removed by the destructor.
class Bundle {
  public:
    static Result<Bundle> create(const std::string& parent);
    [[nodiscard]] const std::string& path() const { return folder_.path(); }
    [[nodiscard]] std::string path_of(std::string_view name) const {
        return path() + "/" + std::string(name);
    }
    /// A new file; returns its path. Errors name the file, never its content.
    Result<std::string> add(const std::string& name, std::string_view data, const FileOwner& owner);

  private:
    Bundle(os::TempDir folder, os::Dir dir) : folder_(std::move(folder)), dir_(std::move(dir)) {}
    os::TempDir folder_;
    os::Dir dir_;
};

/// Mounted at the first use. Any thread.
class Workspace {
  public:
    explicit Workspace(std::string parent) : parent_(std::move(parent)) {}
    /// The mounted folder.
    Result<std::string> open();
    /// The profile as the kernel's program, in base64; compiled once for each set of capabilities.
    Result<std::string> seccomp_program(const SeccompProfile& profile, CapabilityMask capabilities);

  private:
    struct Mounted {
        os::TempDir folder;
        os::MountPoint mount;
    };
    static Result<Mounted> mount_below(const std::string& parent);
    Result<std::string> open_locked();

    std::string parent_;
    std::mutex mutex_;
    std::optional<Mounted> mounted_;
    std::map<CapabilityMask, std::string> programs_;
};

}  // namespace slipway::exec
