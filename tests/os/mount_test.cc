#include "os/mount.h"

#include "os/dir.h"
#include "os/file.h"
#include "os/internal/overlay.h"
#include "os/system.h"
#include "os/temp.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>

namespace slipway::os {
namespace {

using internal::Sync;
using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using slipway::testing::IsOkAndHolds;
using ::testing::_;
using ::testing::HasSubstr;

/// In a mount namespace of its own, so that a failed test leaves no mount behind.
class MountTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!is_root()) GTEST_SKIP() << "mounts need root";
        if (::unshare(CLONE_NEWNS) != 0 ||
            ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
            GTEST_SKIP() << "no mount namespaces here";
        }
        auto temp = TempDir::create(::testing::TempDir(), "mount-test");
        ASSERT_THAT(temp, IsOk());
        temp_.emplace(std::move(*temp));
        if (!mount_tmpfs(make("probe"), "")) GTEST_SKIP() << "no tmpfs here";
    }
    /// A folder below the test's own; returns its path.
    std::string make(const std::string& name) {
        std::string path = temp_->path() + "/" + name;
        EXPECT_THAT(make_dirs(path), IsOk());
        return path;
    }
    void put(const std::string& name, const std::string& text) {
        EXPECT_THAT(write_file(temp_->path() + "/" + name, text), IsOk());
    }
    Result<std::string> get(const std::string& name) {
        return read_file(temp_->path() + "/" + name);
    }
    std::string options_of(const std::string& target) {
        const std::string mounts = read_file("/proc/self/mounts").value();
        const auto at = mounts.find(" " + target + " ");
        return at == std::string::npos ? "" : mounts.substr(at, mounts.find('\n', at) - at);
    }

    std::optional<TempDir> temp_;
};

TEST_F(MountTest, TmpfsTakesOptionsAndGoesWithItsOwner) {
    const std::string target = make("t");
    {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const MountPoint mount,
                                     mount_tmpfs(target, "size=1m,mode=0711"));
        EXPECT_THAT(options_of(target), HasSubstr("size=1024k"));
        put("t/f", "x");
    }
    EXPECT_EQ(options_of(target), "");
    EXPECT_FALSE(path_exists(target + "/f"));
    EXPECT_THAT(mount_tmpfs(temp_->path() + "/none", ""),
                FailsWith(ErrorCode::kNotFound, HasSubstr("none")));
}

TEST_F(MountTest, BindShowsTheSameAndCanBeReadOnly) {
    const std::string from = make("from");
    const std::string target = make("to");
    put("from/f", "x");
    {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const MountPoint mount,
                                     bind_mount(from, target, Access::kReadWrite));
        EXPECT_THAT(get("to/f"), IsOkAndHolds("x"));
        put("to/g", "y");
    }
    EXPECT_THAT(get("from/g"), IsOkAndHolds("y"));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(MountPoint mount, bind_mount(from, target, Access::kReadOnly));
    EXPECT_THAT(write_file(target + "/h", "z"),
                FailsWith(ErrorCode::kDenied, HasSubstr("Read-only")));
    put("from/h", "z");  // only the mount is read-only
    ASSERT_THAT(mount.unmount(), IsOk());
    EXPECT_EQ(options_of(target), "");
}

TEST_F(MountTest, OverlayStacksItsLayersTopFirst) {
    const std::vector<std::string> lower = {make("l2"), make("l1"), make("l0")};
    put("l0/a", "0");
    put("l1/a", "1");
    put("l1/b", "1");
    put("l2/b", "2");
    put("l0/c", "0");
    const std::string upper = make("upper");
    const std::string work = make("work");
    const std::string target = make("m");
    {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(
            const MountPoint mount,
            mount_overlay({.lower = lower, .upper = upper, .work = work}, target));
        EXPECT_THAT(get("m/a"), IsOkAndHolds("1"));
        EXPECT_THAT(get("m/b"), IsOkAndHolds("2"));
        put("m/new", "n");
        EXPECT_EQ(::unlink((target + "/c").c_str()), 0);
    }
    EXPECT_THAT(get("upper/new"), IsOkAndHolds("n"));
    struct stat whiteout {};
    ASSERT_EQ(::lstat((upper + "/c").c_str(), &whiteout), 0);
    EXPECT_TRUE(S_ISCHR(whiteout.st_mode));
    EXPECT_EQ(whiteout.st_rdev, 0U);
    // The same folders again: a volatile mount must not lock us out.
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const MountPoint again,
        mount_overlay({.lower = lower, .upper = upper, .work = work}, target));
    EXPECT_THAT(get("m/new"), IsOkAndHolds("n"));
}

