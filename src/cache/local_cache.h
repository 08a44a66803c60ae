// The solver's records in SQLite (WAL), shared by all processes on the store. Format: docs/formats/cache-db.md.
#pragma once

#include <memory>
#include <string>

#include "solver/solver.h"

namespace slipway::cache {

class LocalCache final : public solver::CacheStore {
  public:
    /// kCorrupt: the file is no database or of a newer version; the hint says what to remove. Losing it is safe.
    static Result<std::unique_ptr<LocalCache>> open(const std::string& db_path);
    ~LocalCache() override;

    Result<std::optional<solver::Record>> find(const Digest& key) override;
    Result<void> add(const solver::Record& record) override;
    Result<std::optional<solver::Record>> latest_in_slot(const std::string& slot) override;

    struct Usage {
        Digest key;
        std::vector<solver::Output> outputs;
        std::int64_t last_used_at = 0;
    };
    /// For garbage collection: least recently used first.
    Result<std::vector<Usage>> usage();
    Result<void> remove(const Digest& key);
    Result<void> clear();

  private:
    struct Impl;
    explicit LocalCache(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::cache
