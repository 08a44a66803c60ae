#include "source/git_repositories.h"

#include "base/git_url.h"
#include "base/text.h"
#include "source/git_fixture.h"
#include "support/loopback_server.h"

#include <sys/stat.h>

namespace slipway::source {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::HttpAnswer;
using testing::HttpAsked;
using testing::IsOk;
using testing::IsOkAndHolds;
using ::testing::Key;
using testing::LoopbackServer;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr std::int64_t kCommitTime = 1700000000;

class GitRepositoriesTest : public testing::GitTest {
  protected:
    /// One commit tagged twice, a second one on main, a third one on a branch.
    void SetUp() override {
        GitTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        make_repository("app");
        first_ = commit("app",
                        "mkdir -p docs/deep; echo one >one; echo read >docs/read; echo x "
                        ">docs/deep/x; printf '#!/bin/sh\\n' >run; chmod 755 run; ln -s one link; "
                        "ln -s docs elsewhere");
        shell("cd work/app; git tag v1; git tag -am annotated v1a; git push -q origin v1 v1a");
        second_ = commit("app", "echo two >two");
        side_ = commit("app", "git checkout -q -b side; echo side >side", "side");
        shell("cd work/app; git checkout -q main");
    }
    GitSource app(const std::string& ref) const { return {.remote = url("app"), .ref = ref}; }

    std::string first_, second_, side_;
};

TEST_F(GitRepositoriesTest, RefsAreResolvedToCommits) {
    struct Case {
        std::string ref, commit, full;
    };
    for (const auto& [ref, commit, full] :
         {Case{"", second_, "refs/heads/main"}, Case{"main", second_, "refs/heads/main"},
          Case{"side", side_, "refs/heads/side"}, Case{"v1", first_, "refs/tags/v1"},
          Case{"v1a", first_, "refs/tags/v1a"}, Case{"heads/side", side_, "refs/heads/side"},
          Case{"tags/v1", first_, "refs/tags/v1"},
          Case{"refs/heads/main", second_, "refs/heads/main"}, Case{first_, first_, first_}}) {
        const auto found = resolve(app(ref));
        ASSERT_THAT(found, IsOk()) << ref;
        EXPECT_EQ(found->commit, commit) << ref;
        EXPECT_EQ(found->ref, full) << ref;
    }
    const auto tag = resolve(app("v1a"));
    EXPECT_EQ(tag->object, shell("cd work/app; git rev-parse v1a"));
    EXPECT_NE(tag->object, tag->commit) << "an annotated tag is an object of its own";
}

TEST_F(GitRepositoriesTest, ABranchGoesBeforeATagOfTheSameName) {
    shell("cd work/app; git tag both v1; git push -q origin refs/tags/both side:refs/heads/both");
    const auto found = resolve(app("both"));
    ASSERT_THAT(found, IsOk());
    EXPECT_EQ(found->commit, side_);
    EXPECT_EQ(resolve(app("refs/tags/both"))->commit, first_);
}

TEST_F(GitRepositoriesTest, AnAbbreviatedCommitIsNoRef) {
    EXPECT_THAT(resolve(app(first_.substr(0, 8))),
                FailsWith(ErrorCode::kNotFound, HasSubstr(first_.substr(0, 8))));
}

TEST_F(GitRepositoriesTest, ARefIsAskedForOnce) {
    ASSERT_THAT(resolve(app("main")), IsOk());
    ASSERT_THAT(resolve(app("main")), IsOk());
    EXPECT_THAT(asked(), HasSubstr("1 git-upload-pack"));
    const std::string third = commit("app", "echo three >three");
    EXPECT_EQ(resolve(app("main"))->commit, second_) << "a build sees one commit";
    reopen();
    EXPECT_EQ(resolve(app("main"))->commit, third);
}

TEST_F(GitRepositoriesTest, WhatIsMissingIsNamed) {
    EXPECT_THAT(resolve(app("nothing")),
                FailsWith(ErrorCode::kNotFound,
                          AllOf(HasSubstr("no branch or tag 'nothing'"), HasSubstr(url("app")))));
    EXPECT_THAT(resolve({.remote = url("none"), .ref = "main"}),
                FailsWith(ErrorCode::kUnavailable, HasSubstr("none.git")));
    make_repository("empty");
    EXPECT_THAT(resolve({.remote = url("empty")}),
                FailsWith(ErrorCode::kNotFound, HasSubstr("no default branch")));
    const std::string never(40, '1');
    EXPECT_THAT(load(app(never)), FailsWith(ErrorCode::kNotFound, HasSubstr("no commit " + never)));
}

TEST_F(GitRepositoriesTest, NamesThatWouldBeOptionsAreRefused) {
    for (const std::string ref : {"-x", "--upload-pack=touch owned", "a..b", "main@{1}", "a b",
                                  "main^", "v1~1", "x:y", "a\nb", "a*"}) {
        EXPECT_THAT(resolve(app(ref)),
                    FailsWith(ErrorCode::kInvalidInput, HasSubstr("no name of a git branch")))
            << ref;
    }
    for (const std::string remote : {"ssh://-oProxyCommand=owned/x.git", "-x", "ext::sh -c owned",
                                     "file:///etc", "/etc", "git@-x:y.git"}) {
        EXPECT_THAT(resolve({.remote = remote, .ref = "main"}),
                    FailsWith(ErrorCode::kInvalidInput, HasSubstr("git")))
            << remote;
    }
    EXPECT_EQ(asked(), "") << "nothing was run for any of them";
}

TEST_F(GitRepositoriesTest, AChecksumIsTheBeginningOfTheCommit) {
    GitSource source = app("v1a");
    for (const std::string& good : {first_, first_.substr(0, 7), to_upper(first_.substr(0, 12)),
                                    shell("cd work/app; git rev-parse v1a")}) {
        source.checksum = good;
        EXPECT_THAT(resolve(source), IsOk()) << good;
    }
    source.checksum = second_;
    EXPECT_THAT(resolve(source),
                FailsWith(ErrorCode::kCorrupt, AllOf(HasSubstr(second_), HasSubstr("'v1a'"),
                                                     HasSubstr("is the commit " + first_))));
    source.checksum = "xyz";
    EXPECT_THAT(resolve(source), FailsWith(ErrorCode::kInvalidInput, HasSubstr("'xyz'")));
    GitSource pinned = app(first_);
    pinned.checksum = second_;
    EXPECT_THAT(resolve(pinned), FailsWith(ErrorCode::kCorrupt, HasSubstr(second_)));
}

TEST_F(GitRepositoriesTest, ACommitCanBeFetchedWhateverTheRefSays) {
    GitSource source = app("main");
    source.by_commit = true;
    source.checksum = first_;
    EXPECT_THAT(files(source),
                IsOkAndHolds(AllOf(Contains(Key("one")), Not(Contains(Key("two"))))));
    source.checksum = first_.substr(0, 8);
    EXPECT_THAT(files(source),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("needs a full commit ID")));
}

