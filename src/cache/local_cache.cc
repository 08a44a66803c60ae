#include "cache/local_cache.h"

#include "base/scope_guard.h"
#include "cache/internal/record_codec.h"
#include "cache/internal/sqlite.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

namespace slipway::cache {

namespace {

using solver::Record;

constexpr std::int64_t kVersion = 1;
constexpr std::int64_t kApplicationId = 0x536c7779;  // "Slwy"
/// Garbage collection thinks in days, so hits within an hour need not write anything.
constexpr std::int64_t kUseResolution = 3600;
constexpr std::int64_t kFlushAfter = 60;

constexpr auto kSchema = R"sql(
    CREATE TABLE records (
        id          INTEGER PRIMARY KEY,
        key         BLOB NOT NULL UNIQUE,
        by_content  INTEGER NOT NULL,
        slot        BLOB NOT NULL,
        name        BLOB NOT NULL,
        outputs     BLOB NOT NULL,
        created_at  INTEGER NOT NULL,
        duration_ns INTEGER NOT NULL,
        used_at     INTEGER NOT NULL,
        ingredients BLOB NOT NULL
    );
    CREATE INDEX records_by_slot ON records (slot, id) WHERE by_content = 0;
)sql";

std::int64_t system_seconds() {
    using namespace std::chrono;
    return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

std::string_view view_of(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.bytes().data()), Digest::kBytes};
}

Result<Digest> to_digest(std::string_view bytes) {
    if (bytes.size() != Digest::kBytes) {
        return make_error(ErrorCode::kCorrupt, "a cache record has a key of {} bytes",
                          bytes.size());
    }
    Digest::Bytes digest;
    std::copy(bytes.begin(), bytes.end(), digest.begin());
    return Digest(digest);
}

/// All or nothing, with the write lock from the start, so that it never has to be taken in the
/// middle.
template <typename Body>
Result<void> transaction(Database& database, Body body) {
    SLIPWAY_TRY(database.run("BEGIN IMMEDIATE"));
    ScopeGuard rollback([&] { static_cast<void>(database.run("ROLLBACK")); });
    SLIPWAY_TRY(body());
    SLIPWAY_TRY(database.run("COMMIT"));
    rollback.release();
    return {};
}

Result<void> prepare_schema(Database& database, const std::string& path) {
    // Before anything is written: what is not ours stays as it is.
    SLIPWAY_ASSIGN(const auto tables, database.number("SELECT count(*) FROM sqlite_schema"));
    SLIPWAY_ASSIGN(const auto application, database.number("PRAGMA application_id"));
    SLIPWAY_ASSIGN(const auto version, database.number("PRAGMA user_version"));
    if (tables == 0 && application == 0) {
        SLIPWAY_TRY(database.run("PRAGMA journal_mode = WAL"));
        return transaction(database, [&]() -> Result<void> {
            SLIPWAY_ASSIGN(const auto made, database.number("PRAGMA user_version"));
            if (made == kVersion) return {};  // another process was faster
            SLIPWAY_TRY(database.run(kSchema));
            return database.run(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                            kApplicationId, kVersion));
        });
    }
    if (application != kApplicationId) {
        return corrupt_database(path,
                                fmt::format("'{}' is a database, but not a build cache", path));
    }
    if (version != kVersion) {
        return corrupt_database(
            path, fmt::format("the build cache '{}' has version {}, this program knows version {}",
                              path, version, kVersion));
    }
    return {};
}

constexpr std::string_view kColumns =
    "key, by_content, slot, name, outputs, created_at, duration_ns, used_at";
constexpr int kUsedAt = 7;
constexpr int kIngredients = 8;

/// The row a statement is at, its first columns being kColumns.
Result<Record> record_at(const Statement& row) {
    Record record;
    SLIPWAY_ASSIGN(record.key, to_digest(row.blob(0)));
    record.by_content = row.integer(1) != 0;
    record.slot = row.blob(2);
    record.name = row.blob(3);
    SLIPWAY_ASSIGN(record.outputs, decode_outputs(row.blob(4)));
    record.created_at = row.integer(5);
    record.duration_ns = row.integer(6);
    return record;
}

}  // namespace

struct LocalCache::Impl {
    std::mutex mutex;  ///< guards all below
    Database database;
    Clock clock;
    Statement find;
    Statement add;
    Statement latest;
    Statement remove;
    Statement touch;
    std::map<Digest, std::int64_t> uses;  ///< not yet written
    std::int64_t flushed_at = 0;

    Result<void> flush_uses();
    Result<void> flush_uses_sometimes();
};

