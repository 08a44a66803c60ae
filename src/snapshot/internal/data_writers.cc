#include "snapshot/internal/data_writers.h"

#include "base/io.h"

namespace slipway::snapshot {

namespace {

constexpr unsigned kThreads = 2;
constexpr std::size_t kJobsWaiting = 64;
constexpr std::size_t kPiecesWaiting = 4;

/// A file being written: created, filled, and given its metadata at the end.
class FileOnDisk {
  public:
    static Result<FileOnDisk> create(const os::Dir& root, Entry& entry) {
        SLIPWAY_ASSIGN(os::Fd fd,
                       root.create_file(RelPath::in_root(entry.path), entry.mode & 07777));
        return FileOnDisk(root, entry, std::move(fd));
    }
    Result<void> write(std::string_view data) {
        os::FdWriter writer(fd_);
        SLIPWAY_TRY(writer.write(data));
        hash_.update(data);
        return {};
    }
    Result<void> finish() {
        entry_->content = hash_.finish();
        SLIPWAY_TRY(fd_.close());
        return apply_metadata(*root_, RelPath::in_root(entry_->path), *entry_,
                              XattrErrors::kTolerateUnsupported);
    }

  private:
    FileOnDisk(const os::Dir& root, Entry& entry, os::Fd fd)
        : root_(&root), entry_(&entry), fd_(std::move(fd)) {}
    const os::Dir* root_;
    Entry* entry_;
    os::Fd fd_;
    Sha256 hash_;
};

}  // namespace

DataWriters::DataWriters(const os::Dir& root) : root_(root), jobs_(kJobsWaiting) {
    for (unsigned i = 0; i < kThreads; ++i) threads_.emplace_back([this] { work(); });
}

DataWriters::~DataWriters() {
    jobs_.close();
}

void DataWriters::work() {
    while (auto job = jobs_.pop()) {
        auto result = (*job)();
        const std::lock_guard lock(mutex_);
        if (!result && !error_) error_ = std::move(result).error();
        if (--unfinished_ == 0) idle_.notify_all();
    }
}

void DataWriters::post(Job job) {
    {
        const std::lock_guard lock(mutex_);
        ++unfinished_;
    }
    jobs_.push(std::move(job));
}

void DataWriters::write_small(DraftNode& node, std::string data) {
    post([this, &node, data = std::move(data)]() -> Result<void> {
        SLIPWAY_ASSIGN(FileOnDisk file, FileOnDisk::create(root_, node.entry));
        SLIPWAY_TRY(file.write(data));
        return file.finish();
    });
}

DataWriters::LargeFile DataWriters::write_large(DraftNode& node) {
    auto pieces = std::make_shared<LargeFile::Pieces>(kPiecesWaiting);
    post([this, &node, pieces]() -> Result<void> {
        const auto write = [&]() -> Result<void> {
            SLIPWAY_ASSIGN(FileOnDisk file, FileOnDisk::create(root_, node.entry));
            while (const auto piece = pieces->pop()) SLIPWAY_TRY(file.write(*piece));
            return file.finish();
        };
        auto result = write();
        pieces->close();
        return result;
    });
    return LargeFile(std::move(pieces));
}

DataWriters::LargeFile::~LargeFile() {
    if (pieces_) pieces_->close();
}

Result<void> DataWriters::wait() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return unfinished_ == 0; });
    if (error_) return *error_;
    return {};
}

}  // namespace slipway::snapshot
