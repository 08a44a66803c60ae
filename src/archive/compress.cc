// Data is cut into blocks; helpers on the pool compress them while the writer reads on, and the
// writer hands them to the sink in their order. It never only waits: when its next block is not
// done, it compresses whatever block nobody has begun. So it needs nothing from the pool to come to
// its end, and may itself be a task of it.

#include "archive/compress.h"

#include "archive/internal/block_format.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <vector>

namespace slipway::archive {

namespace {

/// Blocks in memory for one writer, at the most: a reader and a hash feed no more threads than
/// this.
constexpr unsigned kMaxBlocks = 32;

struct Job {
    explicit Job(const BlockFormat& format) : block(format.block_size(), format.bound()) {}
    Block block;
    Result<void> result;
    bool done = false;  ///< guarded by Work::mutex
};

/// What the writer shares with its helpers, which may end after it.
class Work {
  public:
    explicit Work(std::unique_ptr<BlockFormat> format) : format_(std::move(format)) {}

    BlockFormat& format() { return *format_; }

    /// Returns whether one more helper is wanted.
    bool add(std::shared_ptr<Job> job, unsigned most_helpers) {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(job));
        if (helpers_ >= most_helpers) return false;
        ++helpers_;
        return true;
    }

    /// A helper's life: until nothing waits.
    void help() {
        std::unique_lock lock(mutex_);
        while (run_one(lock)) {
        }
        --helpers_;
    }

    void finish(const Job& job) {
        std::unique_lock lock(mutex_);
        while (!job.done) {
            if (!run_one(lock)) job_done_.wait(lock, [&] { return job.done; });
        }
    }

    void abandon() {
        const std::lock_guard lock(mutex_);
        waiting_.clear();
    }

  private:
    bool run_one(std::unique_lock<std::mutex>& lock) {
        if (waiting_.empty()) return false;
        const auto job = std::move(waiting_.front());
        waiting_.pop_front();
        std::unique_ptr<BlockWorker> worker;
        if (!idle_.empty()) {
            worker = std::move(idle_.back());
            idle_.pop_back();
        }
        lock.unlock();
        if (worker == nullptr) worker = format_->make_worker();
        job->result = worker->compress(job->block);
        lock.lock();
        idle_.push_back(std::move(worker));
        job->done = true;
        job_done_.notify_all();
        return true;
    }

    std::mutex mutex_;
    std::condition_variable job_done_;
    std::deque<std::shared_ptr<Job>> waiting_;
    std::vector<std::unique_ptr<BlockWorker>> idle_;
    unsigned helpers_ = 0;
    std::unique_ptr<BlockFormat> format_;
};

class BlockCompressor final : public CompressWriter {
  public:
    BlockCompressor(std::unique_ptr<BlockFormat> format, Writer& sink, async::ThreadPool& pool)
        : sink_(sink),
          pool_(pool),
          most_blocks_(std::min(pool.size() + 2, kMaxBlocks)),
          work_(std::make_shared<Work>(std::move(format))) {}
    BlockCompressor(const BlockCompressor&) = delete;
    BlockCompressor& operator=(const BlockCompressor&) = delete;
    ~BlockCompressor() override { work_->abandon(); }

    using Writer::write;
    Result<void> write(std::span<const std::byte> data) override {
        while (!data.empty()) {
            if (current_ == nullptr) SLIPWAY_TRY(next_block());
            Buffer& in = current_->block.in;
            const std::size_t size = std::min(data.size(), in.capacity - in.used);
            std::memcpy(in.data.get() + in.used, data.data(), size);
            in.used += size;
            data = data.subspan(size);
            if (in.used == in.capacity) submit();
        }
        return {};
    }

    Result<void> finish() override {
        if (current_ != nullptr) submit();
        while (!in_order_.empty()) SLIPWAY_TRY(retire());
        SLIPWAY_TRY(begin());
        return sink_.write(work_->format().trailer());
    }

  private:
    /// Waits for the oldest block when there are enough, and takes over its memory.
    Result<void> next_block() {
        if (in_order_.size() >= most_blocks_) SLIPWAY_TRY(retire());
        if (spare_ == nullptr) spare_ = std::make_shared<Job>(work_->format());
        current_ = std::move(spare_);
        return {};
    }

    void submit() {
        in_order_.push_back(current_);
        if (work_->add(std::move(current_), pool_.size())) {
            pool_.post([work = work_] { work->help(); });
        }
        current_ = nullptr;
    }

    Result<void> retire() {
        const auto job = std::move(in_order_.front());
        in_order_.pop_front();
        work_->finish(*job);
        SLIPWAY_TRY(std::move(job->result));
        SLIPWAY_TRY(begin());
        work_->format().account(job->block);
        const Buffer& out = job->block.out;
        SLIPWAY_TRY(sink_.write(std::span<const std::byte>(out.data.get(), out.used)));
        job->block.in.used = 0;
        job->done = false;
        spare_ = job;
        return {};
    }

    Result<void> begin() {
        if (begun_) return {};
        begun_ = true;
        return sink_.write(work_->format().header());
    }

    Writer& sink_;
    async::ThreadPool& pool_;
    const std::size_t most_blocks_;
    std::shared_ptr<Work> work_;
    std::shared_ptr<Job> current_;
    std::shared_ptr<Job> spare_;
    std::deque<std::shared_ptr<Job>> in_order_;
    bool begun_ = false;
};

class PlainWriter final : public CompressWriter {
  public:
    explicit PlainWriter(Writer& sink) : sink_(sink) {}
    using Writer::write;
    Result<void> write(std::span<const std::byte> data) override { return sink_.write(data); }
    Result<void> finish() override { return {}; }

  private:
    Writer& sink_;
};

}  // namespace

std::string_view to_string(Compression compression) {
    switch (compression) {
        case Compression::kNone:
            return "none";
        case Compression::kGzip:
            return "gzip";
        case Compression::kZstd:
            return "zstd";
    }
    return "";
}

Result<std::unique_ptr<CompressWriter>> make_compressor(Compression compression, Writer& sink,
                                                        async::ThreadPool& pool,
                                                        std::optional<int> level) {
    if (compression == Compression::kNone) return std::make_unique<PlainWriter>(sink);
    SLIPWAY_ASSIGN(auto format, compression == Compression::kGzip ? make_gzip_format(level)
                                                                  : make_zstd_format(level));
    return std::make_unique<BlockCompressor>(std::move(format), sink, pool);
}

}  // namespace slipway::archive
