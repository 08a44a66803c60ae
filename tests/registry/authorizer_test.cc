#include "registry/internal/authorizer.h"

#include "support/result_matchers.h"

namespace slipway::registry {
namespace {

TEST(ParseChallenges, ReadsSeveralWithQuotedAndPlainValues) {
    const auto challenges = parse_challenges(
        R"(Basic realm="a \"quoted\", realm", Bearer realm="https://auth/token",service=registry, Scope="repository:a/b:pull,push")");
    ASSERT_EQ(challenges.size(), 2U);
    EXPECT_EQ(challenges[0].scheme, "basic");
    EXPECT_EQ(challenges[0].values.at("realm"), "a \"quoted\", realm");
    EXPECT_EQ(challenges[1].scheme, "bearer");
    EXPECT_EQ(challenges[1].values.at("realm"), "https://auth/token");
    EXPECT_EQ(challenges[1].values.at("service"), "registry");
    EXPECT_EQ(challenges[1].values.at("scope"), "repository:a/b:pull,push");
}

TEST(ParseChallenges, SurvivesWhatIsMalformed) {
    EXPECT_TRUE(parse_challenges("").empty());
    EXPECT_TRUE(parse_challenges(" , ,, ").empty());
    EXPECT_TRUE(parse_challenges("=").empty());
    EXPECT_EQ(parse_challenges("Bearer realm=\"unclosed").at(0).values.at("realm"), "unclosed");
    EXPECT_EQ(parse_challenges("Bearer realm=\"\\").size(), 1U);
    EXPECT_EQ(parse_challenges("Negotiate").at(0).scheme, "negotiate");
}

TEST(LoginHint, NamesTheRegistryUnlessItIsTheHub) {
    EXPECT_EQ(login_hint("docker.io"), "log in with `docker login`");
    EXPECT_EQ(login_hint("example.com:5000"), "log in with `docker login example.com:5000`");
}

}  // namespace
}  // namespace slipway::registry
