#include "os/dir.h"

#include "os/file.h"
#include "os/internal/syscalls.h"
#include "os/system.h"
#include "os/temp.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace slipway::os {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using slipway::testing::IsOkAndHolds;
using ::testing::_;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

RelPath rel(std::string_view text) {
    return RelPath::in_root(text);
}

enum class Lookup { kOpenat2, kWalk };

/// Each case with openat2 and with the walk that stands in for it.
class DirTest : public ::testing::TestWithParam<Lookup> {
  protected:
    void SetUp() override {
        internal::testing_only_refuse_openat2(GetParam() == Lookup::kWalk);
        auto temp = TempDir::create(::testing::TempDir(), "dir-test");
        ASSERT_THAT(temp, IsOk());
        temp_.emplace(std::move(*temp));
        dir_ = std::move(Dir::open(temp_->path()).value());
    }
    void TearDown() override { internal::testing_only_refuse_openat2(false); }

    void put(std::string_view path, std::string_view text) {
        auto file = dir_.create_file(rel(path), 0644);
        ASSERT_THAT(file, IsOk());
        ASSERT_THAT(FdWriter(*file).write(text), IsOk());
    }
    Result<std::string> get(std::string_view path) {
        auto file = dir_.open_file(rel(path));
        if (!file) return file.error();
        FdReader reader(*file);
        return read_text(reader, 1 << 20);
    }

    std::optional<TempDir> temp_;
    Dir dir_;
};

INSTANTIATE_TEST_SUITE_P(Lookups, DirTest, ::testing::Values(Lookup::kOpenat2, Lookup::kWalk),
                         [](const auto& each) {
                             return each.param == Lookup::kWalk ? "walk" : "openat2";
                         });

TEST_P(DirTest, WritesAndReadsBelow) {
    ASSERT_THAT(dir_.make_dirs(rel("a/b/c"), 0755), IsOk());
    put("a/b/c/file", "hello");
    EXPECT_THAT(get("a/b/c/file"), IsOkAndHolds("hello"));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Dir inner, dir_.open_dir(rel("a/b")));
    EXPECT_THAT(inner.stat(rel("c/file")), IsOkAndHolds(::testing::Field(&FileInfo::size, 5U)));
    EXPECT_EQ(inner.host_path(), temp_->path() + "/a/b");
}

TEST_P(DirTest, NeverWritesIntoWhatIsThere) {
    put("f", "old");
    EXPECT_THAT(dir_.create_file(rel("f"), 0644),
                FailsWith(ErrorCode::kConflict, HasSubstr("'f'")));
    ASSERT_THAT(dir_.make_symlink("elsewhere", rel("l")), IsOk());
    EXPECT_THAT(dir_.create_file(rel("l"), 0644), FailsWith(ErrorCode::kConflict, _));
}

TEST_P(DirTest, RefusesLinksAsParents) {
    const auto outside = TempDir::create(::testing::TempDir(), "outside");
    ASSERT_THAT(outside, IsOk());
    ASSERT_THAT(write_file(outside->path() + "/secret", "s"), IsOk());
    ASSERT_THAT(dir_.make_dir(rel("real"), 0755), IsOk());
    ASSERT_THAT(dir_.make_symlink(outside->path(), rel("abs")), IsOk());
    ASSERT_THAT(dir_.make_symlink("../" + outside->path().substr(outside->path().rfind('/') + 1),
                                  rel("up")),
                IsOk());
    ASSERT_THAT(dir_.make_symlink("real", rel("inside")), IsOk());
    for (const std::string link : {"abs", "up", "inside"}) {
        const RelPath below = rel(link + "/secret");
        const auto refused = FailsWith(ErrorCode::kInvalidInput, HasSubstr(link));
        EXPECT_THAT(dir_.open_file(below), refused);
        EXPECT_THAT(dir_.open_file(rel(link)), refused);
        EXPECT_THAT(dir_.open_dir(rel(link)), refused);
        EXPECT_THAT(dir_.list(rel(link)), refused);
        EXPECT_THAT(dir_.stat(below), refused);
        EXPECT_THAT(dir_.find(below), refused);
        EXPECT_THAT(dir_.create_file(rel(link + "/new"), 0644), refused);
        EXPECT_THAT(dir_.make_dir(rel(link + "/new"), 0755), refused);
        EXPECT_THAT(dir_.make_dirs(rel(link + "/new/er"), 0755), refused);
        EXPECT_THAT(dir_.make_symlink("x", rel(link + "/new")), refused);
        EXPECT_THAT(dir_.unlink(below), refused);
        EXPECT_THAT(dir_.remove_tree(below), refused);
        EXPECT_THAT(dir_.set_mode(below, 0777), refused);
        EXPECT_THAT(dir_.rename(below, dir_, rel("stolen")), refused);
        EXPECT_THAT(dir_.link(dir_, below, rel("stolen")), refused);
        EXPECT_THAT(dir_.xattrs(below), refused);
    }
    EXPECT_THAT(read_file(outside->path() + "/secret"), IsOkAndHolds("s"));
    EXPECT_THAT(Dir::open(outside->path())->list(rel("")), IsOkAndHolds(::testing::SizeIs(1)));
}

