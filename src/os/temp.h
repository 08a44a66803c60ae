// Temporary names that vanish with their owner.
#pragma once

#include "base/result.h"
#include "os/dir.h"
#include "os/fd.h"

#include <string>
#include <string_view>

namespace slipway::os {

/// A fresh directory (0700) below `parent`; removed with all that is in it by the destructor.
class TempDir {
  public:
    static Result<TempDir> create(const std::string& parent, std::string_view prefix = "tmp");
    TempDir(TempDir&&) noexcept;
    TempDir& operator=(TempDir&&) noexcept;
    ~TempDir();
    [[nodiscard]] const std::string& path() const { return path_; }
    /// It stays; returns its path.
    std::string keep();

  private:
    explicit TempDir(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

/// A file without a name below `parent`, for reading and writing: gone with its last descriptor.
Result<Fd> open_unnamed_file(const std::string& parent);

/// 16 random bytes as 32 hex digits.
std::string random_id();

}  // namespace slipway::os
