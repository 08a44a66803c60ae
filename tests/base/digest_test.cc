#include "base/digest.h"

#include "base/io.h"
#include "support/result_matchers.h"

namespace slipway {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;

constexpr std::string_view kOfAbc =
    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Digest, IsThatOfTheStandard) {
    EXPECT_EQ(Digest::of("abc").to_string(), kOfAbc);
}

TEST(Digest, ParsesWhatItWrites) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Digest digest, Digest::parse(kOfAbc));
    EXPECT_EQ(digest, Digest::of("abc"));
    EXPECT_EQ(digest.short_hex(), "ba7816bf8f01");
}

TEST(Digest, RefusesOtherSpellings) {
    for (const std::string text :
         {"", "sha256:", "md5:abc",
          "sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
          "sha256:zz7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}) {
        EXPECT_THAT(Digest::parse(text),
                    FailsWith(ErrorCode::kInvalidInput, HasSubstr("is not a digest")))
            << text;
    }
}

TEST(Sha256, GivesTheSameForAnyPieces) {
    Sha256 hash;
    hash.update("a").update("").update("bc");
    EXPECT_EQ(hash.finish(), Digest::of("abc"));
    EXPECT_EQ(hash.update("abc").finish(), Digest::of("abc")) << "starts again after finish";
}

TEST(Sha256, FieldsDoNotRunIntoEachOther) {
    EXPECT_NE(Sha256().field("ab").field("c").finish(), Sha256().field("a").field("bc").finish());
}

TEST(DigestWriter, PassesOnAndCounts) {
    StringWriter out;
    DigestWriter writer(out);
    ASSERT_THAT(writer.write("ab"), testing::IsOk());
    ASSERT_THAT(writer.write("c"), testing::IsOk());
    EXPECT_EQ(out.text(), "abc");
    EXPECT_EQ(writer.size(), 3U);
    EXPECT_EQ(writer.finish(), Digest::of("abc"));
}

TEST(ReadText, RefusesWhatIsLargerThanTheLimit) {
    MemoryReader reader("abcdef");
    EXPECT_THAT(read_text(reader, 5),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("limit of 5 bytes")));
}

}  // namespace
}  // namespace slipway
