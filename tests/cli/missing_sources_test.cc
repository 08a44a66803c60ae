#include "cli/missing_sources.h"

#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::cli {
namespace {

using ::testing::HasSubstr;

solver::FailedSource failed(const std::string& name, ErrorCode code = ErrorCode::kUnavailable) {
    return {.name = name, .error = Error(code, "connection refused")};
}

class NoImages final : public frontend::ImageResolver {
  public:
    explicit NoImages(ErrorCode code) : code_(code) {}
    Result<frontend::ResolvedImage> resolve(const std::string& ref, const image::Platform&,
                                            frontend::ResolveMode) override {
        return make_error(code_, "no {}", ref);
    }

  private:
    ErrorCode code_;
};

TEST(MissingSources, OneIsItsOwnErrorAndSaysWhatToDo) {
    const Error error = describe_missing({failed("[fetched_ffmpeg 1/1] ADD https://x/f.tar /")});
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_EQ(error.to_string(), "[fetched_ffmpeg 1/1] ADD https://x/f.tar /: connection refused");
    EXPECT_THAT(error.hint().value_or(""), HasSubstr("--source ffmpeg=DIR"));
}

TEST(MissingSources, SeveralAreOneError) {
    const Error error = describe_missing(
        {failed("[src_ucx 1/1] ADD https://x/ucx.git#v1 /", ErrorCode::kNotFound),
         failed("[fetched_ffmpeg 1/1] ADD https://x/f.tar /"), failed("[base 1/4] FROM debian")});
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_EQ(error.message(),
              "3 sources cannot be had, so nothing was run:\n"
              "  [src_ucx 1/1] ADD https://x/ucx.git#v1 /\n      connection refused\n"
              "  [fetched_ffmpeg 1/1] ADD https://x/f.tar /\n      connection refused\n"
              "  [base 1/4] FROM debian\n      connection refused");
    EXPECT_THAT(error.hint().value_or(""), HasSubstr("--source ffmpeg=DIR --source ucx=DIR "));
    EXPECT_FALSE(describe_missing({failed("[a 1/1] FROM x"), failed("[b 1/1] FROM y")}).hint());
}

TEST(MissingSources, AnImageThatIsNotThereIsEmptyAndRemembered) {
    NoImages none(ErrorCode::kNotFound);
    TolerantResolver tolerant(none);
    const auto platform = image::Platform::parse("linux/arm64");
    ASSERT_TRUE(platform);
    const auto image = tolerant.resolve("debian", *platform, frontend::ResolveMode::kDefault);
    ASSERT_TRUE(image);
    EXPECT_EQ(image->config.platform.architecture, "arm64");
    ASSERT_EQ(tolerant.missing().count(image->identifier), 1U);
    EXPECT_EQ(tolerant.missing().begin()->second.code(), ErrorCode::kUnavailable);

    NoImages interrupted(ErrorCode::kCancelled);
    TolerantResolver stopped(interrupted);
    EXPECT_THAT(stopped.resolve("debian", *platform, frontend::ResolveMode::kDefault),
                testing::FailsWith(ErrorCode::kCancelled, HasSubstr("no debian")));
}

}  // namespace
}  // namespace slipway::cli