TEST_P(DirTest, WorksOnTheLinkItself) {
    put("target", "t");
    ASSERT_THAT(dir_.set_mode(rel("target"), 0600), IsOk());
    ASSERT_THAT(dir_.make_symlink("target", rel("l")), IsOk());
    EXPECT_THAT(dir_.read_link(rel("l")), IsOkAndHolds("target"));
    EXPECT_TRUE(dir_.stat(rel("l"))->is_symlink());
    ASSERT_THAT(dir_.set_times(rel("l"), {.seconds = 1, .nanoseconds = 0},
                               {.seconds = 2, .nanoseconds = 3}),
                IsOk());
    EXPECT_EQ(dir_.stat(rel("l"))->mtime, (Timestamp{.seconds = 2, .nanoseconds = 3}));
    EXPECT_GT(dir_.stat(rel("target"))->mtime.seconds, 1000);
    EXPECT_FALSE(dir_.set_mode(rel("l"), 0777).has_value());
    EXPECT_EQ(dir_.stat(rel("target"))->mode & 07777, 0600U);
    ASSERT_THAT(dir_.link(dir_, rel("l"), rel("l2")), IsOk());
    EXPECT_EQ(dir_.stat(rel("l2"))->inode, dir_.stat(rel("l"))->inode);
    ASSERT_THAT(dir_.remove_tree(rel("l")), IsOk());
    EXPECT_THAT(get("target"), IsOkAndHolds("t"));
}

TEST_P(DirTest, ModesAreExactWhateverTheUmask) {
    const mode_t before = ::umask(0077);
    put("f", "");
    EXPECT_THAT(dir_.create_file(rel("x"), 04755), IsOk());
    EXPECT_THAT(dir_.make_dir(rel("d"), 01777), IsOk());
    EXPECT_THAT(dir_.make_dirs(rel("e/f"), 0775), IsOk());
    EXPECT_THAT(dir_.make_node(rel("p"), S_IFIFO | 0666, 0), IsOk());
    ::umask(before);
    EXPECT_EQ(dir_.stat(rel("f"))->mode, S_IFREG | 0644U);
    EXPECT_EQ(dir_.stat(rel("x"))->mode, S_IFREG | 04755U);
    EXPECT_EQ(dir_.stat(rel("d"))->mode, S_IFDIR | 01777U);
    EXPECT_EQ(dir_.stat(rel("e/f"))->mode, S_IFDIR | 0775U);
    EXPECT_EQ(dir_.stat(rel("p"))->mode, S_IFIFO | 0666U);
}

TEST_P(DirTest, MakeDirsLeavesWhatExists) {
    ASSERT_THAT(dir_.make_dir(rel("a"), 0700), IsOk());
    ASSERT_THAT(dir_.make_dirs(rel("a/b"), 0755), IsOk());
    EXPECT_EQ(dir_.stat(rel("a"))->mode & 07777, 0700U);
    put("a/f", "");
    EXPECT_FALSE(dir_.make_dirs(rel("a/f/x"), 0755).has_value());
    EXPECT_FALSE(dir_.make_dirs(rel("a/f"), 0755).has_value());
}

