// The empty files and directories that a root file system must have for something to be mounted on,
// and that should not stay in the layer.
#pragma once

#include "base/result.h"
#include "os/dir.h"

#include <string>
#include <vector>

namespace slipway::exec {

enum class StubKind { kFile, kDirectory };

struct StubRequest {
    std::string target;  ///< absolute in the container
    StubKind kind = StubKind::kDirectory;
};

/// Makes what is missing and takes it away again. Not thread-safe.
class MountStubs {
  public:
    explicit MountStubs(const os::Dir& root) : root_(&root) {}

    /// Targets that lie below another one, or below /proc, /sys or /dev, are left to the runtime,
    /// which makes them on what is mounted there. What was made before an error is remembered.
    Result<void> create(std::vector<StubRequest> requests);
    /// Removes what create() made and what is still empty; by name, looked up again without
    /// following links.
    Result<void> remove();

  private:
    Result<void> create_one(const StubRequest& request);
    Result<void> make(const RelPath& path, StubKind kind);
    Result<void> remove_one(const RelPath& path);

    const os::Dir* root_;
    std::vector<RelPath> made_;  ///< parents before children
};

}  // namespace slipway::exec
