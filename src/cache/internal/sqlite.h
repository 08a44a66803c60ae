// SQLite behind owners and Results; only what this room needs. One connection is used by one thread
// at a time.
#pragma once

#include "base/result.h"

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace slipway::cache {

/// A prepared statement, used again and again: bind in order, step, read columns, and `reset` at
/// the end.
class Statement {
  public:
    Statement& bind(std::int64_t value);
    /// As a blob; not copied: must stay until reset.
    Statement& bind(std::string_view bytes);

    /// True when a row is there.
    Result<bool> step();
    /// Steps to the end, and resets.
    Result<void> run();
    void reset();

    [[nodiscard]] std::int64_t integer(int column) const;
    /// Until the next step or reset.
    [[nodiscard]] std::string_view blob(int column) const;

  private:
    friend class Database;
    struct Finalizer {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    Statement(sqlite3_stmt* statement, std::string path)
        : statement_(statement), path_(std::move(path)) {}

    std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
    std::string path_;
    int next_ = 1;
};

class Database {
  public:
    /// Created when missing.
    static Result<Database> open(const std::string& path);

    /// One or more statements without results.
    Result<void> run(const std::string& sql);
    Result<Statement> prepare(std::string_view sql);
    /// The number that a query's first row begins with; 0 without a row.
    Result<std::int64_t> number(std::string_view sql);

  private:
    struct Closer {
        void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
    };
    std::unique_ptr<sqlite3, Closer> connection_;
    std::string path_;
};

/// kCorrupt, with the hint that removing it is safe.
Error corrupt_database(const std::string& path, std::string message);

}  // namespace slipway::cache
