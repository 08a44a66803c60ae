// Threads that write the files of an archive while it is still being read: small files are handed
// over whole, large ones in pieces through a bounded queue. Each file is hashed as it is written.
// Own threads, not the shared pool: they wait for the one who reads, who may itself be a task of
// that pool.
#pragma once

#include "async/bounded_queue.h"
#include "snapshot/internal/draft_tree.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace slipway::snapshot {

class DataWriters {
  public:
    explicit DataWriters(const os::Dir& root);
    DataWriters(const DataWriters&) = delete;
    DataWriters& operator=(const DataWriters&) = delete;
    /// Waits for what was handed over.
    ~DataWriters();

    /// Creates the file of `node` (which must not exist) with its metadata and `data`, and sets its
    /// content digest.
    void write_small(DraftNode& node, std::string data);

    /// Takes the pieces of one large file; the file ends with this object. Nothing else may be
    /// handed over before.
    class LargeFile {
      public:
        LargeFile(LargeFile&&) noexcept = default;
        ~LargeFile();
        /// False: writing failed already; wait() tells why.
        [[nodiscard]] bool push(std::string piece) { return pieces_->push(std::move(piece)); }

      private:
        friend class DataWriters;
        using Pieces = async::BoundedQueue<std::string>;
        explicit LargeFile(std::shared_ptr<Pieces> pieces) : pieces_(std::move(pieces)) {}
        std::shared_ptr<Pieces> pieces_;
    };
    [[nodiscard]] LargeFile write_large(DraftNode& node);

    /// Until everything handed over is on disk; the first error, if there was any.
    [[nodiscard]] Result<void> wait();

  private:
    using Job = std::function<Result<void>()>;
    void post(Job job);
    void work();

    const os::Dir& root_;
    async::BoundedQueue<Job> jobs_;
    std::mutex mutex_;
    std::condition_variable idle_;
    std::size_t unfinished_ = 0;
    std::optional<Error> error_;
    std::vector<std::jthread> threads_;
};

}  // namespace slipway::snapshot
