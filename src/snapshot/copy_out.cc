#include "snapshot/copy_out.h"

#include "os/file.h"

#include <map>

namespace slipway::snapshot {

namespace {

/// One copy in progress: where it writes, and what must be done once everything is there.
class CopyOut {
  public:
    CopyOut(const os::Dir& to, const CopyOutOptions& options) : to_(to), options_(options) {}

    Result<void> add(const Located& from, const RelPath& path) {
        const Entry& entry = *from.entry;
        SLIPWAY_ASSIGN(const auto there, to_.find(path));
        if (entry.is_dir()) {
            if (there && !there->is_dir()) SLIPWAY_TRY(to_.unlink(path));
            if (!there || !there->is_dir()) SLIPWAY_TRY(to_.make_dir(path, 0700));
            directories_.emplace_back(path, &entry);
            return {};
        }
        if (there) SLIPWAY_TRY(to_.remove_tree(path));
        if (entry.hardlink != 0) {
            const auto [first, inserted] =
                first_names_.try_emplace({from.tree, entry.hardlink}, path);
            if (!inserted) return to_.link(to_, first->second, path);
        }
        SLIPWAY_TRY(write(from, path));
        return set_metadata(entry, path);
    }

    /// Modes and times of directories, children first: writing into a directory changes its time.
    Result<void> finish() {
        for (auto it = directories_.rbegin(); it != directories_.rend(); ++it) {
            SLIPWAY_TRY(set_metadata(*it->second, it->first));
        }
        return {};
    }

  private:
    Result<void> write(const Located& from, const RelPath& path) {
        const Entry& entry = *from.entry;
        if (entry.is_symlink()) return to_.make_symlink(entry.link_target, path);
        if (!entry.is_regular()) return to_.make_node(path, entry.mode, entry.rdev);
        SLIPWAY_ASSIGN(const auto source_path, RelPath::parse(entry.path));
        SLIPWAY_ASSIGN(const auto source, from.tree->root().open_file(source_path));
        SLIPWAY_ASSIGN(auto target, to_.create_file(path, 0600));
        SLIPWAY_TRY(os::copy_file_data(source, target));
        return target.close();
    }

    Result<void> set_metadata(const Entry& entry, const RelPath& path) {
        if (options_.keep_owners) SLIPWAY_TRY(to_.set_owner(path, entry.uid, entry.gid));
        if (!entry.is_symlink()) SLIPWAY_TRY(to_.set_mode(path, entry.mode & 07777U));
        for (const auto& [name, value] : entry.xattrs) {
            if (auto set = to_.set_xattr(path, name, value); !set && options_.keep_owners)
                return set;
        }
        os::Timestamp time = entry.mtime;
        if (options_.clamp_seconds && time.seconds >= *options_.clamp_seconds)
            time = {*options_.clamp_seconds, 0};
        return to_.set_times(path, time, time);
    }

    const os::Dir& to_;
    const CopyOutOptions& options_;
    std::vector<std::pair<RelPath, const Entry*>> directories_;
    std::map<std::pair<const Tree*, std::uint32_t>, RelPath> first_names_;
};

}  // namespace

Result<void> copy_out(const View& view, std::string_view path, const os::Dir& to,
                      const CopyOutOptions& options, std::stop_token stop) {
    SLIPWAY_ASSIGN(const auto root, RelPath::parse(path));
    const auto start = view.find(root.text());
    if (!start && !root.is_root())
        return make_error(ErrorCode::kNotFound, "'{}' does not exist", path);
    CopyOut copy(to, options);
    Result<void> result;
    view.walk(root.text(), [&](const std::string& found, const Located& located) {
        if (!result) return false;
        if (stop.stop_requested()) {
            result = make_error(ErrorCode::kCancelled, "interrupted");
            return false;
        }
        const bool is_start = found == root.text();
        if (is_start && located.entry->is_dir())
            return true;  // `to` is there already, with its own metadata
        const std::string_view below =
            is_start ? root.name()
                     : std::string_view(found).substr(root.is_root() ? 0 : root.text().size() + 1);
        auto target = RelPath::parse(below);
        result = target ? copy.add(located, *target).context("'{}'", found)
                        : Result<void>(target.error());
        return true;
    });
    SLIPWAY_TRY(std::move(result));
    return copy.finish();
}

}  // namespace slipway::snapshot
