#include "frontend/git_ref.h"

#include "support/result_matchers.h"

namespace slipway::frontend {
namespace {

using ::testing::Contains;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

GitRef parsed(std::string_view text) {
    const auto git = GitRef::parse(text);
    EXPECT_TRUE(git && *git) << text;
    return git && *git ? **git : GitRef();
}

TEST(GitRef, HttpUrlsAreRepositoriesWhenTheirPathEndsInGit) {
    EXPECT_EQ(parsed("https://h/x.git#v1").remote, "https://h/x.git");
    for (const char* text : {"https://h/x", "https://h/x.git/", "https://h/x?a=.git", "x.git",
                             "./git@h:x", "../git@h:x", "file:///x.git"}) {
        const auto git = GitRef::parse(text);
        EXPECT_TRUE(git && !*git) << text;
    }
    EXPECT_TRUE(is_http_file("https://h/x"));
    EXPECT_FALSE(is_http_file("https://h/x.git"));
    EXPECT_FALSE(is_http_file("ftp://h/x"));
}

TEST(GitRef, ReadsTheQuery) {
    const GitRef git = parsed(
        "https://h/x.git?tag=v1&subdir=d&checksum=abc&keep-git-dir&submodules=false&mtime=commit&"
        "fetch-by-commit=1");
    EXPECT_EQ(git.ref, "refs/tags/v1");
    EXPECT_EQ(git.subdir, "d");
    EXPECT_EQ(git.checksum, "abc");
    EXPECT_EQ(git.keep_git_dir, true);
    EXPECT_EQ(git.submodules, false);
    EXPECT_EQ(git.mtime, "commit");
    EXPECT_TRUE(git.fetch_by_commit);
    EXPECT_EQ(parsed("git@h:x?branch=refs/heads/b").ref, "refs/heads/b");
    EXPECT_EQ(parsed("git@h:x?ref=b&commit=0a#b").checksum, "0a");
}

TEST(GitRef, RefusesAWrongQuery) {
    for (const char* query :
         {"ref", "ref=", "ref=a&ref=b", "ref=a&tag=a", "branch=a&tag=a", "ref=b#a", "subdir=x#:y",
          "mtime=now", "submodules=perhaps", "unknown=1", "checksum=a&commit=b"}) {
        EXPECT_THAT(GitRef::parse("https://h/x.git?" + std::string(query)),
                    FailsWith(ErrorCode::kInvalidInput, HasSubstr("git URL")))
            << query;
    }
    const auto error = GitRef::parse("https://h/x.git?sudbir=x").error();
    EXPECT_THAT(error.hint().value_or(""), HasSubstr("'subdir'"));
}

TEST(GitRef, SourceIsTheSameWhateverTheProtocol) {
    for (const char* text : {"https://h/a/x.git#main:d", "ssh://git@h/a/x.git#main:d",
                             "git@h:a/x.git#main:d", "git://h//a/./x.git#main:d"}) {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto spec, parsed(text).source());
        EXPECT_EQ(spec.identifier, "git://h/a/x.git#main:d");
        EXPECT_EQ(spec.attrs.at("git.authtokensecret"), "GIT_AUTH_TOKEN");
    }
}

TEST(GitRef, SourceSaysOnlyWhatWasAskedFor) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto plain, parsed("https://h/x.git").source());
    EXPECT_EQ(plain.identifier, "git://h/x.git");
    EXPECT_EQ(plain.attrs.size(), 3U);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto all,
                                 parsed("git@h:x?keep-git-dir&submodules=0&mtime=commit").source());
    EXPECT_THAT(all.attrs, Contains(Pair("git.keepgitdir", "true")));
    EXPECT_THAT(all.attrs, Contains(Pair("git.skipsubmodules", "true")));
    EXPECT_THAT(all.attrs, Contains(Pair("git.mtime", "commit")));
    EXPECT_THAT(all.attrs, Contains(Pair("git.mountsshsock", "default")));
    EXPECT_THAT(all.attrs, Not(Contains(Key("git.checksum"))));
}

TEST(GitRef, SourceIsText) {
    for (const char* text : {"https://h/%ff.git", "https://h/x.git#%ff", "https://h/x.git#:%ff",
                             "git@h:\xff", "https://h\xff/x.git", "https://h/x.git?ref=%ff",
                             "https://h/x.git?tag=%ff", "https://h/x.git?checksum=%ff"}) {
        EXPECT_THAT(GitRef::parse(text),
                    FailsWith(ErrorCode::kInvalidInput, HasSubstr("not UTF-8")))
            << text;
    }
    EXPECT_FALSE(is_http_file("https://h/\xff"));
}

TEST(GitRef, GithubWithoutASchemeIsForContexts) {
    const GitRef git = parsed("github.com/user/x#v1");
    EXPECT_TRUE(git.like_local_path);
    EXPECT_EQ(git.remote, "https://github.com/user/x");
    EXPECT_EQ(git.ref, "v1");
}

}  // namespace
}  // namespace slipway::frontend