TEST_P(DirTest, ListsSortedWithTypes) {
    put("b", "");
    ASSERT_THAT(dir_.make_dir(rel("a"), 0755), IsOk());
    ASSERT_THAT(dir_.make_symlink("b", rel("c")), IsOk());
    put("B", "");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto entries, dir_.list(rel("")));
    std::vector<std::pair<std::string, std::uint32_t>> got;
    for (const auto& entry : entries) got.emplace_back(entry.name, entry.type);
    EXPECT_THAT(got, ElementsAre(Pair("B", S_IFREG), Pair("a", S_IFDIR), Pair("b", S_IFREG),
                                 Pair("c", S_IFLNK)));
    EXPECT_THAT(dir_.list(rel("")),
                IsOkAndHolds(::testing::SizeIs(4)));  // each listing starts anew
    EXPECT_THAT(dir_.list(rel("a")), IsOkAndHolds(IsEmpty()));
    EXPECT_THAT(dir_.list(rel("none")), FailsWith(ErrorCode::kNotFound, HasSubstr("none")));
}

TEST_P(DirTest, FindTellsAbsence) {
    put("f", "");
    EXPECT_TRUE(dir_.find(rel("f"))->has_value());
    EXPECT_THAT(dir_.find(rel("g")), IsOkAndHolds(Eq(std::nullopt)));
    EXPECT_THAT(dir_.find(rel("f/g")), IsOkAndHolds(Eq(std::nullopt)));
    EXPECT_THAT(dir_.find(rel("g/h/i")), IsOkAndHolds(Eq(std::nullopt)));
    EXPECT_TRUE(dir_.find(rel(""))->has_value());
}

TEST_P(DirTest, FifosDoNotHangIt) {
    ASSERT_THAT(dir_.make_node(rel("p"), S_IFIFO | 0644, 0), IsOk());
    EXPECT_THAT(dir_.open_file(rel("p")),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("not a regular file")));
    EXPECT_THAT(dir_.open_file(rel("")),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("not a regular file")));
}

TEST_P(DirTest, RenamesAndLinksBetweenDirectories) {
    ASSERT_THAT(dir_.make_dirs(rel("a"), 0755), IsOk());
    ASSERT_THAT(dir_.make_dirs(rel("b"), 0755), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Dir a, dir_.open_dir(rel("a")));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Dir b, dir_.open_dir(rel("b")));
    put("a/f", "x");
    ASSERT_THAT(b.link(a, rel("f"), rel("g")), IsOk());
    EXPECT_EQ(b.stat(rel("g"))->links, 2U);
    ASSERT_THAT(a.rename(rel("f"), b, rel("h")), IsOk());
    EXPECT_THAT(a.list(rel("")), IsOkAndHolds(IsEmpty()));
    EXPECT_THAT(get("b/h"), IsOkAndHolds("x"));
    ASSERT_THAT(b.unlink(rel("h")), IsOk());
    EXPECT_THAT(b.unlink(rel("h")), FailsWith(ErrorCode::kNotFound, HasSubstr("'h'")));
}

TEST_P(DirTest, KeepsAttributesOfEachKind) {
    put("f", "");
    ASSERT_THAT(dir_.make_dirs(rel("d/e"), 0755), IsOk());
    EXPECT_THAT(dir_.xattrs(rel("f")), IsOkAndHolds(IsEmpty()));
    const auto set = dir_.set_xattr(rel("f"), "user.small", std::string("a\0b", 3));
    if (!set) GTEST_SKIP() << "no user attributes on this file system: " << set.error().to_string();
    const std::string large(2000, 'x');
    ASSERT_THAT(dir_.set_xattr(rel("f"), "user.large", large), IsOk());
    EXPECT_THAT(dir_.xattrs(rel("f")),
                IsOkAndHolds(ElementsAre(Pair("user.large", large),
                                         Pair("user.small", std::string("a\0b", 3)))));
    ASSERT_THAT(dir_.set_xattr(rel("d/e"), "user.dir", ""), IsOk());
    EXPECT_THAT(dir_.xattrs(rel("d/e")), IsOkAndHolds(ElementsAre(Pair("user.dir", ""))));
    for (int i = 0; i < 60; ++i) {
        ASSERT_THAT(dir_.set_xattr(rel("d"),
                                   fmt::format("user.many-names-need-a-larger-buffer-{}", i), "v"),
                    IsOk());
    }
    EXPECT_THAT(dir_.xattrs(rel("d")), IsOkAndHolds(::testing::SizeIs(60)));
    ASSERT_THAT(dir_.remove_xattr(rel("d/e"), "user.dir"), IsOk());
    EXPECT_THAT(dir_.xattrs(rel("d/e")), IsOkAndHolds(IsEmpty()));
    const auto again = dir_.remove_xattr(rel("d/e"), "user.dir");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().system_errno(), ENODATA);
    EXPECT_THAT(dir_.set_xattr(rel("none"), "user.x", "v"),
                FailsWith(ErrorCode::kNotFound, HasSubstr("user.x")));
    ASSERT_THAT(dir_.set_xattr(rel(""), "user.root", "r"), IsOk());
    EXPECT_THAT(dir_.xattrs(rel("")), IsOkAndHolds(ElementsAre(Pair("user.root", "r"))));
    if (is_root()) {
        ASSERT_THAT(dir_.make_symlink("f", rel("l")), IsOk());
        ASSERT_THAT(dir_.set_xattr(rel("l"), "trusted.link", "v"), IsOk());
        EXPECT_THAT(dir_.xattrs(rel("l")), IsOkAndHolds(ElementsAre(Pair("trusted.link", "v"))));
        EXPECT_THAT(dir_.xattrs(rel("f")), IsOkAndHolds(::testing::SizeIs(2)));
    }
}

