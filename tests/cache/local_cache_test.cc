#include "cache/local_cache.h"

#include "os/file.h"
#include "os/temp.h"
#include "solver/cache_store_contract.h"
#include "support/result_matchers.h"

#include <sqlite3.h>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace slipway::cache {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using solver::contract_record;
using ::testing::HasSubstr;

class LocalCacheTest : public ::testing::Test {
  protected:
    LocalCacheTest()
        : dir_(*os::TempDir::create(::testing::TempDir(), "cache")),
          path_(dir_.path() + "/cache.db") {}

    std::unique_ptr<LocalCache> open() {
        auto cache = LocalCache::open(path_, [this] { return now_.load(); });
        EXPECT_THAT(cache, IsOk());
        return std::move(*cache);
    }
    void sql(const std::string& text) const {
        sqlite3* connection = nullptr;
        ASSERT_EQ(sqlite3_open(path_.c_str(), &connection), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(connection, text.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(connection);
        sqlite3_close(connection);
    }

    os::TempDir dir_;
    std::string path_;
    std::atomic<std::int64_t> now_ = 1'700'000'000;
};

}  // namespace

class LocalCacheMaker {
  public:
    LocalCacheMaker()
        : dir_(*os::TempDir::create(::testing::TempDir(), "cache")),
          cache_(*LocalCache::open(dir_.path() + "/cache.db")) {}
    solver::CacheStore& store() { return *cache_; }

  private:
    os::TempDir dir_;
    std::unique_ptr<LocalCache> cache_;
};

}  // namespace slipway::cache

namespace slipway::solver {
INSTANTIATE_TYPED_TEST_SUITE_P(Local, CacheStoreContract, cache::LocalCacheMaker);
}

