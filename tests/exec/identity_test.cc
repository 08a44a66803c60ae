#include "exec/internal/identity.h"

#include "exec/test_root.h"
#include "support/result_matchers.h"

namespace slipway::exec {
namespace {

using slipway::testing::FailsWith;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FindIdentity : public ::testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(root_.ok());
        root_.write("/etc/passwd",
                    "root:x:0:0:root:/root:/bin/sh\n"
                    "# a remark\n"
                    "broken line\n"
                    "dynamo:x:1000:0::/home/dynamo:/bin/sh\n"
                    "77:x:5:6::/:/bin/sh\n"
                    "www:x:33:33::/var/www:/bin/sh");
        root_.write("/etc/group",
                    "root:x:0:\nadm:x:4:root,www\nwww:x:33:\nstaff:x:50:dynamo,www\n");
    }
    Identity find(const std::string& user) const {
        auto found = find_identity(root_.dir(), user);
        EXPECT_TRUE(found.has_value()) << found.error().to_string();
        return found.value_or(Identity{.uid = 99999, .gid = 99999, .groups = {}});
    }
    void expect(const std::string& user, std::uint32_t uid, std::uint32_t gid,
                const std::vector<std::uint32_t>& groups) const {
        const Identity who = find(user);
        EXPECT_EQ(who.uid, uid) << user;
        EXPECT_EQ(who.gid, gid) << user;
        EXPECT_EQ(who.groups, groups) << user;
    }
    TestRoot root_;
};

TEST_F(FindIdentity, KnowsEveryForm) {
    expect("", 0, 0, {4});
    expect("dynamo", 1000, 0, {50});
    expect("1000", 1000, 0, {50});
    expect("www", 33, 33, {4, 50});
    expect("www:staff", 33, 50, {});
    expect("www:7", 33, 7, {});
    expect("1000:33", 1000, 33, {});
    expect("4711", 4711, 0, {});
    expect("4711:staff", 4711, 50, {});
}

TEST_F(FindIdentity, TakesANumberThatIsANameForTheName) {
    expect("77", 5, 6, {});
}

TEST_F(FindIdentity, NamesWhoIsNotThere) {
    EXPECT_THAT(find_identity(root_.dir(), "nobody"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("unable to find user 'nobody'")));
    EXPECT_THAT(find_identity(root_.dir(), "www:nogroup"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("unable to find group 'nogroup'")));
    EXPECT_THAT(find_identity(root_.dir(), "4294967296"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("out of range")));
}

TEST_F(FindIdentity, NeedsNoFilesForNumbers) {
    const TestRoot empty;
    ASSERT_TRUE(empty.ok());
    EXPECT_EQ(find_identity(empty.dir(), "")->uid, 0U);
    EXPECT_EQ(find_identity(empty.dir(), "12")->uid, 12U);
    EXPECT_EQ(find_identity(empty.dir(), "12:13")->gid, 13U);
    EXPECT_THAT(find_identity(empty.dir(), "www"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("'www'")));
}

TEST_F(FindIdentity, ReadsLinkedFilesInsideTheRootOnly) {
    const TestRoot linked;
    ASSERT_TRUE(linked.ok());
    linked.link("../../../../../../etc/passwd",
                "/etc/passwd");  // leads to itself, not to this machine's file
    EXPECT_THAT(find_identity(linked.dir(), "daemon"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("too many")));
}

}  // namespace
}  // namespace slipway::exec