TEST_P(DirTest, SetsOwnersAndMakesNodesAsRoot) {
    if (!is_root()) GTEST_SKIP() << "needs root";
    put("f", "");
    ASSERT_THAT(dir_.make_symlink("f", rel("l")), IsOk());
    ASSERT_THAT(dir_.set_owner(rel("l"), 12, 34), IsOk());
    EXPECT_EQ(dir_.stat(rel("l"))->uid, 12U);
    EXPECT_EQ(dir_.stat(rel("l"))->gid, 34U);
    EXPECT_EQ(dir_.stat(rel("f"))->uid, 0U);
    ASSERT_THAT(dir_.make_node(rel("null"), S_IFCHR | 0666, ::makedev(1, 3)), IsOk());
    EXPECT_EQ(dir_.stat(rel("null"))->rdev, ::makedev(1, 3));
    ASSERT_THAT(dir_.make_node(rel("whiteout"), S_IFCHR, 0), IsOk());
    EXPECT_EQ(dir_.stat(rel("whiteout"))->rdev, 0U);
}

TEST_P(DirTest, TakesPathsLongerThanTheKernelDoes) {
    std::string path;
    for (int i = 0; i < 60; ++i) path += std::string(100, 'd') + "/";
    path += "end";
    ASSERT_GT(path.size(), 4096U);
    ASSERT_THAT(dir_.make_dirs(rel(path), 0755), IsOk());
    put(path + "/f", "deep");
    EXPECT_THAT(get(path + "/f"), IsOkAndHolds("deep"));
    ASSERT_THAT(dir_.remove_tree(rel(std::string(100, 'd'))), IsOk());
}

TEST_P(DirTest, NamesMayHoldAnything) {
    for (const std::string name : {"-rf", "a b", "n\nl", "\xff\xfe", "...", "it's"}) {
        put(name, name);
        EXPECT_THAT(get(name), IsOkAndHolds(name));
    }
    EXPECT_THAT(dir_.list(rel("")), IsOkAndHolds(::testing::SizeIs(6)));
}

TEST_P(DirTest, TheSizeOfATreeCountsWhatIsInIt) {
    ASSERT_THAT(dir_.make_dirs(rel("d/e"), 0755), IsOk());
    put("outside", std::string(100, 'x'));
    put("d/f", std::string(1000, 'x'));
    put("d/e/g", std::string(234, 'x'));
    ASSERT_THAT(dir_.link(dir_, rel("outside"), rel("d/shared")), IsOk());
    ASSERT_THAT(dir_.make_symlink("..", rel("d/up")), IsOk());
    EXPECT_THAT(dir_.tree_size(rel("d")), IsOkAndHolds(1000U + 234U + 50U + 2U));
    EXPECT_THAT(dir_.tree_size(rel("d/f")), IsOkAndHolds(1000U));
    EXPECT_THAT(dir_.tree_size(rel("none")), FailsWith(ErrorCode::kNotFound, HasSubstr("none")));
}

TEST(DirOpen, SaysWhichFolderIsMissing) {
    EXPECT_THAT(Dir::open("/no/such/folder"),
                FailsWith(ErrorCode::kNotFound, HasSubstr("/no/such/folder")));
    EXPECT_THAT(Dir::open("/dev/null"),
                FailsWith(ErrorCode::kNotFound, HasSubstr("Not a directory")));
}

}  // namespace
}  // namespace slipway::os