namespace slipway::cache {
namespace {

TEST_F(LocalCacheTest, RecordsOutliveTheProcess) {
    ASSERT_THAT(open()->add(contract_record("make")), IsOk());
    const auto again = open();
    EXPECT_TRUE(again->find(Digest::of("make"))->has_value());
    EXPECT_EQ((*again->latest_in_slot("Dockerfile:app:1"))->ingredients,
              contract_record("make").ingredients);
}

TEST_F(LocalCacheTest, TwoConnectionsSeeEachOther) {
    const auto one = open();
    const auto two = open();
    ASSERT_THAT(one->add(contract_record("make")), IsOk());
    EXPECT_TRUE(two->find(Digest::of("make"))->has_value());
    ASSERT_THAT(two->remove(Digest::of("make")), IsOk());
    EXPECT_FALSE(one->find(Digest::of("make"))->has_value());
}

TEST_F(LocalCacheTest, UsageIsLeastRecentlyUsedFirst) {
    const auto cache = open();
    for (const auto name : {"a", "b", "c"}) {
        ASSERT_THAT(cache->add(contract_record(name)), IsOk());
        now_ += 10;
    }
    now_ += 4000;
    ASSERT_TRUE(cache->find(Digest::of("a"))->has_value());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto usage, cache->usage());
    ASSERT_EQ(usage.size(), 3U);
    EXPECT_EQ(usage[0].key, Digest::of("b"));
    EXPECT_EQ(usage[1].key, Digest::of("c"));
    EXPECT_EQ(usage[2].key, Digest::of("a"));
    EXPECT_EQ(usage[2].last_used_at, now_);
    EXPECT_EQ(usage[2].outputs, contract_record("a").outputs);
}

TEST_F(LocalCacheTest, UsesAreWrittenAtTheEnd) {
    {
        const auto cache = open();
        ASSERT_THAT(cache->add(contract_record("make")), IsOk());
        now_ += 10'000;
        ASSERT_TRUE(cache->find(Digest::of("make"))->has_value());
    }
    EXPECT_EQ((*open()->usage())[0].last_used_at, now_);
}

TEST_F(LocalCacheTest, LongBuildsWriteTheUsesOnTheWay) {
    const auto cache = open();
    ASSERT_THAT(cache->add(contract_record("make")), IsOk());
    now_ += 10'000;
    ASSERT_TRUE(cache->find(Digest::of("make"))->has_value());
    const auto used_at = now_.load();
    now_ += 100;
    ASSERT_THAT(cache->add(contract_record("other")), IsOk());
    EXPECT_EQ((*open()->usage())[0].last_used_at, used_at);
}

TEST_F(LocalCacheTest, HitsWithinAnHourWriteNothing) {
    const auto cache = open();
    ASSERT_THAT(cache->add(contract_record("make")), IsOk());
    const auto added_at = now_.load();
    now_ += 3000;
    ASSERT_TRUE(cache->find(Digest::of("make"))->has_value());
    EXPECT_EQ((*cache->usage())[0].last_used_at, added_at);
}

TEST_F(LocalCacheTest, AnOlderUseNeverReplacesANewerOne) {
    const auto one = open();
    const auto two = open();
    ASSERT_THAT(one->add(contract_record("make")), IsOk());
    now_ += 5000;
    ASSERT_TRUE(one->find(Digest::of("make"))->has_value());  // noted, not yet written
    now_ += 5000;
    ASSERT_TRUE(two->find(Digest::of("make"))->has_value());
    const auto newest = now_.load();
    EXPECT_EQ((*two->usage())[0].last_used_at, newest);
    EXPECT_EQ((*one->usage())[0].last_used_at, newest);
}

TEST_F(LocalCacheTest, RemoveAndClear) {
    const auto cache = open();
    for (const auto name : {"a", "b", "c"}) ASSERT_THAT(cache->add(contract_record(name)), IsOk());
    ASSERT_THAT(cache->remove(Digest::of("c")), IsOk());
    ASSERT_THAT(cache->remove(Digest::of("never there")), IsOk());
    EXPECT_FALSE(cache->find(Digest::of("c"))->has_value());
    EXPECT_EQ((*cache->latest_in_slot("Dockerfile:app:1"))->key, Digest::of("b"));
    ASSERT_THAT(cache->clear(), IsOk());
    EXPECT_THAT(*cache->usage(), ::testing::IsEmpty());
    EXPECT_FALSE(cache->latest_in_slot("Dockerfile:app:1")->has_value());
}

TEST_F(LocalCacheTest, AFileThatIsNoDatabaseIsCorruptAndStays) {
    const std::string text(5000, 'x');
    ASSERT_THAT(os::write_file(path_, text), IsOk());
    const auto cache = LocalCache::open(path_);
    ASSERT_THAT(cache, FailsWith(ErrorCode::kCorrupt, HasSubstr("cache.db")));
    ASSERT_TRUE(cache.error().hint().has_value());
    EXPECT_THAT(*cache.error().hint(), HasSubstr("remove '" + path_ + "'"));
    EXPECT_EQ(*os::read_file(path_), text);
}

TEST_F(LocalCacheTest, AnotherProgramsDatabaseIsRefusedAndStays) {
    sql("CREATE TABLE precious (x); INSERT INTO precious VALUES (1)");
    EXPECT_THAT(LocalCache::open(path_),
                FailsWith(ErrorCode::kCorrupt, HasSubstr("not a build cache")));
    sql("SELECT * FROM precious");
}

TEST_F(LocalCacheTest, ANewerVersionIsRefused) {
    open();
    sql("PRAGMA user_version = 99");
    const auto cache = LocalCache::open(path_);
    ASSERT_THAT(cache, FailsWith(ErrorCode::kCorrupt, HasSubstr("version 99")));
    EXPECT_TRUE(cache.error().hint().has_value());
}

TEST_F(LocalCacheTest, ADamagedRecordIsCorrupt) {
    const auto cache = open();
    ASSERT_THAT(cache->add(contract_record("make")), IsOk());
    sql("UPDATE records SET outputs = x'ff'");
    EXPECT_THAT(cache->find(Digest::of("make")),
                FailsWith(ErrorCode::kCorrupt, HasSubstr("malformed")));
    sql("UPDATE records SET outputs = x'', ingredients = x'0105'");
    EXPECT_THAT(cache->find(Digest::of("make")), IsOk());
    EXPECT_THAT(cache->latest_in_slot("Dockerfile:app:1"),
                FailsWith(ErrorCode::kCorrupt, HasSubstr("malformed")));
}

TEST_F(LocalCacheTest, ADamagedFileIsCorruptNotACrash) {
    {
        const auto cache = open();
        for (int i = 0; i < 500; ++i)
            ASSERT_THAT(cache->add(contract_record(std::to_string(i))), IsOk());
    }
    SLIPWAY_ASSERT_OK_AND_ASSIGN(auto data, os::read_file(path_));
    ASSERT_GT(data.size(), 20'000U);
    for (std::size_t i = 12'288; i < data.size(); ++i) data[i] = static_cast<char>(i * 31);
    ASSERT_THAT(os::write_file(path_, data), IsOk());
    const auto cache = LocalCache::open(path_);
    ASSERT_THAT(cache, IsOk());
    int failed = 0;
    for (int i = 0; i < 500; ++i) {
        const auto found = (*cache)->find(Digest::of(std::to_string(i)));
        if (found) continue;
        ++failed;
        ASSERT_EQ(found.error().code(), ErrorCode::kCorrupt) << found.error().to_string();
        ASSERT_TRUE(found.error().hint().has_value());
    }
    EXPECT_GT(failed, 0);
}

TEST_F(LocalCacheTest, AMissingFolderIsAnError) {
    EXPECT_THAT(LocalCache::open(dir_.path() + "/missing/cache.db"),
                FailsWith(ErrorCode::kResource, HasSubstr("missing/cache.db")));
}

TEST_F(LocalCacheTest, ManyMayOpenAndWriteAtOnce) {
    constexpr int kConnections = 6;
    constexpr int kEach = 20;
    std::vector<std::jthread> threads;
    for (int t = 0; t < kConnections; ++t) {
        threads.emplace_back([this, t] {
            const auto cache = LocalCache::open(path_);  // the first of them makes the tables
            ASSERT_THAT(cache, IsOk());
            for (int i = 0; i < kEach; ++i) {
                ASSERT_THAT((*cache)->add(contract_record(fmt::format("{} {}", t, i))), IsOk());
            }
        });
    }
    threads.clear();
    EXPECT_EQ(open()->usage()->size(), static_cast<std::size_t>(kConnections * kEach));
}

TEST_F(LocalCacheTest, ProcessesThatAreKilledWhileWritingLeaveAWholeDatabase) {
    constexpr int kChildren = 3;
    std::vector<pid_t> children;
    for (int c = 0; c < kChildren; ++c) {
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            auto cache = LocalCache::open(path_);
            if (!cache) _exit(1);
            for (int i = 0; i < 1'000'000; ++i) {
                if (!(*cache)->add(contract_record(fmt::format("{} {}", c, i)))) _exit(1);
            }
            _exit(1);
        }
        children.push_back(child);
    }
    const auto cache = open();
    while (cache->usage()->size() < 300) std::this_thread::yield();
    for (const pid_t child : children) {
        kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFSIGNALED(status)) << "the child failed by itself";
    }
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto usage, cache->usage());
    EXPECT_GE(usage.size(), 300U);
    for (const auto& one : usage) ASSERT_TRUE(cache->find(one.key)->has_value());
    ASSERT_THAT(cache->add(contract_record("after")), IsOk());
}

TEST_F(LocalCacheTest, TheLookUpsOfANoOpBuildTakeMilliseconds) {
    const auto cache = open();
    for (int i = 0; i < 200; ++i) {
        auto record = contract_record(std::to_string(i));
        for (int f = 0; f < 500; ++f)
            record.ingredients.push_back({fmt::format("context file '{}'", f), "x"});
        ASSERT_THAT(cache->add(record), IsOk());
    }
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 200; ++i)
        ASSERT_TRUE(cache->find(Digest::of(std::to_string(i)))->has_value());
    const auto took = std::chrono::steady_clock::now() - start;
    RecordProperty(
        "microseconds",
        static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
    EXPECT_LT(took, std::chrono::milliseconds(500));  // a few, on a machine that is not busy
}

}  // namespace
}  // namespace slipway::cache
