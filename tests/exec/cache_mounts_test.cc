#include "exec/cache_mounts.h"

#include "exec/test_root.h"
#include "os/child.h"
#include "support/result_matchers.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace slipway::exec {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOkAndHolds;
using ::testing::_;
using ::testing::Ne;

class CacheMounts : public ::testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(root_.ok());
        store_ = open_store();
        ASSERT_NE(store_, nullptr);
    }
    std::unique_ptr<content::Store> open_store() const {
        auto opened = content::Store::open(root_.path() + "/store", os::LockMode::kShared);
        EXPECT_TRUE(opened.has_value()) << opened.error().to_string();
        return opened ? std::move(*opened) : nullptr;
    }
    Result<CacheMount> acquire(Sharing sharing, const std::string& id = "apt",
                               std::stop_token stop = {}, const CacheMountOwner& owner = {}) const {
        return acquire_cache_mount(*store_, id, sharing, owner, "", nullptr, stop);
    }
    CacheMount must_acquire(Sharing sharing, const std::string& id = "apt") const {
        auto mount = acquire(sharing, id);
        EXPECT_TRUE(mount.has_value()) << mount.error().to_string();
        return std::move(*mount);
    }
    /// Does `sharing` have to wait now?
    bool waits(Sharing sharing) const {
        std::stop_source stop;
        const std::jthread later([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(150));
            stop.request_stop();
        });
        const auto mount = acquire(sharing, "apt", stop.get_token());
        if (mount) return false;
        EXPECT_EQ(mount.error().code(), ErrorCode::kCancelled);
        return true;
    }
    TestRoot root_;
    std::unique_ptr<content::Store> store_;
};

TEST_F(CacheMounts, KeepWhatIsWrittenToThem) {
    {
        const CacheMount first = must_acquire(Sharing::kShared);
        ASSERT_TRUE(os::write_file(first.host_path + "/kept", "x"));
    }
    EXPECT_TRUE(os::path_exists(must_acquire(Sharing::kLocked).host_path + "/kept"));
    EXPECT_TRUE(os::path_exists(must_acquire(Sharing::kPrivate).host_path + "/kept"));
}

TEST_F(CacheMounts, DifferByIdOwnerAndOrigin) {
    const std::string plain = must_acquire(Sharing::kShared).host_path;
    EXPECT_NE(must_acquire(Sharing::kShared, "pip").host_path, plain);
    EXPECT_THAT(acquire(Sharing::kShared, "apt", {}, {.uid = 1000})->host_path, Ne(plain));
    EXPECT_THAT(acquire_cache_mount(*store_, "apt", Sharing::kShared, {}, "sha256:1", nullptr, {})
                    ->host_path,
                Ne(plain));
    EXPECT_EQ(must_acquire(Sharing::kShared).host_path, plain);
}

TEST_F(CacheMounts, IdsAreAnyText) {
    for (const char* id : {"/var/cache/apt", "../../etc", "a b\nc", ""}) {
        EXPECT_TRUE(must_acquire(Sharing::kShared, id)
                        .host_path.starts_with(root_.path() + "/store/mounts/"));
    }
}

TEST_F(CacheMounts, HaveTheOwnerAskedFor) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    const auto mount = acquire(Sharing::kShared, "apt", {}, {.uid = 12, .gid = 34, .mode = 0700});
    ASSERT_TRUE(mount.has_value());
    const auto dir = os::Dir::open(mount->host_path);
    const auto info = dir->stat(RelPath());
    EXPECT_EQ(info->uid, 12U);
    EXPECT_EQ(info->gid, 34U);
    EXPECT_EQ(info->mode & 07777U, 0700U);
}

TEST_F(CacheMounts, SharedOnesAreUsedTogether) {
    const CacheMount first = must_acquire(Sharing::kShared);
    EXPECT_EQ(must_acquire(Sharing::kShared).host_path, first.host_path);
    EXPECT_TRUE(waits(Sharing::kLocked));
}

TEST_F(CacheMounts, LockedOnesWait) {
    auto first = std::make_optional(must_acquire(Sharing::kLocked));
    EXPECT_TRUE(waits(Sharing::kLocked));
    EXPECT_TRUE(waits(Sharing::kShared));
    first.reset();
    EXPECT_FALSE(waits(Sharing::kLocked));
}

