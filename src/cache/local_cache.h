// The solver's records in SQLite (WAL), shared by all processes on the store. Format:
// docs/formats/cache-db.md.
#pragma once

#include "solver/solver.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace slipway::cache {

class LocalCache final : public solver::CacheStore {
  public:
    /// Unix seconds; for tests.
    using Clock = std::function<std::int64_t()>;

    /// Created when missing; its folder must exist. kCorrupt: the file is no database, not one of
    /// ours, or of a newer version; the hint says what to remove. Losing it is safe.
    static Result<std::unique_ptr<LocalCache>> open(const std::string& db_path,
                                                    Clock clock = nullptr);
    /// Writes the times of use that were noted since; an error there is dropped.
    ~LocalCache() override;

    Result<std::optional<solver::Record>> find(const Digest& key) override;
    Result<void> add(const solver::Record& record) override;
    Result<std::optional<solver::Record>> latest_in_slot(const std::string& slot) override;

    struct Usage {
        Digest key;
        std::vector<solver::Output> outputs;
        std::int64_t last_used_at =
            0;  ///< to the hour: a use within an hour of the last one is not noted
    };
    /// For garbage collection: least recently used first.
    Result<std::vector<Usage>> usage();
    /// Missing is fine.
    Result<void> remove(const Digest& key);
    Result<void> clear();

  private:
    struct Impl;
    explicit LocalCache(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::cache
