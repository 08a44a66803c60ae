#include "os/dir.h"
#include "os/file.h"
#include "os/temp.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace slipway::os {
namespace {

using slipway::testing::IsOk;
using slipway::testing::IsOkAndHolds;

RelPath rel(std::string_view text) {
    return RelPath::in_root(text);
}

class RemoveTree : public ::testing::Test {
  protected:
    void SetUp() override {
        // In memory where possible: ext4 takes long for the many folders made and removed here.
        auto temp = TempDir::create("/dev/shm", "remove-test");
        if (!temp) temp = TempDir::create(::testing::TempDir(), "remove-test");
        ASSERT_THAT(temp, IsOk());
        temp_.emplace(std::move(*temp));
        dir_ = std::move(Dir::open(temp_->path()).value());
    }
    std::optional<TempDir> temp_;
    Dir dir_;
};

TEST_F(RemoveTree, RemovesEveryKindOfEntryAndNothingBeside) {
    ASSERT_THAT(dir_.make_dirs(rel("keep/inner"), 0755), IsOk());
    ASSERT_THAT(write_file(temp_->path() + "/keep/inner/f", "kept"), IsOk());
    ASSERT_THAT(dir_.make_dirs(rel("gone/a/b/c"), 0755), IsOk());
    ASSERT_THAT(dir_.make_dirs(rel("gone/d"), 0755), IsOk());
    ASSERT_THAT(write_file(temp_->path() + "/gone/a/f", "x"), IsOk());
    ASSERT_THAT(dir_.make_node(rel("gone/a/fifo"), S_IFIFO | 0600, 0), IsOk());
    ASSERT_THAT(dir_.make_symlink("../keep", rel("gone/l")), IsOk());
    ASSERT_THAT(dir_.make_symlink(temp_->path() + "/keep", rel("gone/a/abs")), IsOk());
    ASSERT_THAT(dir_.make_symlink("..", rel("gone/a/b/up")), IsOk());
    ASSERT_THAT(dir_.remove_tree(rel("gone")), IsOk());
    EXPECT_THAT(dir_.list(rel("")), IsOkAndHolds(::testing::SizeIs(1)));
    EXPECT_THAT(read_file(temp_->path() + "/keep/inner/f"), IsOkAndHolds("kept"));
}

TEST_F(RemoveTree, OfTheRootEmptiesIt) {
    ASSERT_THAT(dir_.make_dirs(rel("a/b"), 0755), IsOk());
    ASSERT_THAT(write_file(temp_->path() + "/f", "x"), IsOk());
    ASSERT_THAT(dir_.remove_tree(rel("")), IsOk());
    EXPECT_THAT(dir_.list(rel("")), IsOkAndHolds(::testing::IsEmpty()));
}

TEST_F(RemoveTree, OfWhatIsMissingIsFine) {
    EXPECT_THAT(dir_.remove_tree(rel("none")), IsOk());
    EXPECT_THAT(dir_.remove_tree(rel("none/at/all")), IsOk());
}

TEST_F(RemoveTree, GoesDeeperThanTheStackAndTheDescriptorTable) {
    constexpr int kDepth = 20'000;
    Fd at(::open(temp_->path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (int i = 0; i < kDepth; ++i) {
        ASSERT_EQ(::mkdirat(at.get(), "d", 0755), 0);
        at = Fd(::openat(at.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        ASSERT_TRUE(at.valid());
    }
    at = Fd();
    ASSERT_THAT(dir_.remove_tree(rel("d")), IsOk());
    EXPECT_THAT(dir_.list(rel("")), IsOkAndHolds(::testing::IsEmpty()));
}

TEST_F(RemoveTree, RemovesWideFolders) {
    ASSERT_THAT(dir_.make_dir(rel("wide"), 0755), IsOk());
    for (int i = 0; i < 1000; ++i) {
        ASSERT_THAT(
            dir_.make_dir(rel(fmt::format("wide/a-rather-long-name-for-a-folder-{}", i)), 0755),
            IsOk());
        ASSERT_THAT(
            dir_.create_file(rel(fmt::format("wide/a-rather-long-name-for-a-file-{}", i)), 0644),
            IsOk());
    }
    ASSERT_THAT(dir_.remove_tree(rel("wide")), IsOk());
    EXPECT_THAT(dir_.list(rel("")), IsOkAndHolds(::testing::IsEmpty()));
}

}  // namespace
}  // namespace slipway::os