TEST_F(CacheMounts, PrivateOnesGetACopyOfTheirOwn) {
    auto first = std::make_optional(must_acquire(Sharing::kPrivate));
    const std::string first_path = first->host_path;
    const CacheMount second = must_acquire(Sharing::kPrivate);
    EXPECT_NE(second.host_path, first_path);
    first.reset();
    EXPECT_EQ(must_acquire(Sharing::kPrivate).host_path, first_path);
}

TEST_F(CacheMounts, HoldBetweenProcesses) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(os::Pipe ready, os::make_pipe());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(os::Pipe finish, os::make_pipe());
    const pid_t child = ::fork();
    if (child == 0) {
        const auto store = content::Store::open(root_.path() + "/store", os::LockMode::kShared);
        auto held = acquire_cache_mount(**store, "apt", Sharing::kLocked, {}, "", nullptr, {});
        char byte = held ? 'y' : 'n';
        static_cast<void>(!::write(ready.write.get(), &byte, 1));
        finish.write = os::Fd();
        static_cast<void>(!::read(finish.read.get(), &byte, 1));
        ::_exit(0);  // the lock goes with the process
    }
    char byte = 0;
    ASSERT_EQ(::read(ready.read.get(), &byte, 1), 1);
    EXPECT_EQ(byte, 'y');
    EXPECT_TRUE(waits(Sharing::kLocked));
    EXPECT_TRUE(waits(Sharing::kShared));
    EXPECT_TRUE(must_acquire(Sharing::kPrivate).host_path.ends_with("/1"));
    finish.write = os::Fd();
    ::waitpid(child, nullptr, 0);
    EXPECT_FALSE(waits(Sharing::kLocked));
}

TEST_F(CacheMounts, AreFilledOnceAndOnlySeenWhole) {
    std::atomic<int> fills = 0;
    std::atomic<int> incomplete = 0;
    const auto fill = [&](const std::string& path) -> Result<void> {
        ++fills;
        SLIPWAY_TRY(os::write_file(path + "/one", "1"));
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        return os::write_file(path + "/two", "2");
    };
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                const auto mount =
                    acquire_cache_mount(*store_, "x", Sharing::kShared, {}, "from", fill, {});
                if (!mount || !os::path_exists(mount->host_path + "/two")) ++incomplete;
            });
        }
    }
    EXPECT_EQ(fills, 1);
    EXPECT_EQ(incomplete, 0);
}

TEST_F(CacheMounts, AreNotMadeWhenFillingFails) {
    const auto fails = [](const std::string& path) -> Result<void> {
        SLIPWAY_TRY(os::write_file(path + "/half", "1"));
        return make_error(ErrorCode::kUnavailable, "no more");
    };
    EXPECT_THAT(acquire_cache_mount(*store_, "x", Sharing::kShared, {}, "from", fails, {}),
                FailsWith(ErrorCode::kUnavailable, "no more"));
    const auto mount = acquire_cache_mount(*store_, "x", Sharing::kShared, {}, "from", nullptr, {});
    ASSERT_TRUE(mount.has_value());
    EXPECT_FALSE(os::path_exists(mount->host_path + "/half"));
}

TEST_F(CacheMounts, ArePrunedUnlessInUse) {
    const CacheMount used = must_acquire(Sharing::kShared, "used");
    const std::string unused = must_acquire(Sharing::kShared, "unused").host_path;
    ASSERT_TRUE(os::write_file(unused + "/file", std::string(1000, 'x')));
    ASSERT_TRUE(os::make_dirs(unused + "/dir"));
    ASSERT_TRUE(os::write_file(unused + "/dir/file", std::string(234, 'x')));
    EXPECT_THAT(prune_cache_mounts(*store_, content::Prune::kCount), IsOkAndHolds(1234U));
    EXPECT_TRUE(os::path_exists(unused)) << "counting removes nothing";
    EXPECT_THAT(prune_cache_mounts(*store_, content::Prune::kRemove), IsOkAndHolds(1234U));
    EXPECT_FALSE(os::path_exists(unused));
    EXPECT_TRUE(os::path_exists(used.host_path));
    EXPECT_THAT(prune_cache_mounts(*store_, content::Prune::kRemove), IsOkAndHolds(0U));
    EXPECT_TRUE(os::path_exists(must_acquire(Sharing::kShared, "unused").host_path));
}

}  // namespace
}  // namespace slipway::exec
