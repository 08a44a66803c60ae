#include "base/git_url.h"

#include "support/result_matchers.h"

namespace slipway {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::Pair;

GitUrl parsed(std::string_view text) {
    const auto url = GitUrl::parse(text);
    EXPECT_TRUE(url && *url) << text;
    return url && *url ? **url : GitUrl();
}

TEST(GitUrl, CutsRefAndSubdirectoryOff) {
    const GitUrl url = parsed("https://github.com/foo/bar.git#baz/qux:quux/../quuz/");
    EXPECT_EQ(url.scheme, "https");
    EXPECT_EQ(url.host, "github.com");
    EXPECT_EQ(url.path, "/foo/bar.git");
    EXPECT_EQ(url.ref, "baz/qux");
    EXPECT_EQ(url.subdir, "quuz");
    EXPECT_EQ(url.remote, "https://github.com/foo/bar.git");
}

TEST(GitUrl, SubdirectoryStaysInTheRepository) {
    EXPECT_EQ(parsed("git://h/x#:../../etc").subdir, "etc");
    EXPECT_EQ(parsed("git://h/x#main:/").subdir, "");
    EXPECT_EQ(parsed("git://h/x#main").subdir, "");
}

TEST(GitUrl, KnowsTheFormOfSsh) {
    const GitUrl url = parsed("git@github.com:foo/bar.git?ref=v1&subdir=a%20b#x:y");
    EXPECT_EQ(url.scheme, "ssh");
    EXPECT_EQ(url.user, "git");
    EXPECT_EQ(url.host, "github.com");
    EXPECT_EQ(url.path, "foo/bar.git");
    EXPECT_EQ(url.remote, "git@github.com:foo/bar.git");
    EXPECT_EQ(url.ref, "x");
    EXPECT_EQ(url.subdir, "y");
    EXPECT_THAT(url.query,
                ElementsAre(Pair("ref", ElementsAre("v1")), Pair("subdir", ElementsAre("a b"))));
    EXPECT_EQ(parsed("ssh://git@h:22/x.git#r").remote, "ssh://git@h:22/x.git");
}

TEST(GitUrl, RemoteHasNoQuery) {
    const GitUrl url = parsed("https://h/x.git?branch=main&keep-git-dir");
    EXPECT_EQ(url.remote, "https://h/x.git");
    EXPECT_THAT(url.query, ElementsAre(Pair("branch", ElementsAre("main")),
                                       Pair("keep-git-dir", ElementsAre(""))));
}

TEST(GitUrl, OtherTextsAreNone) {
    for (const char* text : {"", "a", "./a", "/a/b", "a@b", "a:b", "dir/a@b:c", "@b:c", "a@:c",
                             "file:///x.git", "ext::sh -c x", "ftp://h/x.git", "a@b c:d"}) {
        const auto url = GitUrl::parse(text);
        EXPECT_TRUE(url && !*url) << text;
    }
}

TEST(GitUrl, MalformedUrlsAreErrors) {
    EXPECT_THAT(GitUrl::parse("https://h:x/y.git"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("port")));
}

TEST(GitUrl, NothingInItHasANullByte) {
    using namespace std::string_view_literals;
    EXPECT_THAT(GitUrl::parse("https://a/b.git#main:x%00"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("null byte")));
    const auto scp = GitUrl::parse("git@a:b.git#main:x\0y"sv);
    ASSERT_TRUE(scp.has_value());
    EXPECT_FALSE(scp->has_value());
}

TEST(CommitId, IsFullAndLowerCase) {
    EXPECT_TRUE(is_commit_id(std::string(40, 'a')));
    EXPECT_TRUE(is_commit_id(std::string(64, '0')));
    EXPECT_FALSE(is_commit_id(std::string(40, 'A')));
    EXPECT_FALSE(is_commit_id(std::string(39, 'a')));
    EXPECT_FALSE(is_commit_id(std::string(40, 'g')));
}

}  // namespace
}  // namespace slipway