TEST_F(GitRepositoriesTest, ATreeIsCheckedOutWithItsModesAndNothingElse) {
    const ::mode_t before = ::umask(077);
    const auto layer = load(app("v1"));
    ::umask(before);
    ASSERT_THAT(layer, IsOk());
    EXPECT_THAT(files(**layer),
                IsOkAndHolds(UnorderedElementsAre(
                    Pair("docs", "/"), Pair("docs/deep", "/"), Pair("docs/deep/x", "x\n"),
                    Pair("docs/read", "read\n"), Pair("elsewhere", "-> docs"),
                    Pair("link", "-> one"), Pair("one", "one\n"), Pair("run", "#!/bin/sh\n"))));
    const auto& manifest = (*layer)->manifest();
    EXPECT_EQ(manifest.find("one")->mode & 07777U, 0644U);
    EXPECT_EQ(manifest.find("run")->mode & 07777U, 0755U);
    EXPECT_EQ(manifest.find("docs")->mode & 07777U, 0755U);
    for (const auto& entry : manifest.entries()) {
        EXPECT_EQ(entry.uid, 0U) << entry.path;
        EXPECT_EQ(entry.gid, 0U) << entry.path;
    }
}

TEST_F(GitRepositoriesTest, OlderCommitsAreThereThoughTheServerGivesOutOnlyTips) {
    EXPECT_THAT(files(app(first_)),
                IsOkAndHolds(AllOf(Contains(Key("one")), Not(Contains(Key("two"))))));
    EXPECT_THAT(files(app("main")), IsOkAndHolds(Contains(Pair("two", "two\n"))));
}

