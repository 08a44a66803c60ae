#include "cache/internal/sqlite.h"

#include <fmt/format.h>

#include <utility>

namespace slipway::cache {

namespace {

constexpr int kBusyTimeoutMs = 10'000;

ErrorCode code_of(int status) {
    switch (status & 0xff) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return ErrorCode::kCorrupt;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return ErrorCode::kConflict;
        case SQLITE_PERM:
        case SQLITE_READONLY:
        case SQLITE_AUTH:
            return ErrorCode::kDenied;
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
        case SQLITE_NOMEM:
            return ErrorCode::kResource;
        default:
            return ErrorCode::kInternal;
    }
}

Error database_error(int status, sqlite3* connection, const std::string& path) {
    const char* text = connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(status);
    auto message = fmt::format("cache database '{}': {}", path, text);
    if (code_of(status) == ErrorCode::kCorrupt) return corrupt_database(path, std::move(message));
    return {code_of(status), std::move(message)};
}

}  // namespace

Error corrupt_database(const std::string& path, std::string message) {
    return Error(ErrorCode::kCorrupt, std::move(message))
        .hint(fmt::format(
            "remove '{0}', '{0}-wal' and '{0}-shm': only the memory of what is cached gets lost",
            path));
}

Statement& Statement::bind(std::int64_t value) {
    sqlite3_bind_int64(statement_.get(), next_++, value);
    return *this;
}

Statement& Statement::bind(std::string_view bytes) {
    // A null pointer would bind NULL instead of an empty blob.
    sqlite3_bind_blob64(statement_.get(), next_++, bytes.empty() ? "" : bytes.data(), bytes.size(),
                        SQLITE_STATIC);
    return *this;
}

Result<bool> Statement::step() {
    const int status = sqlite3_step(statement_.get());
    if (status == SQLITE_ROW) return true;
    if (status == SQLITE_DONE) return false;
    auto error = database_error(status, sqlite3_db_handle(statement_.get()), path_);
    reset();
    return error;
}

Result<void> Statement::run() {
    const auto row = step();
    reset();
    if (!row) return row.error();
    return {};
}

void Statement::reset() {
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());
    next_ = 1;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::blob(int column) const {
    const void* data = sqlite3_column_blob(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    if (data == nullptr) return {};
    return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

Result<Database> Database::open(const std::string& path) {
    sqlite3* connection = nullptr;
    const int status = sqlite3_open_v2(
        path.c_str(), &connection,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
        nullptr);
    Database database;
    database.connection_.reset(connection);
    database.path_ = path;
    if (status != SQLITE_OK) return database_error(status, connection, path);
    sqlite3_busy_timeout(connection, kBusyTimeoutMs);
    return database;
}

Result<void> Database::run(const std::string& sql) {
    const int status = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (status != SQLITE_OK) return database_error(status, connection_.get(), path_);
    return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int status =
        sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (status != SQLITE_OK) return database_error(status, connection_.get(), path_);
    return Statement(statement, path_);
}

Result<std::int64_t> Database::number(std::string_view sql) {
    SLIPWAY_ASSIGN(auto statement, prepare(sql));
    SLIPWAY_ASSIGN(const bool row, statement.step());
    return row ? statement.integer(0) : 0;
}

}  // namespace slipway::cache
