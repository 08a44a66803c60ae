#include "base/url.h"

#include "support/result_matchers.h"

namespace slipway {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;
using ::testing::Pair;

TEST(Url, HasItsParts) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const Url url, Url::parse("HTTPS://me:pw@Host.example:8080/a%20b/c?x=1&y#frag%23ment"));
    EXPECT_EQ(url.scheme, "https");
    EXPECT_EQ(url.user, "me:pw");
    EXPECT_EQ(url.host, "Host.example:8080");
    EXPECT_EQ(url.path, "/a b/c");
    EXPECT_EQ(url.raw_path, "/a%20b/c");
    EXPECT_EQ(url.query, "x=1&y");
    EXPECT_EQ(url.fragment, "frag#ment");
    EXPECT_EQ(url.without_query(), "https://me:pw@Host.example:8080/a%20b/c");
}

TEST(Url, EncodesAPathThatCannotStand) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Url url, Url::parse("http://h/a b<c>/%2f\xc3\xbc"));
    EXPECT_EQ(url.path, "/a b<c>//\xc3\xbc");
    EXPECT_EQ(url.raw_path, "/a%20b%3Cc%3E//%C3%BC");
}

TEST(Url, TakesAddressesAndNoPath) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Url address, Url::parse("http://[::1]:80"));
    EXPECT_EQ(address.host, "[::1]:80");
    EXPECT_EQ(address.path, "");
    EXPECT_THAT(Url::parse("git://host"), IsOk());
    EXPECT_THAT(Url::parse("http://host:/x"), IsOk());
}

TEST(Url, RefusesWhatIsNone) {
    for (const char* text : {"", "x", "://x", "http:/x", "http://h:port/x", "http://[::1/x",
                             "http://h/%zz", "http://h/%", "http://h/\n", "http://h h/",
                             "http://a b@h/", "http://h%41/", "1 2://h/"}) {
        EXPECT_THAT(Url::parse(text), FailsWith(ErrorCode::kInvalidInput, HasSubstr("invalid URL")))
            << text;
    }
}

TEST(Url, ErrorsDoNotRepeatCredentials) {
    const auto url = Url::parse("https://me:hunter2@h:x/");
    ASSERT_FALSE(url);
    EXPECT_THAT(url.error().to_string(), Not(HasSubstr("hunter2")));
}

TEST(UrlQuery, IsDecodedAndGroupedByName) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto query, parse_query("b=1+2&a=%41&b=&c&&"));
    EXPECT_THAT(query, ElementsAre(Pair("a", ElementsAre("A")), Pair("b", ElementsAre("1 2", "")),
                                   Pair("c", ElementsAre(""))));
}

TEST(UrlQuery, MalformedPairsAreAnErrorOrLeftOut) {
    EXPECT_THAT(parse_query("a=%zz"), FailsWith(ErrorCode::kInvalidInput, HasSubstr("malformed")));
    EXPECT_THAT(parse_valid_query("a=%zz&b=1&c;d=2"), ElementsAre(Pair("b", ElementsAre("1"))));
}

TEST(UrlBaseName, IsTheLastPartOfThePath) {
    EXPECT_EQ(url_base_name("https://h/a/b.tar.gz?x=/y#/z"), "b.tar.gz");
    EXPECT_EQ(url_base_name("https://h/a/"), "a");
    EXPECT_EQ(url_base_name("https://h/a%2Fb"), "b");
    EXPECT_EQ(url_base_name("https://h/"), "");
    EXPECT_EQ(url_base_name("https://h"), "");
    EXPECT_EQ(url_base_name("no url"), "");
}

}  // namespace
}  // namespace slipway
