#include "stack/tags.h"

#include "os/child.h"
#include "os/temp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::stack {
namespace {

using ::testing::ElementsAre;

class StackTags : public ::testing::Test {
  protected:
    void SetUp() override {
        auto made = os::TempDir::create("/tmp");
        ASSERT_TRUE(made);
        folder_.emplace(*std::move(made));
    }

    void git(std::vector<std::string> words) {
        words.insert(words.begin(), {"git", "-C", folder_->path(), "-c", "user.name=t", "-c",
                                     "user.email=t@example.com", "-c", "init.defaultBranch=main"});
        const auto done = os::run_command({.argv = std::move(words)});
        ASSERT_TRUE(done && done->status.ok()) << (done ? done->err : done.error().to_string());
    }

    void commit() { git({"commit", "-q", "--allow-empty", "-m", "x"}); }
    [[nodiscard]] Version version() const { return version_of(folder_->path(), {}); }

    std::optional<os::TempDir> folder_;
};

TEST_F(StackTags, OutsideOfARepositoryThereIsNoCommit) {
    EXPECT_EQ(version().commit, "");
    EXPECT_EQ(version().text, "v0.0.1.dev");
    EXPECT_EQ(version().python, "0.0.1.dev");
}

TEST_F(StackTags, WithoutTagsTheCommitTells) {
    git({"init", "-q"});
    EXPECT_EQ(version().text, "v0.0.1.dev") << "no commit yet";
    commit();
    const Version made = version();
    ASSERT_EQ(made.commit.size(), 40U);
    EXPECT_EQ(made.text, "v0.0.1.dev." + made.commit.substr(0, 7));
    EXPECT_EQ(made.python, "0.0.1.dev+" + made.commit.substr(0, 7));
}

TEST_F(StackTags, TheHighestReleaseCountsUntilHeadHasATag) {
    git({"init", "-q"});
    commit();
    for (const char* tag : {"v0.9.0", "v0.10.1", "v0.11.0-rc1", "nightly"}) git({"tag", tag});
    commit();
    EXPECT_EQ(version().text, "v0.10.1.dev." + version().commit.substr(0, 7));
    git({"tag", "v1.0.0"});
    EXPECT_EQ(version().text, "v1.0.0");
    EXPECT_EQ(version().python, "1.0.0");
    git({"update-ref", "refs/remotes/origin/release/2.1.0", "HEAD"});
    commit();
    EXPECT_EQ(version().text, "v2.1.0.dev." + version().commit.substr(0, 7));
}

TEST(StackTagNames, HaveVersionEngineAndTarget) {
    Stack stack;
    stack.image = "dynamo";
    Variant variant;
    variant.engine = "vllm";
    variant.target = "runtime";
    EXPECT_THAT(tags_of(stack, variant, {.commit = "", .text = "v1", .python = "1"}, true),
                ElementsAre("dynamo:v1-vllm-runtime", "dynamo:latest-vllm-runtime"));
    EXPECT_THAT(tags_of(stack, variant, {.commit = "", .text = "v1", .python = "1"}, false),
                ElementsAre("dynamo:v1-vllm-runtime"));
}

}  // namespace
}  // namespace slipway::stack
