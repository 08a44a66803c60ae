#include "exec/internal/mount_stubs.h"

#include "exec/test_root.h"
#include "support/result_matchers.h"

namespace slipway::exec {
namespace {

using slipway::testing::IsOk;

constexpr os::Timestamp kLongAgo = {.seconds = 1000000000, .nanoseconds = 5};

class MountStubsTest : public ::testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(root_.ok());
        root_.make_dir("/etc");
        age("/etc");
        age("/");
    }
    void age(std::string_view path) const {
        ASSERT_THAT(root_.dir().set_times(RelPath::in_root(path), kLongAgo, kLongAgo), IsOk());
    }
    TestRoot root_;
    MountStubs stubs_{root_.dir()};
};

TEST_F(MountStubsTest, MakesWhatIsMissingAndTakesItAway) {
    ASSERT_THAT(stubs_.create({{"/etc/hosts", StubKind::kFile},
                               {"/etc/resolv.conf", StubKind::kFile},
                               {"/run/secrets/token", StubKind::kFile},
                               {"/root/.cache/pip", StubKind::kDirectory}}),
                IsOk());
    EXPECT_TRUE(root_.info("/etc/hosts").is_regular());
    EXPECT_TRUE(root_.info("/run/secrets/token").is_regular());
    EXPECT_TRUE(root_.info("/root/.cache/pip").is_dir());
    ASSERT_THAT(stubs_.remove(), IsOk());
    EXPECT_FALSE(root_.has("/etc/hosts"));
    EXPECT_FALSE(root_.has("/run"));
    EXPECT_FALSE(root_.has("/root"));
}

TEST_F(MountStubsTest, LeavesWhatWasThere) {
    root_.write("/etc/hosts", "mine");
    root_.make_dir("/cache");
    age("/etc");
    ASSERT_THAT(stubs_.create({{"/etc/hosts", StubKind::kFile}, {"/cache", StubKind::kDirectory}}),
                IsOk());
    ASSERT_THAT(stubs_.remove(), IsOk());
    EXPECT_EQ(root_.read("/etc/hosts"), "mine");
    EXPECT_TRUE(root_.has("/cache"));
    EXPECT_EQ(root_.info("/etc").mtime, kLongAgo);
}

TEST_F(MountStubsTest, KeepsWhatTheStepFilled) {
    ASSERT_THAT(
        stubs_.create({{"/etc/hosts", StubKind::kFile}, {"/run/secrets/token", StubKind::kFile}}),
        IsOk());
    root_.write("/etc/hosts", "filled");
    root_.write("/run/mine", "kept");
    ASSERT_THAT(stubs_.remove(), IsOk());
    EXPECT_EQ(root_.read("/etc/hosts"), "filled");
    EXPECT_TRUE(root_.has("/run/mine"));
    EXPECT_FALSE(root_.has("/run/secrets"));
}

TEST_F(MountStubsTest, FollowsADanglingLinkInsideTheRoot) {
    root_.link("../run/resolve/stub.conf", "/etc/resolv.conf");
    ASSERT_THAT(stubs_.create({{"/etc/resolv.conf", StubKind::kFile}}), IsOk());
    EXPECT_TRUE(root_.info("/run/resolve/stub.conf").is_regular());
    ASSERT_THAT(stubs_.remove(), IsOk());
    EXPECT_FALSE(root_.has("/run"));
    EXPECT_TRUE(root_.info("/etc/resolv.conf").is_symlink());
}

TEST_F(MountStubsTest, MakesNothingThatAnotherMountWillHide) {
    ASSERT_THAT(stubs_.create({{"/cache", StubKind::kDirectory},
                               {"/cache/below", StubKind::kDirectory},
                               {"/dev/pipes/EOF", StubKind::kFile}}),
                IsOk());
    EXPECT_TRUE(root_.has("/cache"));
    EXPECT_FALSE(root_.has("/cache/below"));
    EXPECT_FALSE(root_.has("/dev"));
    ASSERT_THAT(stubs_.remove(), IsOk());
}

TEST_F(MountStubsTest, DoesNotFollowALinkThatTookAParentsPlace) {
    const TestRoot outside;
    ASSERT_TRUE(outside.ok());
    outside.write("/token", "");
    ASSERT_THAT(stubs_.create({{"/run/secrets/token", StubKind::kFile}}), IsOk());
    ASSERT_THAT(root_.dir().remove_tree(RelPath::in_root("/run/secrets")), IsOk());
    root_.link(outside.path(), "/run/secrets");
    ASSERT_THAT(stubs_.remove(), IsOk());
    EXPECT_TRUE(outside.has("/token"));
}

}  // namespace
}  // namespace slipway::exec
