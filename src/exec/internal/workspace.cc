#include "exec/internal/workspace.h"

#include "base/text.h"
#include "exec/internal/seccomp_filter.h"
#include "os/file.h"

namespace slipway::exec {

Result<Bundle> Bundle::create(const std::string& parent) {
    SLIPWAY_ASSIGN(os::TempDir folder, os::TempDir::create(parent, "run"));
    SLIPWAY_ASSIGN(os::Dir dir, os::Dir::open(folder.path()));
    return Bundle(std::move(folder), std::move(dir));
}

Result<std::string> Bundle::add(const std::string& name, std::string_view data,
                                const FileOwner& owner) {
    SLIPWAY_ASSIGN(const RelPath path, RelPath::parse(name));
    SLIPWAY_ASSIGN(os::Fd file, dir_.create_file(path, 0600));
    os::FdWriter writer(file);
    SLIPWAY_TRY(writer.write(data));
    SLIPWAY_TRY(file.close());
    if (owner.uid != 0 || owner.gid != 0) SLIPWAY_TRY(dir_.set_owner(path, owner.uid, owner.gid));
    if (owner.mode != 0600) SLIPWAY_TRY(dir_.set_mode(path, owner.mode));
    return path_of(name);
}

Result<Workspace::Mounted> Workspace::mount_below(const std::string& parent) {
    SLIPWAY_TRY(os::make_dirs(parent, 0700));
    SLIPWAY_ASSIGN(os::TempDir folder, os::TempDir::create(parent, "exec"));
    const std::string options = "mode=0700,size=256m";
    auto mount = os::mount_tmpfs(folder.path(), options + ",noswap");
    if (!mount) mount = os::mount_tmpfs(folder.path(), options);  // noswap: Linux 6.4
    if (!mount) return std::move(mount).error();
    return Mounted{.folder = std::move(folder), .mount = std::move(*mount)};
}

Result<std::string> Workspace::open_locked() {
    if (!mounted_) {
        SLIPWAY_ASSIGN(Mounted mounted,
                       mount_below(parent_).context("cannot prepare a place for containers"));
        mounted_.emplace(std::move(mounted));
    }
    return mounted_->folder.path();
}

Result<std::string> Workspace::open() {
    const std::lock_guard lock(mutex_);
    return open_locked();
}

Result<std::string> Workspace::seccomp_program(const SeccompProfile& profile,
                                               CapabilityMask capabilities) {
    const std::lock_guard lock(mutex_);
    if (const auto known = programs_.find(capabilities); known != programs_.end()) {
        return known->second;
    }
    SLIPWAY_ASSIGN(const std::string folder, open_locked());
    SLIPWAY_ASSIGN(const std::string program, compile_seccomp(profile, folder + "/filter"));
    return programs_.emplace(capabilities, base64_encode(program)).first->second;
}

}  // namespace slipway::exec