TEST_F(GitRepositoriesTest, WhatWasResolvedIsCheckedOutThoughTheRefMovedOn) {
    const auto before = resolve(app("main"));
    ASSERT_THAT(before, IsOk());
    commit("app", "echo three >three; echo changed >one");
    const auto layer = load(app("main"), *before);
    ASSERT_THAT(layer, IsOk());
    EXPECT_THAT(files(**layer),
                IsOkAndHolds(AllOf(Contains(Pair("one", "one\n")), Not(Contains(Key("three"))))));
}

TEST_F(GitRepositoriesTest, WhatIsInTheMirrorNeedsNoRemote) {
    const auto tip = resolve(app("main"));
    ASSERT_THAT(tip, IsOk());
    ASSERT_THAT(load(app("main"), *tip), IsOk());
    shell("mv repos away");
    reopen();
    EXPECT_THAT(files(app(second_)), IsOkAndHolds(Contains(Key("two"))));
}

TEST_F(GitRepositoriesTest, ASubdirectoryIsTakenAlone) {
    GitSource source = app("v1");
    source.subdir = "docs";
    EXPECT_THAT(files(source),
                IsOkAndHolds(UnorderedElementsAre(Pair("deep", "/"), Pair("deep/x", "x\n"),
                                                  Pair("read", "read\n"))));
    source.subdir = "docs/deep";
    source.keep_git_dir = true;  // of which part of the tree would that be?
    EXPECT_THAT(files(source), IsOkAndHolds(ElementsAre(Pair("x", "x\n"))));
    for (const std::string missing : {"nothing", "one", "elsewhere", "docs/../nothing"}) {
        source.subdir = missing;
        EXPECT_THAT(files(source),
                    FailsWith(ErrorCode::kNotFound, HasSubstr("no directory '" + missing + "'")))
            << missing;
    }
}

TEST_F(GitRepositoriesTest, SubdirectoriesAreHeldInTheRepository) {
    shell("mkdir outside; echo secret >outside/secret");
    commit("app", "ln -s " + dir_->path() + "/outside absolute; ln -s ../../../outside relative");
    GitSource source = app("main");
    for (const std::string path : {"absolute", "relative", "relative/.", "elsewhere/deep"}) {
        source.subdir = path;
        EXPECT_THAT(files(source), FailsWith(ErrorCode::kNotFound, HasSubstr("no directory")))
            << path;
    }
    source.subdir = "../outside";
    const auto outside = files(source);
    EXPECT_FALSE(outside && outside->contains("secret"));
}

TEST_F(GitRepositoriesTest, FilesHaveTheCommitsTimeWhenThatIsWanted) {
    GitSource source = app("main");
    source.commit_time = true;
    const auto layer = load(source);
    ASSERT_THAT(layer, IsOk());
    for (const auto& entry : (*layer)->manifest().entries())
        EXPECT_EQ(entry.mtime, (os::Timestamp{kCommitTime, 0})) << entry.path;
    source.commit_time = false;
    const auto now = load(source);
    EXPECT_GT((*now)->manifest().find("one")->mtime.seconds, kCommitTime);
}

TEST_F(GitRepositoriesTest, SubmodulesComeWithTheTree) {
    make_repository("inner");
    commit("inner", "echo inner >inner.txt");
    make_repository("lib");
    commit("lib", "echo lib >lib.txt; git submodule --quiet add ../inner.git below 2>/dev/null");
    commit("app", "git submodule --quiet add ../lib.git sub 2>/dev/null");
    GitSource source = app("main");
    const auto got = files(source);
    EXPECT_THAT(got, IsOkAndHolds(AllOf(Contains(Pair("sub/lib.txt", "lib\n")),
                                        Contains(Pair("sub/below/inner.txt", "inner\n")),
                                        Not(Contains(Key("sub/.git"))),
                                        Not(Contains(Key("sub/below/.git"))))));
    source.skip_submodules = true;
    EXPECT_THAT(files(source),
                IsOkAndHolds(AllOf(Contains(Pair("sub", "/")), Not(Contains(Key("sub/lib.txt"))))));
    source.skip_submodules = false;
    source.keep_git_dir = true;
    EXPECT_THAT(files(source), IsOkAndHolds(AllOf(Contains(Pair("sub/lib.txt", "lib\n")),
                                                  Contains(Key("sub/.git")))));
}

