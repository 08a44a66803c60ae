#include "exporter/internal/output_file.h"

#include "exporter/fixtures.h"

#include <gmock/gmock.h>

#include <sys/stat.h>

namespace slipway::exporter {
namespace {

using slipway::testing::ExportTest;
using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Output : public ExportTest {
  protected:
    Result<void> write(const std::string& dest, std::string_view text, std::stop_token stop = {}) {
        SLIPWAY_ASSIGN(auto file, OutputFile::open(dest, std::move(stop)));
        SLIPWAY_TRY(file.write(text));
        return file.commit();
    }
};

TEST_F(Output, AppearsWhole) {
    ASSERT_THAT(os::write_file(path("a.tar"), "old"), IsOk());
    {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(auto file, OutputFile::open(path("a.tar"), {}));
        ASSERT_THAT(file.write("new"), IsOk());
        EXPECT_EQ(text_of("a.tar"), "old");
        ASSERT_THAT(file.commit(), IsOk());
    }
    EXPECT_EQ(text_of("a.tar"), "new");
    EXPECT_THAT(names_in("."), ElementsAre("a.tar", "store"));
}

TEST_F(Output, AbandonedLeavesNothing) {
    {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(auto file, OutputFile::open(path("a.tar"), {}));
        ASSERT_THAT(file.write("half"), IsOk());
    }
    EXPECT_THAT(names_in("."), ElementsAre("store"));
}

TEST_F(Output, FollowsTheUsersOwnLink) {
    ASSERT_THAT(os::write_file(path("real.tar"), "old"), IsOk());
    ASSERT_EQ(::symlink("real.tar", path("link.tar").c_str()), 0);
    ASSERT_THAT(write(path("link.tar"), "new"), IsOk());
    EXPECT_EQ(text_of("real.tar"), "new");
    EXPECT_TRUE(stat("link.tar").is_symlink());
}

TEST_F(Output, WritesIntoDevicesInsteadOfReplacingThem) {
    ASSERT_EQ(::symlink("/dev/null", path("sink").c_str()), 0);
    ASSERT_THAT(write(path("sink"), "data"), IsOk());
    ASSERT_THAT(write("/dev/null", "data"), IsOk());
    struct stat info {};
    ASSERT_EQ(::stat("/dev/null", &info), 0);
    EXPECT_TRUE(S_ISCHR(info.st_mode));
}

TEST_F(Output, IsNoDirectory) {
    EXPECT_THAT(write(dir_->path(), ""), FailsWith(ErrorCode::kUsage, HasSubstr("directory")));
    EXPECT_THAT(write(path("none/a.tar"), ""), FailsWith(ErrorCode::kNotFound, HasSubstr("none")));
}

TEST_F(Output, StopsWhenAsked) {
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THAT(write(path("a.tar"), "data", stop.get_token()),
                FailsWith(ErrorCode::kCancelled, HasSubstr("stopped")));
    EXPECT_THAT(names_in("."), ElementsAre("store"));
}

}  // namespace
}  // namespace slipway::exporter
