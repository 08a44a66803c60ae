#include "cli/build_context.h"

#include "archive/tar.h"
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
    const auto input = load_build_input(dir_->path(), "", {});
    ASSERT_THAT(input, IsOk());
    EXPECT_EQ(input->dockerfile_text, "FROM scratch\n");
    EXPECT_EQ(input->context_dir, dir_->path());
    EXPECT_THAT(input->ignore_patterns, ElementsAre("build", "!build/keep"));
}

TEST_F(BuildContextTest, TakesTheLowerCaseNameToo) {
    write("dockerfile", "FROM a\n");
    const auto input = load_build_input(dir_->path(), "", {});
    ASSERT_THAT(input, IsOk());
    EXPECT_EQ(input->dockerfile_text, "FROM a\n");
    EXPECT_THAT(input->ignore_patterns, IsEmpty());
}

TEST_F(BuildContextTest, AnIgnoreFileBesideTheDockerfileWins) {
    write("other", "FROM scratch\n");
    write("other.dockerignore", "own\n");
    write(".dockerignore", "general\n");
    const auto input = load_build_input(dir_->path(), path("other"), {});
    ASSERT_THAT(input, IsOk());
    EXPECT_THAT(input->ignore_patterns, ElementsAre("own"));
}

TEST_F(BuildContextTest, SaysWhatIsMissing) {
    EXPECT_THAT(load_build_input(dir_->path(), "", {}),
                FailsWith(ErrorCode::kNotFound, HasSubstr("no Dockerfile in")));
    EXPECT_THAT(load_build_input(path("nowhere"), "", {}),
                FailsWith(ErrorCode::kNotFound, HasSubstr("nowhere")));
}

TEST_F(BuildContextTest, RepositoriesAndUrlsAreFetchedLater) {
    const auto git = load_build_input("https://me:pw@example.com/x.git#main:docs",
                                      "deep/Dockerfile", {{"BUILDKIT_CONTEXT_KEEP_GIT_DIR", "1"}});
    ASSERT_THAT(git, IsOk());
    ASSERT_TRUE(git->remote);
    EXPECT_EQ(git->remote->source.identifier, "git://example.com/x.git#main:docs");
    EXPECT_EQ(git->remote->source.attrs.at("git.keepgitdir"), "true");
    EXPECT_FALSE(git->remote->source.attrs.contains("git.mtime"));
    EXPECT_TRUE(git->dockerfile_in_remote);
    EXPECT_EQ(git->dockerfile_name, "deep/Dockerfile");
    EXPECT_EQ(git->context_name, "https://xxxxx:xxxxx@example.com/x.git");
    EXPECT_FALSE(git->context_dir);

    const auto dated = load_build_input("github.com/user/x", "", {{"SOURCE_DATE_EPOCH", "1"}});
    ASSERT_THAT(dated, IsOk());
    EXPECT_EQ(dated->remote->source.attrs.at("git.mtime"), "commit");

    const auto url = load_build_input("https://example.com/x.tar.gz", "", {});
    ASSERT_THAT(url, IsOk());
    EXPECT_EQ(url->remote->source.attrs.at("http.filename"), "context");
}

TEST_F(BuildContextTest, ADockerfileOfThisMachineGoesWithARepository) {
    write("own", "FROM own\n");
    const auto input = load_build_input("git@example.com:x.git", path("own"), {});
    ASSERT_THAT(input, IsOk());
    EXPECT_FALSE(input->dockerfile_in_remote);
    EXPECT_EQ(input->dockerfile_text, "FROM own\n");
}

TEST_F(BuildContextTest, AFolderOfThatNameIsMeant) {
    ASSERT_THAT(os::make_dirs(path("git@host:x")), IsOk());
    write("git@host:x/Dockerfile", "FROM a\n");
    const auto input = load_build_input(path("git@host:x"), "", {});
    ASSERT_THAT(input, IsOk());
    EXPECT_TRUE(input->context_dir);
}

TEST_F(BuildContextTest, StandardInputIsOneThing) {
    EXPECT_THAT(load_build_input("-", "-", {}),
                FailsWith(ErrorCode::kUsage, HasSubstr("cannot be both")));
}

TEST(LooksLikeArchive, ByItsFirstBytes) {
    EXPECT_TRUE(looks_like_archive("\x1f\x8b\x08rest"));
    EXPECT_TRUE(looks_like_archive("BZh91AY"));
    EXPECT_TRUE(
        looks_like_archive(std::string("\xfd"
                                       "7zXZ\0rest",
                                       10)));
    EXPECT_TRUE(looks_like_archive("\x28\xb5\x2f\xfdrest"));
    EXPECT_FALSE(looks_like_archive("FROM scratch\n"));
    EXPECT_FALSE(looks_like_archive(""));
    EXPECT_FALSE(looks_like_archive(std::string(512, '\0')));
    EXPECT_FALSE(looks_like_archive(std::string(512, 'x')));

    StringWriter tar;
    auto writer = archive::TarWriter::open(tar);
    ASSERT_THAT(writer, IsOk());
    ASSERT_THAT(writer->add_file({.path = "a"}, "text"), IsOk());
    ASSERT_THAT(writer->finish(), IsOk());
    EXPECT_TRUE(looks_like_archive(std::string_view(tar.text()).substr(0, 512)));
    EXPECT_FALSE(looks_like_archive(std::string_view(tar.text()).substr(0, 511)));
}

}  // namespace
}  // namespace slipway::cli