TEST_F(GitRepositoriesTest, SubmodulesAreNotFilesOfThisMachine) {
    make_repository("lib");
    commit("lib", "echo lib >lib.txt");
    commit("app", "git submodule --quiet add " + dir_->path() +
                      "/repos/lib.git sub 2>/dev/null; git config -f .gitmodules "
                      "submodule.sub.url file://" +
                      dir_->path() + "/repos/lib.git");
    EXPECT_THAT(files(app("main")),
                FailsWith(ErrorCode::kUnavailable, HasSubstr("transport 'file' not allowed")));
    commit("app", "git config -f .gitmodules submodule.sub.url 'ext::sh -c \"touch /tmp/x\"'");
    reopen();
    EXPECT_THAT(files(app("main")), FailsWith(ErrorCode::kUnavailable, HasSubstr("submodule")));
}

TEST_F(GitRepositoriesTest, AKeptGitDirectoryIsARepositoryThatTellsNothingOfTheMirror) {
    struct Case {
        std::string ref, local;
    };
    for (const auto& [ref, local] :
         {Case{"main", "refs/tags/main"}, Case{"", "refs/tags/main"}, Case{"v1a", "refs/tags/v1a"},
          Case{"refs/heads/side", "refs/heads/side"}, Case{first_, ""}}) {
        GitSource source = app(ref);
        source.keep_git_dir = true;
        const auto commit = resolve(source);
        ASSERT_THAT(commit, IsOk());
        const auto layer = load(source, *commit);
        ASSERT_THAT(layer, IsOk()) << ref;
        const std::string tree = (*layer)->root().host_path();
        const std::string git = "cd " + tree + "; git ";
        EXPECT_EQ(shell(git + "status --porcelain"), "") << ref;
        EXPECT_EQ(shell(git + "rev-parse HEAD"), commit->commit) << ref;
        EXPECT_EQ(shell(git + "remote get-url origin"), url("app")) << ref;
        EXPECT_EQ(shell(git + "for-each-ref --format='%(refname)'"), local) << ref;
        EXPECT_EQ(shell(git + "fsck 2>&1 | grep -v ^notice || true"), "") << ref;
        EXPECT_EQ(shell("grep -rl '" + store_path() + "' " + tree + " || true"), "")
            << "names a path of the store";
        EXPECT_FALSE(os::path_exists(tree + "/.git/FETCH_HEAD"));
        EXPECT_FALSE(os::path_exists(tree + "/.git/objects/info/alternates"));
    }
}

TEST_F(GitRepositoriesTest, RepositoriesMayUseSha256) {
    make_repository("wide", "--object-format=sha256");
    const std::string id = commit("wide", "echo wide >wide");
    ASSERT_EQ(id.size(), 64U);
    for (const std::string& ref : {std::string("main"), id}) {
        EXPECT_THAT(files({.remote = url("wide"), .ref = ref}),
                    IsOkAndHolds(ElementsAre(Pair("wide", "wide\n"))));
    }
}

TEST_F(GitRepositoriesTest, TheSameCommitIsTheSameLayerContent) {
    GitSource source = app("v1");
    source.commit_time = true;
    const auto one = load(source);
    shell("rm -rf store");
    reopen();
    const auto two = load(source);
    ASSERT_THAT(one, IsOk());
    ASSERT_THAT(two, IsOk());
    EXPECT_THAT((*one)->manifest().entries(),
                ::testing::SizeIs((*two)->manifest().entries().size()));
    EXPECT_EQ((*one)->manifest().find("one")->content, (*two)->manifest().find("one")->content);
}

/// The plain files of a repository by HTTP, for who knows the password.
class GitCredentialsTest : public GitRepositoriesTest {
  protected:
    static constexpr std::string_view kUser = "jo";
    static constexpr std::string_view kPassword = "hunter2/+%";
    static constexpr std::string_view kEncodedPassword = "hunter2%2F%2B%25";

    void SetUp() override {
        GitRepositoriesTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        shell("cd repos/app.git; git update-server-info");
        server_.emplace([this](const HttpAsked& asked) { return answer(asked); });
    }
    HttpAnswer answer(const HttpAsked& asked) const {
        if (asked.header("authorization") != basic(kPassword)) {
            return {.status = 401,
                    .headers = {{"WWW-Authenticate", "Basic realm=\"git\""}},
                    .body = "who are you?"};
        }
        const std::string path = asked.target.substr(0, asked.target.find('?'));
        const auto body = os::find_file(dir_->path() + "/repos" + path);
        if (!body || !*body) return {.status = 404};
        return {.body = **body};
    }
    static std::string basic(std::string_view password) {
        return "Basic " + base64_encode(fmt::format("{}:{}", kUser, password));
    }
    [[nodiscard]] std::string http_url(std::string_view user) const {
        return fmt::format("http://{}{}/app.git", user, server_->host());
    }
    /// Files of the store that hold one of the secrets, in any form.
    [[nodiscard]] std::string told_in_store() const {
        std::string patterns;
        for (const std::string& secret : secrets()) patterns += " -e '" + secret + "'";
        return shell("grep -rlF" + patterns + " store || true");
    }
    static std::vector<std::string> secrets() {
        return {std::string(kPassword), std::string(kEncodedPassword), "hunter2",
                basic(kPassword).substr(6), "wrong-one"};
    }
    static auto says_no_secret() {
        return AllOf(Not(HasSubstr("hunter2")), Not(HasSubstr(basic(kPassword).substr(6))),
                     Not(HasSubstr("wrong-one")));
    }

