#include "base/json.h"
#include "support/result_matchers.h"

#include <cerrno>

namespace slipway {
namespace {

using ::testing::HasSubstr;

Result<int> parse_positive(int value) {
    if (value <= 0) return make_error(ErrorCode::kInvalidInput, "{} is not positive", value);
    return value;
}

Result<int> sum(int a, int b) {
    SLIPWAY_ASSIGN(const int x, parse_positive(a));
    SLIPWAY_ASSIGN(const int y, parse_positive(b).context("second of {}", 2));
    return x + y;
}

TEST(Result, CarriesValueOrError) {
    EXPECT_THAT(sum(1, 2), testing::IsOkAndHolds(3));
    EXPECT_THAT(sum(1, -2),
                testing::FailsWith(ErrorCode::kInvalidInput, "second of 2: -2 is not positive"));
}

TEST(Error, KeepsTheInnermostPlaceAndHint) {
    const Error error = make_error(ErrorCode::kNotFound, "no stage")
                            .hint("inner")
                            .at({"a", 1, 1})
                            .hint("outer")
                            .at({"b", 2, 2});
    EXPECT_EQ(error.hint(), "inner");
    EXPECT_EQ(error.where(), (SourceRange{"a", 1, 1}));
}

TEST(Error, ChangesItsCodeAndKeepsTheRest) {
    const Error error = Error(ErrorCode::kNotFound, "no such tag")
                            .hint("pull")
                            .context("FROM a")
                            .with_code(ErrorCode::kUnavailable);
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_EQ(error.to_string(), "FROM a: no such tag");
    EXPECT_EQ(error.hint(), "pull");
}

TEST(Error, TakesItsCodeFromErrno) {
    EXPECT_EQ(Error::from_errno(ENOENT, "open").code(), ErrorCode::kNotFound);
    EXPECT_EQ(Error::from_errno(ENOSPC, "write").code(), ErrorCode::kResource);
    EXPECT_THAT(Error::from_errno(ENOSPC, "write").message(), HasSubstr("No space left"));
}

TEST(Json, NeverThrows) {
    EXPECT_THAT(parse_json("{"),
                testing::FailsWith(ErrorCode::kInvalidInput, HasSubstr("not valid JSON")));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Json json, parse_json(R"({"a":"x","n":1})"));
    EXPECT_THAT(json_string(json, "a"), testing::IsOkAndHolds("x"));
    EXPECT_THAT(json_string(json, "missing", "d"), testing::IsOkAndHolds("d"));
    EXPECT_THAT(json_string(json, "n"),
                testing::FailsWith(ErrorCode::kInvalidInput, HasSubstr("not a string")));
}

}  // namespace
}  // namespace slipway