TEST_F(MountTest, ViewsAreReadOnly) {
    const std::string one = make("l0");
    const std::string two = make("l1");
    const std::string target = make("m");
    put("l0/a", "0");
    {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(
            const MountPoint mount,
            mount_overlay({.lower = {one}, .upper = "", .work = ""}, target));
        EXPECT_THAT(get("m/a"), IsOkAndHolds("0"));
        EXPECT_THAT(write_file(target + "/x", ""), FailsWith(ErrorCode::kDenied, _));
    }
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const MountPoint mount,
        mount_overlay({.lower = {two, one}, .upper = "", .work = ""}, target));
    EXPECT_THAT(get("m/a"), IsOkAndHolds("0"));
    EXPECT_THAT(write_file(target + "/x", ""), FailsWith(ErrorCode::kDenied, _));
}

TEST_F(MountTest, SaysWhichLayerIsMissing) {
    const std::string target = make("m");
    const OverlaySpec spec{.lower = {make("l0"), temp_->path() + "/gone"}, .upper = "", .work = ""};
    EXPECT_THAT(mount_overlay(spec, target), FailsWith(ErrorCode::kNotFound, HasSubstr("/gone")));
    EXPECT_THAT(internal::mount_overlay_by_string(spec, target, Sync::kNormal),
                FailsWith(ErrorCode::kNotFound, HasSubstr("/gone")));
    EXPECT_THAT(mount_overlay({}, target), FailsWith(ErrorCode::kInternal, _));
}

using Way = std::function<Result<void>(const OverlaySpec&, const std::string&, Sync)>;

class OverlayWays : public MountTest, public ::testing::WithParamInterface<bool> {
  protected:
    Result<void> mount(const OverlaySpec& spec, const std::string& target) {
        return GetParam() ? internal::mount_overlay_by_layers(spec, target, Sync::kVolatile)
                          : internal::mount_overlay_by_string(spec, target, Sync::kVolatile);
    }
};

INSTANTIATE_TEST_SUITE_P(Both, OverlayWays, ::testing::Bool(),
                         [](const auto& each) { return each.param ? "by_layers" : "by_string"; });

TEST_P(OverlayWays, TakesMoreLayersThanOnePageOfOptionsWouldHold) {
    OverlaySpec spec;
    for (int i = 0; i < 300; ++i) {
        const std::string name =
            fmt::format("layers/sha256-a-long-name-as-stores-give-them-{:04}", i);
        spec.lower.push_back(make(name));
        put(fmt::format("{}/f{}", name, i), std::to_string(i));
        put(name + "/same", std::to_string(i));
    }
    spec.upper = make("upper");
    spec.work = make("work");
    const std::string target = make("m");
    const auto mounted = mount(spec, target);
    if (!mounted && mounted.error().code() == ErrorCode::kUnsupported) {
        GTEST_SKIP() << mounted.error().to_string();
    }
    ASSERT_THAT(mounted, IsOk());
    const MountPoint held(target);
    EXPECT_THAT(get("m/f299"), IsOkAndHolds("299"));
    EXPECT_THAT(get("m/same"), IsOkAndHolds("0"));
    EXPECT_THAT(options_of(target), HasSubstr("volatile"));
    put("m/new", "n");
    EXPECT_THAT(get("upper/new"), IsOkAndHolds("n"));
}

TEST_P(OverlayWays, TakesNamesThatNeedEscapesAndLongPaths) {
    const std::string nasty = "a:b,c\\d " + std::string(200, 'x') + "/" + std::string(200, 'y');
    const OverlaySpec spec{.lower = {make(nasty + "/l:1"), make(nasty + "/l,0")},
                           .upper = make(nasty + "/upper"),
                           .work = make(nasty + "/work")};
    put(nasty + "/l,0/a", "0");
    const std::string target = make(nasty + "/m");
    const auto mounted = mount(spec, target);
    if (!mounted && mounted.error().code() == ErrorCode::kUnsupported) {
        GTEST_SKIP() << mounted.error().to_string();
    }
    ASSERT_THAT(mounted, IsOk());
    const MountPoint held(target);
    EXPECT_THAT(get(nasty + "/m/a"), IsOkAndHolds("0"));
    put(nasty + "/m/b", "1");
    EXPECT_THAT(get(nasty + "/upper/b"), IsOkAndHolds("1"));
}

TEST_F(MountTest, RemoveTreeStopsAtAMountPoint) {
    const std::string precious = make("precious");
    put("precious/f", "p");
    const std::string target = make("tree/inner/mnt");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(MountPoint mount,
                                 bind_mount(precious, target, Access::kReadWrite));
    EXPECT_THAT(remove_tree(temp_->path() + "/tree"),
                FailsWith(ErrorCode::kConflict, HasSubstr("mount point")));
    EXPECT_THAT(get("precious/f"), IsOkAndHolds("p"));
    ASSERT_THAT(mount.unmount(), IsOk());
    EXPECT_THAT(remove_tree(temp_->path() + "/tree"), IsOk());
}

}  // namespace
}  // namespace slipway::os
