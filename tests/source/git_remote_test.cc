#include "source/internal/git_mirror.h"
#include "support/result_matchers.h"

namespace slipway::source {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(GitRemote, CredentialsBecomeAHeader) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto remote,
                                 GitRemote::parse("https://me:pw@h:1/x.git", ""));
    EXPECT_EQ(remote.url, "https://h:1/x.git");
    EXPECT_THAT(remote.credentials,
                ElementsAre(AllOf(Field(&GitCredential::scope, "https://h:1/"),
                                  Field(&GitCredential::header, "Authorization: Basic bWU6cHc="))));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto asked,
                                 GitRemote::parse("https://github.com/a/b.git", "basic x"));
    EXPECT_THAT(asked.credentials,
                ElementsAre(AllOf(Field(&GitCredential::scope, "https://github.com/"),
                                  Field(&GitCredential::header, "Authorization: basic x"))));
}

TEST(GitRemote, SshHasAUserAndNoHeader) {
    for (const char* text : {"ssh://git@h:22/x.git", "git@h:x.git", "git://h/x.git"}) {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto remote, GitRemote::parse(text, ""));
        EXPECT_EQ(remote.url, text);
        EXPECT_THAT(remote.credentials, IsEmpty()) << text;
    }
}

TEST(GitRemote, RefusesWhatGitWouldReadAsAnOption) {
    for (const char* text : {"ssh://-oProxyCommand=x/y", "git@-h:x", "-oProxyCommand@h:y",
                             "ssh://-o@h/y", "git@h:-y"}) {
        EXPECT_THAT(GitRemote::parse(text, ""),
                    FailsWith(ErrorCode::kInvalidInput, HasSubstr("begins with '-'")))
            << text;
    }
}

TEST(GitRemote, NoErrorRepeatsAPassword) {
    for (const char* text : {"https://-me:hunter2@h/x.git", "ssh://git:hunter2@h/x.git",
                             "git://me:hunter2@h/x.git", "https://me:hunter2@/x.git"}) {
        const auto remote = GitRemote::parse(text, "");
        ASSERT_THAT(remote, FailsWith(ErrorCode::kInvalidInput, HasSubstr("git: "))) << text;
        EXPECT_THAT(remote.error().to_string(), Not(HasSubstr("hunter2"))) << text;
    }
}

}  // namespace
}  // namespace slipway::source
