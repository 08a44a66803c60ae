// A CacheStore in memory that counts what it is asked.
#pragma once

#include "solver/solver.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace slipway::solver {

class MemoryCache final : public CacheStore {
  public:
    Result<std::optional<Record>> find(const Digest& key) override {
        const std::lock_guard lock(mutex_);
        ++finds_;
        if (error_) return *error_;
        const auto found = records_.find(key);
        if (found == records_.end()) return std::optional<Record>();
        auto record = found->second;
        record.ingredients.clear();
        return std::optional(std::move(record));
    }

    Result<void> add(const Record& record) override {
        const std::lock_guard lock(mutex_);
        ++adds_;
        if (error_) return *error_;
        records_[record.key] = record;
        if (!record.by_content) latest_[record.slot] = record.key;
        return {};
    }

    Result<std::optional<Record>> latest_in_slot(const std::string& slot) override {
        const std::lock_guard lock(mutex_);
        if (error_) return *error_;
        const auto found = latest_.find(slot);
        if (found == latest_.end()) return std::optional<Record>();
        return std::optional(records_.at(found->second));
    }

    void fail_with(Error error) { error_ = std::move(error); }
    [[nodiscard]] int finds() const { return finds_; }
    [[nodiscard]] int adds() const { return adds_; }
    [[nodiscard]] std::size_t size() const { return records_.size(); }
    void forget_counts() { finds_ = adds_ = 0; }

  private:
    std::mutex mutex_;
    std::map<Digest, Record> records_;
    std::map<std::string, Digest> latest_;
    std::optional<Error> error_;
    int finds_ = 0;
    int adds_ = 0;
};

}  // namespace slipway::solver
