#include "os/file.h"

#include "os/child.h"
#include "os/temp.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

namespace slipway::os {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using slipway::testing::IsOkAndHolds;
using ::testing::_;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

class FileTest : public ::testing::Test {
  protected:
    void SetUp() override {
        auto dir = TempDir::create(::testing::TempDir(), "file-test");
        ASSERT_THAT(dir, IsOk());
        temp_.emplace(std::move(*dir));
    }
    [[nodiscard]] std::string path(std::string_view name) const {
        return fmt::format("{}/{}", temp_->path(), name);
    }
    [[nodiscard]] std::size_t entries() const {
        return Dir::open(temp_->path())->list(RelPath())->size();
    }
    std::optional<TempDir> temp_;
};

TEST_F(FileTest, ReadsWhatWasWritten) {
    ASSERT_THAT(write_file(path("a"), "hello"), IsOk());
    EXPECT_THAT(read_file(path("a")), IsOkAndHolds("hello"));
    ASSERT_THAT(write_file(path("a"), "", Durability::kPowerCut, 0600), IsOk());
    EXPECT_THAT(read_file(path("a")), IsOkAndHolds(""));
    EXPECT_EQ(entries(), 1U);  // nothing left aside
}

TEST_F(FileTest, ReadsFilesThatDoNotKnowTheirSize) {
    EXPECT_THAT(read_file("/proc/self/cmdline"), IsOkAndHolds(HasSubstr("os_test")));
}

TEST_F(FileTest, ReadRefusesWhatIsTooLarge) {
    ASSERT_THAT(write_file(path("a"), std::string(1000, 'x')), IsOk());
    EXPECT_THAT(read_file(path("a"), 1000), IsOkAndHolds(SizeIs(1000)));
    EXPECT_THAT(read_file(path("a"), 999),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("limit of 999")));
}

TEST_F(FileTest, AbsenceIsNoErrorForFind) {
    EXPECT_THAT(find_file(path("none")), IsOkAndHolds(Eq(std::nullopt)));
    EXPECT_THAT(read_file(path("none")), FailsWith(ErrorCode::kNotFound, HasSubstr("none")));
    ASSERT_THAT(write_file(path("some"), "x"), IsOk());
    EXPECT_THAT(find_file(path("some")), IsOkAndHolds(Optional(std::string("x"))));
    EXPECT_THAT(find_file(path("some/below")), IsOkAndHolds(Eq(std::nullopt)));
}

TEST_F(FileTest, FailedWriteLeavesTheOldContentAndNothingElse) {
    ASSERT_THAT(make_dirs(path("taken/x")), IsOk());
    EXPECT_THAT(write_file(path("taken"), "new"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("taken")));
    EXPECT_EQ(entries(), 1U);
}

TEST_F(FileTest, MakesMissingParents) {
    ASSERT_THAT(make_dirs(path("a/b/c")), IsOk());
    ASSERT_THAT(make_dirs(path("a/b/c")), IsOk());
    EXPECT_TRUE(path_exists(path("a/b/c")));
    ASSERT_THAT(write_file(path("f"), "x"), IsOk());
    EXPECT_THAT(make_dirs(path("f")),
                FailsWith(ErrorCode::kNotFound, HasSubstr("Not a directory")));
    EXPECT_THAT(make_dirs(path("f/g")),
                FailsWith(ErrorCode::kNotFound, HasSubstr("Not a directory")));
}

TEST_F(FileTest, RemovesATreeByHostPath) {
    ASSERT_THAT(make_dirs(path("a/b/c")), IsOk());
    ASSERT_THAT(write_file(path("a/b/f"), "x"), IsOk());
    ASSERT_THAT(remove_tree(path("a")), IsOk());
    ASSERT_THAT(remove_tree(path("a")), IsOk());
    ASSERT_THAT(remove_tree(path("no/such/parent")), IsOk());
    EXPECT_EQ(entries(), 0U);
    EXPECT_THAT(remove_tree("/"), FailsWith(ErrorCode::kInvalidInput, _));
    EXPECT_THAT(remove_tree(path("a/..")), IsOk());  // the folder itself
    EXPECT_FALSE(path_exists(temp_->path()));
}

TEST_F(FileTest, RealPathFollowsLinks) {
    ASSERT_THAT(make_dirs(path("a")), IsOk());
    ASSERT_EQ(::symlink("a", path("l").c_str()), 0);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const std::string real, real_path(path("a")));
    EXPECT_THAT(real_path(path("l/../l")), IsOkAndHolds(real));
    EXPECT_THAT(real_path(path("none")), FailsWith(ErrorCode::kNotFound, HasSubstr("none")));
}

