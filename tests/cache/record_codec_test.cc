#include "cache/internal/record_codec.h"

#include "support/result_matchers.h"

#include <random>

namespace slipway::cache {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOkAndHolds;
using solver::Ingredient;
using ::testing::HasSubstr;

TEST(RecordCodec, OutputsComeBack) {
    const std::vector<std::vector<solver::Output>> cases = {
        {}, {""}, {"a"}, {"", ""}, {std::string(300, 'x'), "y"}, {std::string("\0\xff", 2)}};
    for (const auto& outputs : cases) {
        EXPECT_THAT(decode_outputs(encode_outputs(outputs)), IsOkAndHolds(outputs));
    }
}

TEST(RecordCodec, IngredientsComeBack) {
    const std::string digest = Digest::of("x").to_string();
    const std::vector<std::vector<Ingredient>> cases = {
        {},
        {{"", ""}},
        {{"instruction", "RUN make"}, {"in", digest}, {"input 1", "sha256:no"}, {"", digest}},
        {{"context file 'a/b'", digest},
         {"context file 'a/c'", digest},
         {"context file 'a/c'", "x"}},
        {{"zero", Digest().to_string()}, {"upper", "sha256:" + std::string(64, 'A')}},
        {{std::string(5000, 'l'), std::string(70'000, 'v')}, {std::string(5000, 'l') + "x", ""}}};
    for (const auto& ingredients : cases) {
        EXPECT_THAT(decode_ingredients(encode_ingredients(ingredients)), IsOkAndHolds(ingredients));
    }
}

TEST(RecordCodec, SharedBeginningsAndDigestsAreSmall) {
    std::vector<Ingredient> ingredients;
    for (int i = 0; i < 1000; ++i) {
        ingredients.push_back({fmt::format("context file 'some/long/folder/name/file{:04}.h'", i),
                               Digest::of(std::to_string(i)).to_string()});
    }
    EXPECT_LT(encode_ingredients(ingredients).size(), 45U * 1000);
}

template <typename T>
void expect_read_or_refused(const Result<T>& decoded) {
    if (decoded) return;
    EXPECT_THAT(decoded, FailsWith(ErrorCode::kCorrupt, HasSubstr("malformed")));
}

// Whatever is cut off or changed, decoding ends in a list or in kCorrupt; sanitizers watch.
TEST(RecordCodec, DamagedDataIsReadOrRefused) {
    const std::string whole = encode_ingredients({{"instruction", "RUN make"},
                                                  {"input 1", Digest::of("x").to_string()},
                                                  {"input 2", "abc"}});
    for (std::size_t size = 1; size < whole.size(); ++size) {
        expect_read_or_refused(decode_ingredients(whole.substr(0, size)));
        expect_read_or_refused(decode_outputs(whole.substr(0, size)));
    }
    std::mt19937 random(1);
    for (int round = 0; round < 20'000; ++round) {
        std::string damaged = whole;
        for (int i = 0; i < 3; ++i)
            damaged[random() % damaged.size()] = static_cast<char>(random() & 0xff);
        expect_read_or_refused(decode_ingredients(damaged));
        expect_read_or_refused(decode_outputs(damaged));
    }
}

TEST(RecordCodec, NumbersThatNeverEndAreRefused) {
    EXPECT_THAT(decode_outputs(std::string(20, '\xff')),
                FailsWith(ErrorCode::kCorrupt, HasSubstr("malformed")));
    EXPECT_THAT(decode_outputs(std::string("\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 9)),
                FailsWith(ErrorCode::kCorrupt, HasSubstr("malformed")));
}

}  // namespace
}  // namespace slipway::cache
