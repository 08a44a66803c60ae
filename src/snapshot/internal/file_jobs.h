// Regular files on their way into a draft, in any order and in parallel: hard links where nothing
// of a file changes, reflinks or copies elsewhere. Files of one directory are done together, so
// that it is opened once.
#pragma once

#include "async/thread_pool.h"
#include "snapshot/internal/draft_tree.h"

#include <stop_token>
#include <utility>
#include <vector>

namespace slipway::snapshot {

enum class Transfer { kLink, kCopy };

class FileJobs {
  public:
    FileJobs(DraftTree& tree, async::ThreadPool& pool) : tree_(tree), pool_(pool) {}

    /// `node` was just added; its entry says how the file shall be. kLink only when `from` is like
    /// that already.
    void add(DraftNode& node, const Located& from, Transfer transfer) {
        jobs_.push_back({&node, from, transfer});
    }
    /// `node` becomes another name of `first`, once that is written.
    void add_name(DraftNode& node, DraftNode& first) { names_.emplace_back(&node, &first); }
    [[nodiscard]] bool empty() const { return jobs_.empty() && names_.empty(); }
    /// Does them all. kConflict when a file of a context is not what its digest says any more;
    /// kCancelled.
    Result<void> run(std::stop_token stop);

  private:
    struct Job {
        DraftNode* node;
        Located from;
        Transfer transfer;
    };
    Result<void> run_batch(std::size_t begin, std::size_t end, const std::stop_token& stop);

    DraftTree& tree_;
    async::ThreadPool& pool_;
    std::vector<Job> jobs_;
    std::vector<std::pair<DraftNode*, DraftNode*>> names_;
};

}  // namespace slipway::snapshot
