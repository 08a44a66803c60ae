#include "source/internal/git_mirror.h"

#include "source/git_fixture.h"

namespace slipway::source {
namespace {

using ::testing::Contains;
using testing::IsOk;
using ::testing::Key;

class GitMirrorTest : public testing::GitTest {
  protected:
    [[nodiscard]] std::string mirror_path(const std::string& name) const {
        const auto remote = GitRemote::parse(url(name), "");
        EXPECT_THAT(remote, IsOk());
        return store_path() + "/git/" + Digest::of(remote->url).hex();
    }
};

TEST_F(GitMirrorTest, PruneRemovesThoseNobodyUses) {
    make_repository("used");
    make_repository("unused");
    const std::string used = commit("used", "echo 1 >f");
    commit("unused", "head -c 5000 /dev/urandom >f");
    ASSERT_THAT(files({.remote = url("used")}), IsOk());
    ASSERT_THAT(files({.remote = url("unused")}), IsOk());
    const auto remote = GitRemote::parse(url("used"), "");
    ASSERT_THAT(remote, IsOk());
    std::optional<GitMirror> holder;
    {
        auto mirror = GitMirror::open(*store_, *remote, used, {});
        ASSERT_THAT(mirror, IsOk());
        holder.emplace(*std::move(mirror));
    }
    const auto counted = git_->prune(content::Prune::kCount);
    ASSERT_THAT(counted, IsOk());
    EXPECT_EQ(counted->mirrors, 1U);
    EXPECT_GT(counted->bytes, 5000U) << "random bytes are not compressed";
    EXPECT_TRUE(os::path_exists(mirror_path("unused"))) << "counting removes nothing";

    const auto pruned = git_->prune(content::Prune::kRemove);
    ASSERT_THAT(pruned, IsOk());
    EXPECT_EQ(pruned->mirrors, 1U);
    EXPECT_EQ(pruned->bytes, counted->bytes);
    EXPECT_FALSE(os::path_exists(mirror_path("unused")));
    EXPECT_TRUE(os::path_exists(mirror_path("used")));
    EXPECT_TRUE(holder->has(used, {}));

    holder.reset();
    EXPECT_EQ(git_->prune(content::Prune::kRemove)->mirrors, 1U);
    EXPECT_EQ(git_->prune(content::Prune::kRemove)->bytes, 0U);
    EXPECT_THAT(files({.remote = url("used")}), testing::IsOkAndHolds(Contains(Key("f"))))
        << "it is fetched again";
}

}  // namespace
}  // namespace slipway::source
