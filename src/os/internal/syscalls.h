// The few system calls that need care everywhere: EINTR, and what older C libraries and kernels
// lack.
#pragma once

#include "base/path.h"
#include "base/result.h"
#include "os/dir.h"
#include "os/fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cerrno>
#include <string>

namespace slipway::os::internal {

template <typename Call>
auto retry_eintr(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
}

/// openat2 that stays beneath `dir` and follows no link at all (ELOOP, also for the last
/// component), or the walk where there is no openat2. -1 and errno.
int open_beneath(int dir, const std::string& path, int flags, mode_t mode = 0);

/// The directory that holds the last component, and that component: what the *at calls want. The
/// root has the name ".".
class Parent {
  public:
    static Result<Parent> open(const Fd& root, const RelPath& path, const char* what);
    [[nodiscard]] int fd() const { return owned_.valid() ? owned_.get() : borrowed_; }
    [[nodiscard]] const char* name() const { return name_.c_str(); }
    /// A path for the calls that know no directory descriptors (xattrs); its last component must
    /// not be followed.
    [[nodiscard]] std::string proc_path() const;

  private:
    Fd owned_;
    int borrowed_ = -1;
    std::string name_;
};

/// From now on act as if the kernel had no openat2.
void testing_only_refuse_openat2(bool refuse);

int change_mode(int dir, const char* name, mode_t mode);
/// Removes the entry `name` of `dir` with everything below it; kConflict at a mount point. Missing
/// is fine.
Result<void> remove_tree_at(int dir, const std::string& name, const std::string& shown_as);

FileInfo info_from_statx(const struct statx& from);

}  // namespace slipway::os::internal
