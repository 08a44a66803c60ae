#include "image/platform.h"

#include "support/result_matchers.h"

#include <gmock/gmock.h>

namespace slipway::image {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOkAndHolds;
using ::testing::HasSubstr;
using ::testing::Optional;

std::string normalized(std::string_view text) {
    const auto platform = Platform::parse(text);
    return platform ? platform->to_string() : platform.error().to_string();
}

TEST(Platform, NormalizesWhatPeopleWrite) {
    EXPECT_EQ(normalized("linux/amd64"), "linux/amd64");
    EXPECT_EQ(normalized("x86_64"), "linux/amd64");
    EXPECT_EQ(normalized("Linux/X86-64"), "linux/amd64");
    EXPECT_EQ(normalized("linux/amd64/v1"), "linux/amd64");
    EXPECT_EQ(normalized("linux/amd64/v3"), "linux/amd64/v3");
    EXPECT_EQ(normalized("aarch64"), "linux/arm64");
    EXPECT_EQ(normalized("linux/arm64/v8"), "linux/arm64");
    EXPECT_EQ(normalized("linux/arm64/8"), "linux/arm64");
    EXPECT_EQ(normalized("linux/arm"), "linux/arm/v7");
    EXPECT_EQ(normalized("linux/arm/6"), "linux/arm/v6");
    EXPECT_EQ(normalized("armhf"), "linux/arm/v7");
    EXPECT_EQ(normalized("armel"), "linux/arm/v6");
    EXPECT_EQ(normalized("i386"), "linux/386");
}

TEST(Platform, RefusesWhatIsNone) {
    for (const auto* text : {"", "/", "linux/", "linux//v7", "a/b/c/d"}) {
        EXPECT_THAT(Platform::parse(text),
                    FailsWith(ErrorCode::kInvalidInput, HasSubstr("os/architecture")))
            << text;
    }
    EXPECT_THAT(Platform::parse("linux"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("lacks the architecture")));
    EXPECT_THAT(Platform::parse("beos/amd64"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("'beos'")));
}

TEST(Platform, NamesTheNearestArchitecture) {
    const auto result = Platform::parse("linux/amd46");
    ASSERT_THAT(result, FailsWith(ErrorCode::kInvalidInput, HasSubstr("'amd46'")));
    EXPECT_THAT(result.error().hint(), Optional(HasSubstr("'amd64'")));
}

bool runs(std::string_view machine, std::string_view image) {
    return Platform::parse(machine)->runs(*Platform::parse(image));
}

TEST(Platform, RunsItsOwnAndLesserVariants) {
    EXPECT_TRUE(runs("linux/amd64", "linux/amd64"));
    EXPECT_TRUE(runs("linux/arm/v7", "linux/arm/v6"));
    EXPECT_TRUE(runs("linux/amd64/v3", "linux/amd64"));
    EXPECT_FALSE(runs("linux/arm/v6", "linux/arm/v7"));
    EXPECT_FALSE(runs("linux/amd64", "linux/amd64/v3"));
    EXPECT_FALSE(runs("linux/amd64", "linux/arm64"));
    EXPECT_FALSE(runs("linux/amd64", "freebsd/amd64"));
}

}  // namespace
}  // namespace slipway::image
