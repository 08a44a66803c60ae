#include "ui/renderer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::ui {
namespace {

TEST(RenderError, ShowsPlaceExcerptAndHint) {
    std::string file;
    for (int i = 1; i < 13; ++i) file += "#\n";
    file += "FROM alpine:3.20\nCOPY --from=biuld /app /app\n";
    Error error(ErrorCode::kInvalidInput, "COPY --from=biuld: no stage is called 'biuld'");
    EXPECT_EQ(
        render_error(
            std::move(error).at({"Dockerfile", 14, 14}).hint("did you mean 'build' (line 2)?"),
            file),
        "error: COPY --from=biuld: no stage is called 'biuld'\n"
        "  Dockerfile:14\n"
        "     13 | FROM alpine:3.20\n"
        "  >> 14 | COPY --from=biuld /app /app\n"
        "hint: did you mean 'build' (line 2)?\n");
}

TEST(RenderError, WithoutPlaceIsOneLine) {
    EXPECT_EQ(render_error(Error(ErrorCode::kNotFound, "no such image").context("pulling 'x'")),
              "error: pulling 'x': no such image\n");
}

TEST(RenderError, WithoutTheFileNamesThePlace) {
    EXPECT_EQ(render_error(Error(ErrorCode::kInvalidInput, "bad").at({"Dockerfile", 3, 4})),
              "error: bad\n  Dockerfile:3\n");
}

TEST(RenderError, IsSafeForTerminals) {
    EXPECT_EQ(render_error(Error(ErrorCode::kNotFound, "no file 'a\x1b[2Jb\x07'")),
              "error: no file 'ab\xef\xbf\xbd'\n");
}

}  // namespace
}  // namespace slipway::ui
