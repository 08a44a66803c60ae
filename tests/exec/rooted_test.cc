#include "exec/internal/rooted.h"

#include "exec/test_root.h"
#include "support/result_matchers.h"

namespace slipway::exec {
namespace {

using slipway::testing::FailsWith;
using ::testing::HasSubstr;

class Rooted : public ::testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(root_.ok());
        root_.write("/usr/lib/passwd", "p");
    }
    std::string resolve(std::string_view path) const {
        const auto found = resolve_in_root(root_.dir(), path);
        if (!found) return found.error().to_string();
        return (found->info ? "" : "missing ") + found->path.text();
    }
    TestRoot root_;
};

TEST_F(Rooted, FollowsLinksInsideTheRoot) {
    root_.link("../usr/lib/passwd", "/etc/passwd");
    root_.link("/usr", "/alias");
    EXPECT_EQ(resolve("/etc/passwd"), "usr/lib/passwd");
    EXPECT_EQ(resolve("/alias/lib/passwd"), "usr/lib/passwd");
    EXPECT_EQ(resolve("/"), "");
}

TEST_F(Rooted, NeverLeavesTheRoot) {
    root_.link("/etc", "/absolute");
    root_.link("../../../../../../../etc/shadow", "/climbing");
    EXPECT_EQ(resolve("/absolute/hostname"), "missing etc/hostname");
    EXPECT_EQ(resolve("/climbing"), "missing etc/shadow");
    EXPECT_EQ(resolve("/../../usr/lib/passwd"), "usr/lib/passwd");
}

TEST_F(Rooted, ResolvesWhatIsMissingByItsText) {
    root_.link("/run/x/stub.conf", "/etc/resolv.conf");
    EXPECT_EQ(resolve("/etc/resolv.conf"), "missing run/x/stub.conf");
    EXPECT_EQ(resolve("/no/such/../dir"), "missing no/dir");
}

TEST_F(Rooted, RefusesLoopsAndFilesAsParents) {
    root_.link("b", "/a");
    root_.link("a", "/b");
    EXPECT_THAT(resolve_in_root(root_.dir(), "/a"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("too many")));
    EXPECT_THAT(
        resolve_in_root(root_.dir(), "/usr/lib/passwd/x"),
        FailsWith(ErrorCode::kInvalidInput, HasSubstr("'/usr/lib/passwd' is not a directory")));
}

}  // namespace
}  // namespace slipway::exec
