#include "base/text.h"

#include <gmock/gmock.h>

namespace slipway {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::Optional;

TEST(Split, KeepsEmptyParts) {
    EXPECT_THAT(split("a,,b", ','), ElementsAre("a", "", "b"));
    EXPECT_THAT(split("", ','), ElementsAre(""));
}

TEST(Trim, TakesBlanksFromBothEnds) {
    EXPECT_EQ(trim(" \ta b\r\n"), "a b");
    EXPECT_EQ(trim("  "), "");
}

TEST(ParseUint, TakesDigitsOnly) {
    EXPECT_THAT(parse_uint("42"), Optional(42U));
    EXPECT_THAT(parse_uint("0755", 8), Optional(0755U));
    for (const auto* text : {"", "-1", "+1", " 1", "1x", "99999999999999999999"})
        EXPECT_EQ(parse_uint(text), std::nullopt) << text;
}

TEST(FindNearest, NamesWhatWasMeant) {
    const std::vector<std::string> stages = {"build", "runtime", "base"};
    EXPECT_THAT(find_nearest("biuld", stages), Optional(Eq("build")));
    EXPECT_THAT(find_nearest("RUNTIME", stages), Optional(Eq("runtime")));
    EXPECT_EQ(find_nearest("completely-else", stages), std::nullopt);
}

TEST(FindNearest, LooksAtNoTextThatIsTooLongToBeMeant) {
    const std::vector<std::string> candidates(1000, std::string(65'000, 'a'));
    EXPECT_EQ(find_nearest("aaaa", candidates), std::nullopt);
    EXPECT_EQ(find_nearest(std::string(64'999, 'a'), candidates), std::nullopt);
}

TEST(FormatBytes, UsesBinaryUnits) {
    EXPECT_EQ(format_bytes(0), "0 B");
    EXPECT_EQ(format_bytes(1536), "1.5 KiB");
    EXPECT_EQ(format_bytes(40ULL << 30), "40 GiB");
}

TEST(Base64, AgreesWithTheStandardsExamples) {
    EXPECT_EQ(base64_encode(""), "");
    EXPECT_EQ(base64_encode("f"), "Zg==");
    EXPECT_EQ(base64_encode("fo"), "Zm8=");
    EXPECT_EQ(base64_encode("foo"), "Zm9v");
    EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
    EXPECT_EQ(base64_encode(std::string_view("\xfb\xff\x00", 3)), "+/8A");
    EXPECT_EQ(base64_decode("Zm9vYg=="), "foob");
    EXPECT_EQ(base64_decode("+/8A"), std::string("\xfb\xff\x00", 3));
}

TEST(Base64, RefusesWhatIsNot) {
    EXPECT_EQ(base64_decode("dXNl*jpw"), std::nullopt);
    EXPECT_EQ(base64_decode("abc"), std::nullopt);
}

}  // namespace
}  // namespace slipway
