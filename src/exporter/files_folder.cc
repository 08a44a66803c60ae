// In phases, so that data is copied in parallel: directories and small things in the order of the
// walk, then the data of all files on the pool, then further names of hard links, and last, from
// the deepest up, modes and times of directories (a read-only one could not be written into).

#include "base/path.h"
#include "exporter/internal/files.h"
#include "os/file.h"
#include "os/temp.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace slipway::exporter {

namespace {

class FolderWriter {
  public:
    FolderWriter(const os::Dir& to, std::optional<std::int64_t> epoch) : to_(to) {
        if (epoch) time_ = os::Timestamp{.seconds = *epoch, .nanoseconds = 0};
    }

    /// First phase, in the order of the walk.
    Result<void> visit(const std::string& path, const snapshot::Located& found) {
        SLIPWAY_ASSIGN(RelPath target, RelPath::parse(path));
        if (found->is_dir()) return make_dir(std::move(target), found);
        if (found->hardlink != 0) {
            const auto [first, is_first] =
                first_names_.try_emplace(std::pair(found.tree, found->hardlink), target);
            if (!is_first) {
                links_.push_back({std::move(target), first->second});
                return {};
            }
        }
        if (found->is_regular()) {
            files_.push_back({std::move(target), found});
            return {};
        }
        if (S_ISSOCK(found->mode)) return {};
        return put_in_place(target,
                            [&](const RelPath& aside) { return make_special(aside, found); });
    }

    Result<void> copy_data(async::ThreadPool& pool, const std::stop_token& stop) const {
        return async::parallel_for(pool, files_.size(), [&](std::size_t i) -> Result<void> {
            if (stop.stop_requested()) return Error(ErrorCode::kCancelled, "stopped");
            const Item& file = files_[i];
            return put_in_place(file.path,
                                [&](const RelPath& aside) { return copy_file(aside, file.found); })
                .context("'{}'", file.path.text());
        });
    }

    Result<void> make_links() const {
        for (const auto& [path, first] : links_) {
            SLIPWAY_TRY(make_way(path));
            SLIPWAY_TRY(to_.link(to_, first, path));
        }
        return {};
    }

    Result<void> finish_dirs() const {
        for (auto dir = dirs_.rbegin(); dir != dirs_.rend(); ++dir) {
            SLIPWAY_TRY(to_.set_mode(dir->path, dir->found->mode & 07777U));
            SLIPWAY_TRY(set_time(dir->path, dir->found));
        }
        return {};
    }

  private:
    struct Item {
        RelPath path;
        snapshot::Located found;
    };
    struct Link {
        RelPath path;
        RelPath first;
    };

    Result<void> make_dir(RelPath path, const snapshot::Located& found) {
        // The root is the user's own folder.
        if (path.is_root()) return {};
        SLIPWAY_ASSIGN(const auto there, to_.find(path));
        if (!there || !there->is_dir()) {
            if (there) SLIPWAY_TRY(to_.unlink(path));
            SLIPWAY_TRY(to_.make_dir(path, 0700));
        }
        dirs_.push_back({std::move(path), found});
        return {};
    }

    /// Nothing stands at `path` afterwards.
    Result<void> make_way(const RelPath& path) const {
        SLIPWAY_ASSIGN(const auto there, to_.find(path));
        if (!there) return {};
        return there->is_dir() ? to_.remove_tree(path) : to_.unlink(path);
    }

    /// `make` makes it under another name; then it gets its own at once.
    template <typename Make>
    Result<void> put_in_place(const RelPath& path, const Make& make) const {
        const RelPath aside = path.parent().child(".slipway-" + os::random_id());
        auto made = [&]() -> Result<void> {
            SLIPWAY_TRY(make(aside));
            SLIPWAY_ASSIGN(const auto there, to_.find(path));
            if (there && there->is_dir()) SLIPWAY_TRY(to_.remove_tree(path));
            return to_.rename(aside, to_, path);
        }();
        if (!made) static_cast<void>(to_.unlink(aside));
        return made;
    }

    Result<void> make_special(const RelPath& path, const snapshot::Located& found) const {
        if (found->is_symlink()) {
            SLIPWAY_TRY(to_.make_symlink(found->link_target, path));
        } else {
            SLIPWAY_TRY(to_.make_node(path, found->mode, found->rdev));
            SLIPWAY_TRY(to_.set_mode(path, found->mode & 07777U));
        }
        return set_time(path, found);
    }

    Result<void> copy_file(const RelPath& path, const snapshot::Located& found) const {
        SLIPWAY_ASSIGN(const RelPath source, RelPath::parse(found->path));
        SLIPWAY_ASSIGN(const os::Fd from, found.tree->root().open_file(source));
        SLIPWAY_ASSIGN(os::Fd to, to_.create_file(path, 0600));
        SLIPWAY_TRY(os::copy_file_data(from, to));
        SLIPWAY_TRY(to.close());
        SLIPWAY_TRY(to_.set_mode(path, found->mode & 07777U));
        return set_time(path, found);
    }

    Result<void> set_time(const RelPath& path, const snapshot::Located& found) const {
        const os::Timestamp time = time_.value_or(found->mtime);
        return to_.set_times(path, time, time);
    }

    const os::Dir& to_;
    std::optional<os::Timestamp> time_;
    std::vector<Item> dirs_;
    std::vector<Item> files_;
    std::vector<Link> links_;
    std::map<std::pair<const snapshot::Tree*, std::uint32_t>, RelPath> first_names_;
};

Result<void> write_into(const snapshot::View& view, std::optional<std::int64_t> epoch,
                        const os::Dir& dir, async::ThreadPool& pool, const std::stop_token& stop) {
    FolderWriter writer(dir, epoch);
    Result<void> result;
    view.walk("", [&](const std::string& path, const snapshot::Located& found) {
        if (result) result = writer.visit(path, found).context("'{}'", path);
        return result.has_value();
    });
    SLIPWAY_TRY(std::move(result));
    SLIPWAY_TRY(writer.copy_data(pool, stop));
    SLIPWAY_TRY(writer.make_links());
    return writer.finish_dirs();
}

}  // namespace

Result<void> write_files_folder(const snapshot::View& view, std::optional<std::int64_t> epoch,
                                const std::string& folder, async::ThreadPool& pool,
                                const std::stop_token& stop) {
    if (os::path_exists(folder)) {
        SLIPWAY_ASSIGN(const os::Dir dir, os::Dir::open(folder));
        return write_into(view, epoch, dir, pool, stop);
    }
    const std::string path = clean_path(folder);
    SLIPWAY_ASSIGN(const os::Dir parent, os::Dir::create(std::string(dir_name(path))));
    SLIPWAY_ASSIGN(const os::TempDir aside, os::TempDir::create(parent.host_path(), ".slipway"));
    {
        SLIPWAY_ASSIGN(const os::Dir dir, os::Dir::open(aside.path()));
        SLIPWAY_TRY(write_into(view, epoch, dir, pool, stop));
        SLIPWAY_TRY(dir.set_mode({}, 0755));
    }
    SLIPWAY_ASSIGN(const RelPath from, RelPath::parse(base_name(aside.path())));
    SLIPWAY_ASSIGN(const RelPath to, RelPath::parse(base_name(path)));
    return parent.rename(from, parent, to);
}

}  // namespace slipway::exporter
