#include "registry/internal/credentials.h"

#include "base/text.h"
#include "os/file.h"
#include "os/temp.h"
#include "support/result_matchers.h"

#include <cstdlib>

namespace slipway::registry {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;

class CredentialsTest : public ::testing::Test {
  protected:
    void SetUp() override {
        auto made = os::TempDir::create(::testing::TempDir(), "credentials");
        ASSERT_THAT(made, IsOk());
        dir = std::make_unique<os::TempDir>(std::move(*made));
        path_before = std::getenv("PATH");
    }
    void TearDown() override { ::setenv("PATH", path_before.c_str(), 1); }

    void write_config(const std::string& text) {
        ASSERT_THAT(os::write_file(dir->path() + "/config.json", text), IsOk());
    }
    /// A program docker-credential-<name> in PATH.
    void write_helper(const std::string& name, const std::string& script) {
        ASSERT_THAT(os::write_file(dir->path() + "/docker-credential-" + name,
                                   "#!/bin/sh\n" + script, os::Durability::kProcessCrash, 0755),
                    IsOk());
        ::setenv("PATH", (dir->path() + ":" + path_before).c_str(), 1);
    }
    Result<std::optional<Credential>> find(const std::string& registry) {
        return Credentials(dir->path()).find(registry, {});
    }

    std::unique_ptr<os::TempDir> dir;
    std::string path_before;
};

TEST_F(CredentialsTest, WithoutConfigThereAreNone) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto credential, find("docker.io"));
    EXPECT_FALSE(credential.has_value());
}

TEST_F(CredentialsTest, AuthIsBase64OfUserAndPassword) {
    write_config(R"({"auths": {"example.com:5000": {"auth": ")" + base64_encode("me:pa:ss") +
                 R"("}}})");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto credential, find("example.com:5000"));
    ASSERT_TRUE(credential.has_value());
    EXPECT_EQ(credential->user, "me");
    EXPECT_EQ(credential->password, "pa:ss");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto other, find("example.com"));
    EXPECT_FALSE(other.has_value());
}

TEST_F(CredentialsTest, TheHubGoesByItsOldName) {
    write_config(
        R"({"auths": {"https://index.docker.io/v1/": {"username": "me", "password": "p"}}})");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto credential, find("docker.io"));
    ASSERT_TRUE(credential.has_value());
    EXPECT_EQ(credential->password, "p");
}

TEST_F(CredentialsTest, KeysMayBeUrls) {
    write_config(R"({"auths": {"https://example.com/v2/": {"identitytoken": "token"}}})");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto credential, find("example.com"));
    ASSERT_TRUE(credential.has_value());
    EXPECT_EQ(credential->identity_token, "token");
}

TEST_F(CredentialsTest, HelperOfTheRegistryGoesBeforeTheStore) {
    write_helper(
        "one",
        R"(test "$1" = get && read -r name; printf '{"Username":"u","Secret":"for %s"}' "$name")");
    write_helper("store", R"(printf '{"Username":"<token>","Secret":"identity"}')");
    write_config(R"({"credsStore": "store", "credHelpers": {"example.com": "one"}})");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto own, find("example.com"));
    ASSERT_TRUE(own.has_value());
    EXPECT_EQ(own->user, "u");
    EXPECT_EQ(own->password, "for example.com");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto stored, find("other.com"));
    ASSERT_TRUE(stored.has_value());
    EXPECT_EQ(stored->identity_token, "identity");
    EXPECT_EQ(stored->user, "");
}

TEST_F(CredentialsTest, HelperThatKnowsNothingLeavesTheFile) {
    write_helper("none", "echo 'credentials not found in native keychain'; exit 1");
    write_config(R"({"credsStore": "none", "auths": {"example.com": {"auth": "dXNlcjpwYXNz"}}})");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto credential, find("example.com"));
    ASSERT_TRUE(credential.has_value());
    EXPECT_EQ(credential->user, "user");
}

TEST_F(CredentialsTest, HelperThatFailsIsNamedButItsOutputIsNotShown) {
    write_helper("bad", "echo s3cret; echo locked >&2; exit 3");
    write_config(R"({"credsStore": "bad"})");
    const auto result = find("example.com");
    EXPECT_THAT(result,
                FailsWith(ErrorCode::kDenied,
                          HasSubstr("'docker-credential-bad' failed with status 3: locked")));
    EXPECT_THAT(result.error().to_string(), Not(HasSubstr("s3cret")));
}

TEST_F(CredentialsTest, HelperThatIsMissingOrNotAName) {
    write_config(R"({"credsStore": "there-is-none"})");
    EXPECT_THAT(find("example.com"), FailsWith(ErrorCode::kDenied, HasSubstr("is not installed")));
    write_config(R"({"credsStore": "x/../../sh"})");
    EXPECT_THAT(find("example.com"), FailsWith(ErrorCode::kInvalidInput,
                                               HasSubstr("not the name of a credential helper")));
}

TEST_F(CredentialsTest, BrokenConfigIsAnErrorThatQuotesNothing) {
    write_config(R"({"auths": {"example.com": {"auth": "s3cret")");
    const auto result = find("example.com");
    EXPECT_THAT(result,
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("config.json' is not valid JSON")));
    EXPECT_THAT(result.error().to_string(), Not(HasSubstr("s3cret")));
    write_config(R"({"auths": {"example.com": {"auth": "####"}}})");
    EXPECT_THAT(find("example.com"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("'auth' is not base64")));
}

}  // namespace
}  // namespace slipway::registry