TEST_F(FileTest, CopiesAllData) {
    std::string text;
    for (int i = 0; i < 300'000; ++i) text += std::to_string(i);
    for (const std::string& data : {std::string(), std::string("x"), text}) {
        ASSERT_THAT(write_file(path("from"), data), IsOk());
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const Fd from, open_read(path("from")));
        SLIPWAY_ASSERT_OK_AND_ASSIGN(Fd to, open_write(path("to")));
        ASSERT_THAT(copy_file_data(from, to), IsOk());
        ASSERT_THAT(to.close(), IsOk());
        EXPECT_THAT(read_file(path("to")), IsOkAndHolds(data));
    }
}

TEST_F(FileTest, CopyFallsBackWhereTheKernelCannot) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Fd from, open_read("/proc/cpuinfo"));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Fd to, open_write(path("to")));
    EXPECT_THAT(copy_file_data(from, to), IsOkAndHolds(CopiedBy::kReadWrite));
    EXPECT_THAT(read_file(path("to")), IsOkAndHolds(HasSubstr("processor")));
}

TEST_F(FileTest, CopyBetweenFileSystems) {
    const auto shm = TempDir::create("/dev/shm", "file-test");
    if (!shm) GTEST_SKIP() << "no /dev/shm: " << shm.error().to_string();
    const std::string data(3'000'000, 'q');
    ASSERT_THAT(write_file(shm->path() + "/from", data), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Fd from, open_read(shm->path() + "/from"));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Fd to, open_write(path("to")));
    ASSERT_THAT(copy_file_data(from, to), IsOk());
    EXPECT_THAT(read_file(path("to")), IsOkAndHolds(data));
}

TEST_F(FileTest, CopyKeepsHoles) {
    constexpr off_t kSize = 64 << 20;
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Fd sparse, open_write(path("from")));
    ASSERT_EQ(::ftruncate(sparse.get(), kSize), 0);
    ASSERT_EQ(::pwrite(sparse.get(), "middle", 6, kSize / 2), 6);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Fd from, open_read(path("from")));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Fd to, open_write(path("to")));
    ASSERT_THAT(copy_file_data(from, to), IsOk());
    struct stat info {};
    ASSERT_EQ(::stat(path("to").c_str(), &info), 0);
    EXPECT_EQ(info.st_size, kSize);
    EXPECT_LT(info.st_blocks * 512, 1 << 20);
    EXPECT_EQ(read_file(path("to"), kSize)->substr(kSize / 2, 6), "middle");
}

TEST_F(FileTest, TempDirVanishesUnlessKept) {
    std::string gone;
    std::string kept;
    {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(TempDir first, TempDir::create(temp_->path()));
        SLIPWAY_ASSERT_OK_AND_ASSIGN(TempDir second, TempDir::create(temp_->path(), "kept"));
        gone = first.path();
        ASSERT_THAT(write_file(gone + "/f", "x"), IsOk());
        TempDir moved = std::move(second);
        kept = moved.keep();
        EXPECT_TRUE(path_exists(gone));
    }
    EXPECT_FALSE(path_exists(gone));
    EXPECT_TRUE(path_exists(kept));
}

TEST_F(FileTest, FdKeepsTheErrorOfWriting) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Fd full, open_write("/dev/full"));
    EXPECT_THAT(FdWriter(full).write("x"),
                FailsWith(ErrorCode::kResource, HasSubstr("No space left")));
}

TEST_F(FileTest, UnnamedFilesLeaveNoName) {
    for (const std::string& parent : {temp_->path(), std::string("/dev/shm")}) {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const Fd file, open_unnamed_file(parent));
        ASSERT_THAT(FdWriter(file).write("kept"), IsOk());
        ASSERT_EQ(::lseek(file.get(), 0, SEEK_SET), 0);
        FdReader reader(file);
        EXPECT_THAT(read_text(reader, 100), IsOkAndHolds("kept"));
    }
    EXPECT_EQ(entries(), 0U);
    EXPECT_THAT(open_unnamed_file(path("none")),
                FailsWith(ErrorCode::kNotFound, HasSubstr("none")));
}

TEST(FdWriter, WaitsWhereSomebodyMadeThePipeNonBlocking) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(Pipe pipe, make_pipe());
    ASSERT_EQ(::fcntl(pipe.write.get(), F_SETFL, O_NONBLOCK), 0);
    ASSERT_EQ(::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK), 0);
    const std::string text(1 << 20, 'x');
    std::thread writer([&] {
        EXPECT_THAT(FdWriter(pipe.write).write(text), IsOk());
        pipe.write = Fd();
    });
    FdReader reader(pipe.read);
    EXPECT_THAT(read_text(reader, 2 << 20), IsOkAndHolds(text));
    writer.join();
}

TEST(RandomId, IsLongAndNew) {
    EXPECT_THAT(random_id(), ::testing::MatchesRegex("[0-9a-f]{32}"));
    EXPECT_NE(random_id(), random_id());
}

TEST(FreeSpace, IsKnown) {
    EXPECT_GT(free_space("/").value(), 0U);
}

}  // namespace
}  // namespace slipway::os