LocalCache::LocalCache(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

LocalCache::~LocalCache() {
    static_cast<void>(impl_->flush_uses());
}

Result<std::unique_ptr<LocalCache>> LocalCache::open(const std::string& db_path, Clock clock) {
    SLIPWAY_ASSIGN(auto database, Database::open(db_path));
    SLIPWAY_TRY(database.run("PRAGMA synchronous = NORMAL"));
    SLIPWAY_TRY(prepare_schema(database, db_path));
    SLIPWAY_ASSIGN(auto find,
                   database.prepare(fmt::format("SELECT {} FROM records WHERE key = ?", kColumns)));
    SLIPWAY_ASSIGN(auto latest, database.prepare(fmt::format(
                                    "SELECT {}, ingredients FROM records WHERE slot = ? AND "
                                    "by_content = 0 ORDER BY id DESC LIMIT 1",
                                    kColumns)));
    SLIPWAY_ASSIGN(
        auto add,
        database.prepare("INSERT OR REPLACE INTO records (key, by_content, slot, name, outputs, "
                         "created_at, duration_ns, used_at, ingredients) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    SLIPWAY_ASSIGN(auto remove, database.prepare("DELETE FROM records WHERE key = ?"));
    SLIPWAY_ASSIGN(auto touch,
                   database.prepare("UPDATE records SET used_at = max(used_at, ?) WHERE key = ?"));
    if (!clock) clock = system_seconds;
    const std::int64_t now = clock();
    return std::unique_ptr<LocalCache>(
        new LocalCache(std::unique_ptr<Impl>(new Impl{.mutex = {},
                                                      .database = std::move(database),
                                                      .clock = std::move(clock),
                                                      .find = std::move(find),
                                                      .add = std::move(add),
                                                      .latest = std::move(latest),
                                                      .remove = std::move(remove),
                                                      .touch = std::move(touch),
                                                      .uses = {},
                                                      .flushed_at = now})));
}

Result<void> LocalCache::Impl::flush_uses() {
    flushed_at = clock();
    if (uses.empty()) return {};
    const auto noted = std::exchange(uses, {});
    return transaction(database, [&]() -> Result<void> {
        for (const auto& [key, time] : noted) {
            SLIPWAY_TRY(touch.bind(time).bind(view_of(key)).run());
        }
        return {};
    });
}

Result<void> LocalCache::Impl::flush_uses_sometimes() {
    if (clock() < flushed_at + kFlushAfter) return {};
    return flush_uses();
}

Result<std::optional<Record>> LocalCache::find(const Digest& key) {
    const std::lock_guard lock(impl_->mutex);
    auto& row = impl_->find;
    const ScopeGuard reset([&] { row.reset(); });
    SLIPWAY_ASSIGN(const bool there, row.bind(view_of(key)).step());
    if (!there) return std::optional<Record>();
    SLIPWAY_ASSIGN(auto record, record_at(row));
    const std::int64_t now = impl_->clock();
    if (row.integer(kUsedAt) + kUseResolution <= now) impl_->uses[key] = now;
    return std::optional(std::move(record));
}

Result<void> LocalCache::add(const Record& record) {
    const auto outputs = encode_outputs(record.outputs);
    const auto ingredients = encode_ingredients(record.ingredients);
    const std::lock_guard lock(impl_->mutex);
    impl_->uses.erase(record.key);
    SLIPWAY_TRY(impl_->add.bind(view_of(record.key))
                    .bind(record.by_content ? 1 : 0)
                    .bind(record.slot)
                    .bind(record.name)
                    .bind(outputs)
                    .bind(record.created_at)
                    .bind(record.duration_ns)
                    .bind(impl_->clock())
                    .bind(ingredients)
                    .run());
    return impl_->flush_uses_sometimes();
}

Result<std::optional<Record>> LocalCache::latest_in_slot(const std::string& slot) {
    const std::lock_guard lock(impl_->mutex);
    auto& row = impl_->latest;
    const ScopeGuard reset([&] { row.reset(); });
    SLIPWAY_ASSIGN(const bool there, row.bind(slot).step());
    if (!there) return std::optional<Record>();
    SLIPWAY_ASSIGN(auto record, record_at(row));
    SLIPWAY_ASSIGN(record.ingredients, decode_ingredients(row.blob(kIngredients)));
    return std::optional(std::move(record));
}

Result<std::vector<LocalCache::Usage>> LocalCache::usage() {
    const std::lock_guard lock(impl_->mutex);
    SLIPWAY_TRY(impl_->flush_uses());
    SLIPWAY_ASSIGN(auto row, impl_->database.prepare(
                                 "SELECT key, outputs, used_at FROM records ORDER BY used_at, id"));
    std::vector<Usage> all;
    while (true) {
        SLIPWAY_ASSIGN(const bool there, row.step());
        if (!there) return all;
        Usage usage;
        SLIPWAY_ASSIGN(usage.key, to_digest(row.blob(0)));
        SLIPWAY_ASSIGN(usage.outputs, decode_outputs(row.blob(1)));
        usage.last_used_at = row.integer(2);
        all.push_back(std::move(usage));
    }
}

Result<void> LocalCache::remove(const Digest& key) {
    const std::lock_guard lock(impl_->mutex);
    impl_->uses.erase(key);
    return impl_->remove.bind(view_of(key)).run();
}

Result<void> LocalCache::clear() {
    const std::lock_guard lock(impl_->mutex);
    impl_->uses.clear();
    return impl_->database.run("DELETE FROM records");
}

}  // namespace slipway::cache
