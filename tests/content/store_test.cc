#include "content/store.h"

#include "content/blob_store.h"
#include "content/store_fixture.h"

#include <gmock/gmock.h>

#include <chrono>
#include <future>
#include <stop_token>
#include <thread>

namespace slipway::content {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using slipway::testing::IsOkAndHolds;
using slipway::testing::StoreTest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

class StoreFolder : public StoreTest {
  protected:
    [[nodiscard]] std::vector<std::string> names_in(const std::string& folder) const {
        std::vector<std::string> names;
        const auto dir = os::Dir::open(root() + "/" + folder);
        EXPECT_THAT(dir, IsOk());
        const auto entries = dir->list({});
        EXPECT_THAT(entries, IsOk());
        for (const auto& entry : *entries) names.push_back(entry.name);
        return names;
    }

    void write(const std::string& path, std::string_view text = "x") const {
        ASSERT_THAT(os::write_file(root() + "/" + path, text), IsOk());
    }

    void write_layer(const std::string& id) const {
        ASSERT_THAT(os::make_dirs(root() + "/layers/" + id + "/diff"), IsOk());
        write("layers/" + id + "/diff/file");
        write("layers/" + id + "/manifest");
    }

    [[nodiscard]] bool has(const std::string& path) const {
        return os::path_exists(root() + "/" + path);
    }

    /// Everything so far is on disk, and the clock has moved on enough to tell what comes later.
    void sync_to_disk() const {
        // The mark lies a second back, because the clock of files lags.
        std::this_thread::sleep_for(std::chrono::milliseconds(1100));
        ASSERT_THAT(store_->mark_synced(), IsOk());
    }
};

TEST_F(StoreFolder, IsMadeWithItsParents) {
    const std::string deep = dir_->path() + "/a/b/store";
    EXPECT_THAT(Store::open(deep, os::LockMode::kShared), IsOk());
    EXPECT_THAT(os::read_file(deep + "/version"), IsOkAndHolds("1\n"));
}

TEST_F(StoreFolder, OfAnotherVersionIsRefused) {
    store_.reset();
    write("version", "2\n");
    EXPECT_THAT(Store::testing_only_open(root(), os::LockMode::kShared, "boot-1"),
                FailsWith(ErrorCode::kUnsupported, HasSubstr("layout version '2'")));
    EXPECT_THAT(Store::testing_only_open(root(), os::LockMode::kShared, "boot-2"),
                FailsWith(ErrorCode::kUnsupported, HasSubstr("layout version '2'")));
}

TEST_F(StoreFolder, IsNotMadeOfSomebodysFiles) {
    ASSERT_THAT(os::write_file(dir_->path() + "/letter", "dear"), IsOk());
    EXPECT_THAT(Store::open(dir_->path(), os::LockMode::kShared),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("neither empty nor a store")));
    EXPECT_THAT(os::read_file(dir_->path() + "/letter"), IsOkAndHolds("dear"));
}

TEST_F(StoreFolder, IsSharedByBuildsAndExclusiveForPrune) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(auto second,
                                 Store::testing_only_open(root(), os::LockMode::kShared, "boot-1"));
    std::stop_source stop;
    auto prune = std::async(std::launch::async, [&] {
        return Store::open(root(), os::LockMode::kExclusive, stop.get_token());
    });
    EXPECT_EQ(prune.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
    stop.request_stop();
    EXPECT_THAT(prune.get(), FailsWith(ErrorCode::kCancelled, HasSubstr("lock")));
    store_.reset();
    second.reset();
    EXPECT_THAT(Store::testing_only_open(root(), os::LockMode::kExclusive, "boot-1"), IsOk());
}

TEST_F(StoreFolder, TemporariesGoWithTheirProcess) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(auto draft, store_->temp_dir("draft"));
    EXPECT_THAT(draft.path(), StartsWith(root() + "/tmp/"));
    const std::string kept = draft.keep();
    store_.reset();
    EXPECT_FALSE(os::path_exists(kept));
    EXPECT_THAT(names_in("tmp"), ElementsAre("lock"));
}

TEST_F(StoreFolder, SweepsWhatDeadProcessesLeft) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto mine, store_->temp_dir("draft"));
    ASSERT_THAT(os::make_dirs(root() + "/tmp/process-dead/draft"), IsOk());
    write("tmp/process-dead/lock", "");
    write("tmp/stray", "");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto other,
                                 Store::testing_only_open(root(), os::LockMode::kShared, "boot-1"));
    EXPECT_FALSE(has("tmp/process-dead"));
    EXPECT_FALSE(has("tmp/stray"));
    EXPECT_TRUE(os::path_exists(mine.path()));
}

