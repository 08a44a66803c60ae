// A small root file system in a temporary directory.
#pragma once

#include "base/path.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/temp.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace slipway::exec {

class TestRoot {
  public:
    TestRoot() : folder_(os::TempDir::create("/tmp", "slipway-exec")) {
        if (!folder_) return;
        dir_ = os::Dir::open(folder_->path()).value_or(os::Dir());
        static_cast<void>(dir_.set_mode(RelPath(), 0755));  // other users go in, too
    }
    [[nodiscard]] bool ok() const { return folder_ && dir_.valid(); }
    [[nodiscard]] const os::Dir& dir() const { return dir_; }
    [[nodiscard]] const std::string& path() const { return folder_->path(); }

    void make_dir(std::string_view path, std::uint32_t mode = 0755) const {
        const auto made = dir_.make_dirs(RelPath::in_root(path), mode);
        EXPECT_TRUE(made.has_value()) << made.error().to_string();
    }
    void write(std::string_view path, std::string_view text, std::uint32_t mode = 0644) const {
        make_dir(dir_name(path));
        const auto written = os::write_file(this->path() + std::string(path), text,
                                            os::Durability::kProcessCrash, mode);
        EXPECT_TRUE(written.has_value()) << written.error().to_string();
    }
    void link(const std::string& target, std::string_view path) const {
        make_dir(dir_name(path));
        const auto made = dir_.make_symlink(target, RelPath::in_root(path));
        EXPECT_TRUE(made.has_value()) << made.error().to_string();
    }
    [[nodiscard]] bool has(std::string_view path) const {
        const auto found = dir_.find(RelPath::in_root(path));
        return found && found->has_value();
    }
    [[nodiscard]] os::FileInfo info(std::string_view path) const {
        return dir_.stat(RelPath::in_root(path)).value_or(os::FileInfo{});
    }
    [[nodiscard]] std::string read(std::string_view path) const {
        return os::read_file(this->path() + std::string(path)).value_or("");
    }

  private:
    Result<os::TempDir> folder_;
    os::Dir dir_;
};

}  // namespace slipway::exec
