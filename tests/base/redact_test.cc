#include "base/redact.h"

#include <gtest/gtest.h>

namespace slipway {
namespace {

TEST(RedactUrls, UsersAndPasswordsGo) {
    EXPECT_EQ(redact_urls("https://me:pw@example.com/x"), "https://xxxxx:xxxxx@example.com/x");
    EXPECT_EQ(redact_urls("https://token@example.com"), "https://xxxxx@example.com");
    EXPECT_EQ(redact_urls("https://:pw@example.com"), "https://xxxxx:xxxxx@example.com");
    EXPECT_EQ(redact_urls("https://me:p@w@example.com:8/x"), "https://xxxxx:xxxxx@example.com:8/x");
    EXPECT_EQ(redact_urls("ssh://git:pw@example.com/x"), "ssh://xxxxx:xxxxx@example.com/x");
    EXPECT_EQ(redact_urls("[1/2] ADD http://a:b@c/d ftp://e@f/g /h"),
              "[1/2] ADD http://xxxxx:xxxxx@c/d ftp://xxxxx@f/g /h");
}

TEST(RedactUrls, TheRestStays) {
    for (const char* text :
         {"", "://", "no url", "https://example.com/a@b", "https://example.com?mail=me@example.com",
          "https://example.com#me@x", "git@github.com:user/x.git", "ssh://git@github.com/x.git",
          "RUN curl https://example.com; mail me@example.com", "a://b \"me@example.com\""}) {
        EXPECT_EQ(redact_urls(text), text);
    }
}

}  // namespace
}  // namespace slipway