TEST_F(StoreFolder, TrashKeepsUntilItIsEmptied) {
    write_layer("a");
    ASSERT_THAT(store_->trash(store_->path("layers/a")), IsOk());
    EXPECT_FALSE(has("layers/a"));
    EXPECT_THAT(names_in("trash"), SizeIs(1));
    ASSERT_THAT(store_->empty_trash(), IsOk());
    EXPECT_THAT(names_in("trash"), IsEmpty());
}

TEST_F(StoreFolder, TrashTakesOnlyWhatIsInTheStore) {
    for (const auto& path : {dir_->path(), root(), root() + "/../x", root() + "x/y"}) {
        EXPECT_THAT(store_->trash(path),
                    FailsWith(ErrorCode::kInternal, HasSubstr("is not in the store")))
            << path;
    }
    EXPECT_THAT(store_->trash(root() + "/layers/none"),
                FailsWith(ErrorCode::kNotFound, HasSubstr("none")));
}

TEST_F(StoreFolder, AProcessCrashLosesNothing) {
    write_layer("a");
    write("blobs/sha256/b");
    reopen("boot-1");
    EXPECT_TRUE(has("layers/a/diff/file"));
    EXPECT_TRUE(has("blobs/sha256/b"));
}

TEST_F(StoreFolder, APowerCutDropsWhatIsNotKnownToBeOnDisk) {
    write_layer("old");
    write("blobs/sha256/old");
    write("chains/old");
    write("contexts/old");
    sync_to_disk();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    write_layer("new");
    write("layers/old/blob.json");
    write("blobs/sha256/new");
    write("chains/new");
    write("contexts/new");
    ASSERT_THAT(os::make_dirs(root() + "/layers/half"), IsOk());
    ASSERT_THAT(os::make_dirs(root() + "/mounts/cargo"), IsOk());
    reopen("boot-2");
    EXPECT_TRUE(has("layers/old/manifest"));
    EXPECT_TRUE(has("layers/old/diff/file"));
    EXPECT_FALSE(has("layers/old/blob.json"));
    EXPECT_FALSE(has("layers/new"));
    EXPECT_FALSE(has("layers/half"));
    EXPECT_TRUE(has("mounts/cargo"));
    for (const char* folder : {"blobs/sha256", "chains", "contexts"}) {
        EXPECT_THAT(names_in(folder), ElementsAre("old")) << folder;
    }
}

TEST_F(StoreFolder, NamesAreOnDiskByThemselves) {
    sync_to_disk();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    write("names/new");
    reopen("boot-2");
    EXPECT_TRUE(has("names/new"));
}

TEST_F(StoreFolder, WaitsForTheDiskOnlyWhenSomethingCame) {
    write_layer("a");
    sync_to_disk();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const std::string mark, os::read_file(root() + "/synced"));
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));
    ASSERT_THAT(store_->mark_synced(), IsOk());
    EXPECT_THAT(os::read_file(root() + "/synced"), IsOkAndHolds(mark));
    write("blobs/sha256/b");
    ASSERT_THAT(store_->mark_synced(), IsOk());
    EXPECT_THAT(os::read_file(root() + "/synced"), IsOkAndHolds(Not(mark)));
}

TEST_F(StoreFolder, WhatSurvivedOnePowerCutSurvivesTheNext) {
    write_layer("old");
    sync_to_disk();
    reopen("boot-2");
    write_layer("new");
    reopen("boot-3");
    EXPECT_TRUE(has("layers/old/manifest"));
    EXPECT_FALSE(has("layers/new"));
}

TEST_F(StoreFolder, TrustsNothingWhenTheMarkIsLostOrDamaged) {
    for (const char* damage : {"", "garbage", "boot-1 x"}) {
        write_layer("a");
        sync_to_disk();
        write("synced", damage);
        reopen("boot-1");
        EXPECT_FALSE(has("layers/a")) << damage;
    }
}

TEST_F(StoreFolder, WaitsForOthersBeforeItSweeps) {
    write_layer("a");
    auto next_boot = std::async(std::launch::async, [&] {
        return Store::testing_only_open(root(), os::LockMode::kShared, "boot-2");
    });
    EXPECT_EQ(next_boot.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
    EXPECT_TRUE(has("layers/a"));
    store_.reset();
    EXPECT_THAT(next_boot.get(), IsOk());
    EXPECT_FALSE(has("layers/a"));
}

TEST_F(StoreFolder, ManyProcessesMayOpenItAtOnce) {
    store_.reset();
    std::vector<std::future<Result<void>>> opened;
    for (int i = 0; i < 64; ++i) {
        opened.push_back(std::async(std::launch::async, [&]() -> Result<void> {
            SLIPWAY_ASSIGN(const auto store,
                           Store::testing_only_open(root(), os::LockMode::kShared, "boot-2"));
            SLIPWAY_TRY(store->temp_dir("x"));
            return {};
        }));
    }
    for (auto& one : opened) EXPECT_THAT(one.get(), IsOk());
}

}  // namespace
}  // namespace slipway::content
