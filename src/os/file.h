// Whole files by host path, and moving file data inside the kernel.
#pragma once

#include "base/result.h"
#include "os/fd.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace slipway::os {

enum class Durability {
    kProcessCrash,
    kPowerCut
};  ///< rename only, or fsync of file and directory as well

Result<Fd> open_read(const std::string& host_path);
/// O_CREAT | O_TRUNC, 0644 by default.
Result<Fd> open_write(const std::string& host_path, std::uint32_t mode = 0644);
Result<std::string> read_file(const std::string& host_path, std::size_t limit = 64U << 20);
/// Nothing when it does not exist.
Result<std::optional<std::string>> find_file(const std::string& host_path,
                                             std::size_t limit = 64U << 20);
/// Written aside in the same directory, then renamed: readers see the old or the new, whole.
Result<void> write_file(const std::string& host_path, std::string_view data,
                        Durability durability = Durability::kProcessCrash,
                        std::uint32_t mode = 0644);
bool path_exists(const std::string& host_path);
Result<void> make_dirs(const std::string& host_path, std::uint32_t mode = 0755);
/// A subtree by host path (see Dir::remove_tree). Missing is fine.
Result<void> remove_tree(const std::string& host_path);
/// Absolute and without links; kNotFound when it does not exist.
Result<std::string> real_path(const std::string& host_path);
Result<std::string> current_dir();

enum class CopiedBy { kReflink, kCopyFileRange, kReadWrite };
/// All data of `from` to the (empty) `to`: FICLONE, else copy_file_range, else read and write.
/// Which one worked is returned.
Result<CopiedBy> copy_file_data(const Fd& from, const Fd& to);
/// Reads at `offset`, without moving the descriptor's own position; 0 at the end.
Result<std::size_t> read_at(const Fd& file, std::span<std::byte> buffer, std::uint64_t offset);
Result<void> sync_file_system(const Fd& any_file_on_it);
/// Free bytes for us on the file system of `host_path`.
Result<std::uint64_t> free_space(const std::string& host_path);

}  // namespace slipway::os