    std::optional<LoopbackServer> server_;
};

TEST_F(GitCredentialsTest, APasswordInTheUrlOpensTheRepositoryAndIsWrittenNowhere) {
    GitSource source{.remote = http_url(fmt::format("{}:{}@", kUser, kEncodedPassword)),
                     .ref = "main",
                     .keep_git_dir = true};
    const auto layer = load(source);
    ASSERT_THAT(layer, IsOk());
    EXPECT_THAT(files(**layer), IsOkAndHolds(Contains(Pair("two", "two\n"))));
    EXPECT_EQ(shell("git -C " + (*layer)->root().host_path() + " remote get-url origin"),
              http_url(""));
    EXPECT_EQ(told_in_store(), "");
}

TEST_F(GitCredentialsTest, AHeaderOpensTheRepositoryAndIsWrittenNowhere) {
    GitSource source{.remote = http_url(""),
                     .ref = "main",
                     .keep_git_dir = true,
                     .authorization = basic(kPassword)};
    EXPECT_THAT(files(source), IsOkAndHolds(Contains(Pair("two", "two\n"))));
    EXPECT_EQ(told_in_store(), "");
}

TEST_F(GitCredentialsTest, ErrorsDoNotTellThem) {
    for (const std::string user : {"jo:wrong-one@", "wrong-one@", "wrong-one:@"}) {
        EXPECT_THAT(
            load({.remote = http_url(user), .ref = "main"}),
            FailsWith(ErrorCode::kDenied, AllOf(HasSubstr(server_->host()), says_no_secret())))
            << user;
    }
    const std::string good = http_url(fmt::format("{}:{}@", kUser, kEncodedPassword));
    EXPECT_THAT(load({.remote = good, .ref = "nothing"}),
                FailsWith(ErrorCode::kNotFound, says_no_secret()));
    EXPECT_THAT(load({.remote = good, .ref = "main", .subdir = "nothing"}),
                FailsWith(ErrorCode::kNotFound, says_no_secret()));
    EXPECT_THAT(load({.remote = good, .ref = "main", .checksum = "0000"}),
                FailsWith(ErrorCode::kCorrupt, says_no_secret()));
    GitSource elsewhere{.remote = good, .ref = "main"};
    elsewhere.remote.replace(elsewhere.remote.find("app.git"), 7, "none.git");
    EXPECT_THAT(load(elsewhere), FailsWith(ErrorCode::kUnavailable, says_no_secret()));
    server_.reset();
    reopen();
    EXPECT_THAT(load({.remote = elsewhere.remote, .ref = "side"}),
                FailsWith(ErrorCode::kUnavailable, says_no_secret()));
    EXPECT_EQ(told_in_store(), "");
}

TEST_F(GitCredentialsTest, TheyGoToNoOtherServer) {
    LoopbackServer other([](const HttpAsked&) { return HttpAnswer{.status = 404}; });
    LoopbackServer moved([&other](const HttpAsked& asked) {
        return HttpAnswer{.status = 302,
                          .headers = {{"Location", "http://" + other.host() + asked.target}}};
    });
    EXPECT_THAT(load({.remote = "http://" + moved.host() + "/app.git",
                      .ref = "main",
                      .authorization = basic(kPassword)}),
                FailsWith(ErrorCode::kUnavailable, says_no_secret()));
    ASSERT_GT(moved.asked().size(), 0U);
    EXPECT_EQ(moved.asked()[0].header("authorization"), basic(kPassword));
    ASSERT_GT(other.asked().size(), 0U);
    for (const auto& asked : other.asked()) EXPECT_EQ(asked.header("authorization"), "");
}

}  // namespace
}  // namespace slipway::source
