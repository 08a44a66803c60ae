#include "cli/build_context.h"

#include "os/file.h"
#include "os/temp.h"
#include "support/result_matchers.h"

namespace slipway::cli {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;

class BuildContextTest : public ::testing::Test {
  protected:
    void SetUp() override {
        auto dir = os::TempDir::create("/tmp", "context");
        ASSERT_THAT(dir, IsOk());
        dir_.emplace(*std::move(dir));
    }
    void write(const std::string& name, std::string_view text) {
        ASSERT_THAT(os::write_file(path(name), text), IsOk());
    }
    std::string path(const std::string& name) const { return dir_->path() + "/" + name; }

    std::optional<os::TempDir> dir_;
};

TEST_F(BuildContextTest, FindsDockerfileAndIgnoreFile) {
    write("Dockerfile", "FROM scratch\n");
    write(".dockerignore", "# comment\n/build\n!build/keep\n");
    const auto input = load_build_input(dir_->path(), "");
    ASSERT_THAT(input, IsOk());
    EXPECT_EQ(input->dockerfile_text, "FROM scratch\n");
    EXPECT_EQ(input->context_dir, dir_->path());
    EXPECT_THAT(input->ignore_patterns, ElementsAre("build", "!build/keep"));
}

TEST_F(BuildContextTest, TakesTheLowerCaseNameToo) {
    write("dockerfile", "FROM a\n");
    const auto input = load_build_input(dir_->path(), "");
    ASSERT_THAT(input, IsOk());
    EXPECT_EQ(input->dockerfile_text, "FROM a\n");
    EXPECT_THAT(input->ignore_patterns, IsEmpty());
}

TEST_F(BuildContextTest, AnIgnoreFileBesideTheDockerfileWins) {
    write("other", "FROM scratch\n");
    write("other.dockerignore", "own\n");
    write(".dockerignore", "general\n");
    const auto input = load_build_input(dir_->path(), path("other"));
    ASSERT_THAT(input, IsOk());
    EXPECT_THAT(input->ignore_patterns, ElementsAre("own"));
}

TEST_F(BuildContextTest, SaysWhatIsMissing) {
    EXPECT_THAT(load_build_input(dir_->path(), ""),
                FailsWith(ErrorCode::kNotFound, HasSubstr("no Dockerfile in")));
    EXPECT_THAT(load_build_input(path("nowhere"), ""),
                FailsWith(ErrorCode::kNotFound, HasSubstr("nowhere")));
    EXPECT_THAT(load_build_input("https://example.com/repository.git", ""),
                FailsWith(ErrorCode::kUnsupported, HasSubstr("remote context")));
    EXPECT_THAT(load_build_input("-", "Dockerfile"),
                FailsWith(ErrorCode::kUsage, HasSubstr("needs a context")));
}

}  // namespace
}  // namespace slipway::cli
