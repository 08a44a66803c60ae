#include "source/internal/context_scan.h"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace slipway::source {

namespace {

using snapshot::Entry;

struct Folder;

struct Found {
    Entry entry;
    FileIdentity identity;
    std::uint64_t device = 0;  ///< with the inode: which file, of one with several names; else 0
    std::unique_ptr<Folder> folder;  ///< of a directory: what is in it
    bool when_needed = false;        ///< a directory that counts only with something in it
};

struct Folder {
    std::string path;
    FollowSet::Position position;
    std::vector<Found> found;  ///< names in byte order
};

bool vanished(const Error& error) {
    return error.system_errno() == ENOENT;
}

Error explain(Error error, const std::string& folder) {
    std::string frame = fmt::format("build context, folder '{}'", folder.empty() ? "." : folder);
    if (error.code() != ErrorCode::kDenied) return std::move(error).context(std::move(frame));
    return std::move(error)
        .hint("make it readable, or name it in .dockerignore")
        .context(std::move(frame));
}

class Walk {
  public:
    Walk(const os::Dir& root, const ContextScope& scope, os::Timestamp now, std::stop_token stop)
        : root_(root), scope_(scope), now_(now), stop_(std::move(stop)) {}

    Result<ContextScan> run(async::ThreadPool& pool) {
        auto root = find(root_, RelPath(), "");
        if (!root) return std::move(root).error();
        // As a directory made for the context: its own mode and time are the user's business.
        root->entry.mode = S_IFDIR | 0755;
        root->entry.mtime = now_;
        root->folder = std::make_unique<Folder>(Folder{"", scope_.root(), {}});
        waiting_.push_back(root->folder.get());
        SLIPWAY_TRY(async::parallel_for(pool, std::size_t{pool.size()} + 1,
                                        [this](std::size_t) { return work(); }));
        return in_order(std::move(*root), count_);
    }

  private:
    /// Until nothing waits and nobody is busy who could add to it.
    Result<void> work() {
        std::unique_lock lock(mutex_);
        while (true) {
            changed_.wait(lock, [&] { return !waiting_.empty() || busy_ == 0 || failed_; });
            if (waiting_.empty() || failed_) return {};
            Folder* folder = waiting_.back();
            waiting_.pop_back();
            ++busy_;
            lock.unlock();
            auto result = read(*folder);
            lock.lock();
            --busy_;
            if (!result) failed_ = true;
            count_ += folder->found.size();
            for (const auto& found : folder->found) {
                if (found.folder) waiting_.push_back(found.folder.get());
            }
            changed_.notify_all();
            if (!result) return explain(std::move(result).error(), folder->path);
        }
    }

    Result<void> read(Folder& folder) const {
        if (stop_.stop_requested()) return Error(ErrorCode::kCancelled, "the build was stopped");
        auto dir = root_.open_dir(RelPath::in_root(folder.path));
        if (!dir && vanished(dir.error())) return {};
        if (!dir) return std::move(dir).error();
        SLIPWAY_ASSIGN(const auto names, dir->list(RelPath()));
        folder.found.reserve(names.size());
        for (const auto& [name, type] : names) {
            std::string path = folder.path.empty() ? name : folder.path + "/" + name;
            auto verdict = scope_.judge(folder.position, path, name, type == S_IFDIR || type == 0);
            if (verdict.take == ContextScope::Take::kNo || type == S_IFSOCK) continue;
            auto found = find(*dir, RelPath().child(name), std::move(path));
            if (!found && vanished(found.error())) continue;
            if (!found) return std::move(found).error();
            if (found->entry.is_dir()) {
                found->when_needed = verdict.take == ContextScope::Take::kWhenNeeded;
                found->folder = std::make_unique<Folder>(
                    Folder{found->entry.path, std::move(verdict.position), {}});
            } else if (verdict.take != ContextScope::Take::kYes || S_ISSOCK(found->entry.mode)) {
                continue;  // the file system did not tell the type
            }
            folder.found.push_back(std::move(*found));
        }
        return {};
    }

    static Result<Found> find(const os::Dir& dir, const RelPath& name, std::string path) {
        SLIPWAY_ASSIGN(const auto info, dir.stat(name));
        Found found;
        auto& entry = found.entry;
        entry.path = std::move(path);
        entry.mode = info.mode;
        entry.size = info.is_regular() ? info.size : 0;
        entry.rdev = info.rdev;
        entry.mtime = info.mtime;
        if (entry.is_symlink()) {
            SLIPWAY_ASSIGN(entry.link_target, dir.read_link(name));
        }
        found.identity = {.ctime = info.ctime, .inode = info.inode};
        if (!info.is_dir() && info.links > 1) found.device = info.device;
        return found;
    }

    /// Children right behind their directory: the order of a manifest, as names came in byte order.
    static ContextScan in_order(Found root, std::size_t count) {
        struct Level {
            std::unique_ptr<Folder> folder;
            std::size_t next = 0;
            std::size_t entry = 0;  ///< of the directory itself
            bool when_needed = false;
        };
        ContextScan scan;
        scan.entries.reserve(count);
        scan.identities.reserve(count);
        std::vector<Level> levels;
        std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t> linked;
        const auto add = [&](Found&& found) {
            if (found.device != 0) {
                const auto next = static_cast<std::uint32_t>(linked.size() + 1);
                const auto file = std::pair(found.device, found.identity.inode);
                found.entry.hardlink = linked.try_emplace(file, next).first->second;
            }
            scan.entries.push_back(std::move(found.entry));
            scan.identities.push_back(found.identity);
            if (!found.folder) return;
            levels.push_back(
                {std::move(found.folder), 0, scan.entries.size() - 1, found.when_needed});
        };
        add(std::move(root));
        while (!levels.empty()) {
            auto& level = levels.back();
            if (level.next < level.folder->found.size()) {
                add(std::move(level.folder->found[level.next++]));
                continue;
            }
            if (level.when_needed && scan.entries.size() == level.entry + 1) {
                scan.entries.pop_back();
                scan.identities.pop_back();
            }
            levels.pop_back();
        }
        return scan;
    }

    const os::Dir& root_;
    const ContextScope& scope_;
    const os::Timestamp now_;
    const std::stop_token stop_;

    std::mutex mutex_;  ///< guards all below
    std::condition_variable changed_;
    std::vector<Folder*> waiting_;
    std::size_t busy_ = 0;
    std::size_t count_ = 1;  ///< entries, with the root
    bool failed_ = false;
};

}  // namespace

Result<ContextScan> scan_context(const os::Dir& root, const ContextScope& scope, os::Timestamp now,
                                 async::ThreadPool& pool, std::stop_token stop) {
    return Walk(root, scope, now, std::move(stop)).run(pool);
}

}  // namespace slipway::source
