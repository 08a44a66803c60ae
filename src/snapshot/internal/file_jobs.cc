#include "snapshot/internal/file_jobs.h"

#include "os/file.h"
#include "snapshot/internal/hash_data.h"

#include <algorithm>
#include <cerrno>

namespace slipway::snapshot {

namespace {

constexpr std::size_t kBatchFiles = 256;
constexpr std::uint64_t kBatchBytes = 8U << 20;

RelPath name_of(const Entry& entry) {
    return RelPath::in_root(RelPath::in_root(entry.path).name());
}
RelPath parent_of(const Entry& entry) {
    return RelPath::in_root(entry.path).parent();
}

/// May a copy do where a link failed? Too many links, another file system, a file system or policy
/// without links.
bool copy_instead(const Error& error) {
    const auto number = error.system_errno();
    return number == EMLINK || number == EXDEV || number == EPERM || number == ENOTSUP;
}

/// Holds the last directory of a tree that was asked for.
class DirCache {
  public:
    Result<const os::Dir*> get(const os::Dir& root, const RelPath& path) {
        if (root_ != &root || path_ != path || !dir_.valid()) {
            SLIPWAY_ASSIGN(dir_, root.open_dir(path));
            root_ = &root;
            path_ = path;
        }
        return &dir_;
    }

  private:
    const os::Dir* root_ = nullptr;
    RelPath path_;
    os::Dir dir_;
};

Result<void> copy_file(const os::Dir& from_dir, const os::Dir& to_dir, const Located& from,
                       Entry& to) {
    SLIPWAY_ASSIGN(const os::Fd source, from_dir.open_file(name_of(*from.entry)));
    SLIPWAY_ASSIGN(os::Fd target, to_dir.create_file(name_of(to), to.mode & 07777));
    if (from.tree->linkable()) {  // immutable: its digest stands
        SLIPWAY_TRY(os::copy_file_data(source, target));
    } else {
        SLIPWAY_ASSIGN(const HashedData copied, hash_data(source, from.entry->size, &target));
        SLIPWAY_ASSIGN(const Digest expected, from.tree->content_of(*from.entry));
        if (copied.digest != expected) {
            return make_error(ErrorCode::kConflict, "'{}' changed while it was being copied",
                              from.entry->path);
        }
        to.content = copied.digest;
        to.size = copied.size;
    }
    SLIPWAY_TRY(target.close());
    return apply_metadata(to_dir, name_of(to), to, XattrErrors::kTolerateAll);
}

}  // namespace

Result<void> FileJobs::run_batch(std::size_t begin, std::size_t end, const std::stop_token& stop) {
    DirCache sources;
    DirCache targets;
    for (std::size_t i = begin; i < end; ++i) {
        if (stop.stop_requested())
            return make_error(ErrorCode::kCancelled, "copying was cancelled");
        const Job& job = jobs_[i];
        Entry& to = job.node->entry;
        const Entry& from = *job.from.entry;
        SLIPWAY_ASSIGN(const os::Dir* from_dir,
                       sources.get(job.from.tree->root(), parent_of(from)));
        SLIPWAY_ASSIGN(const os::Dir* to_dir, targets.get(tree_.dir(), parent_of(to)));
        if (job.transfer == Transfer::kLink) {
            auto linked = to_dir->link(*from_dir, name_of(from), name_of(to));
            if (linked) continue;
            if (!copy_instead(linked.error())) return linked;
        }
        SLIPWAY_TRY(copy_file(*from_dir, *to_dir, job.from, to).context("'{}'", from.path));
    }
    return {};
}

Result<void> FileJobs::run(std::stop_token stop) {
    std::vector<std::pair<std::size_t, std::size_t>> batches;
    std::size_t begin = 0;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
        if (jobs_[i].transfer == Transfer::kCopy) bytes += jobs_[i].from->size;
        if (i + 1 - begin < kBatchFiles && bytes < kBatchBytes && i + 1 < jobs_.size()) continue;
        batches.emplace_back(begin, i + 1);
        begin = i + 1;
        bytes = 0;
    }
    SLIPWAY_TRY(parallel_for(pool_, batches.size(), [&](std::size_t i) {
        return run_batch(batches[i].first, batches[i].second, stop);
    }));
    for (const auto& [node, first] : names_) {
        const RelPath from = RelPath::in_root(first->entry.path);
        const RelPath to = RelPath::in_root(node->entry.path);
        auto linked = tree_.dir().link(tree_.dir(), from, to);
        if (linked) {
            node->entry.content = first->entry.content;
            node->entry.size = first->entry.size;
            node->entry.xattrs = first->entry.xattrs;
            continue;
        }
        if (!copy_instead(linked.error())) return linked;
        SLIPWAY_ASSIGN(const os::Fd source, tree_.dir().open_file(from));
        SLIPWAY_ASSIGN(os::Fd target, tree_.dir().create_file(to, node->entry.mode & 07777));
        SLIPWAY_TRY(os::copy_file_data(source, target));
        SLIPWAY_TRY(target.close());
        node->entry.hardlink = 0;
        node->entry.content = first->entry.content;
        node->entry.size = first->entry.size;
        SLIPWAY_TRY(apply_metadata(tree_.dir(), to, node->entry, XattrErrors::kTolerateAll));
    }
    jobs_.clear();
    names_.clear();
    return {};
}

}  // namespace slipway::snapshot
