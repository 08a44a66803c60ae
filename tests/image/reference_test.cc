#include "image/reference.h"

#include "support/result_matchers.h"

#include <gmock/gmock.h>

namespace slipway::image {
namespace {

using slipway::testing::FailsWith;
using ::testing::HasSubstr;

constexpr std::string_view kDigest =
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct Good {
    std::string text;
    std::string full;
    std::string familiar;
};

class ImageRefParses : public ::testing::TestWithParam<Good> {};

TEST_P(ImageRefParses, AndNormalizesAsDockerDoes) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto ref, ImageRef::parse(GetParam().text));
    EXPECT_EQ(ref.to_string(), GetParam().full);
    EXPECT_EQ(ref.familiar(), GetParam().familiar);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto again, ImageRef::parse(ref.to_string()));
    EXPECT_EQ(again, ref);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto from_familiar, ImageRef::parse(ref.familiar()));
    EXPECT_EQ(from_familiar, ref);
}

INSTANTIATE_TEST_SUITE_P(
    References, ImageRefParses,
    ::testing::Values(
        Good{"debian", "docker.io/library/debian:latest", "debian:latest"},
        Good{"debian:bookworm", "docker.io/library/debian:bookworm", "debian:bookworm"},
        Good{"docker.io/debian", "docker.io/library/debian:latest", "debian:latest"},
        Good{"index.docker.io/library/debian:1", "docker.io/library/debian:1", "debian:1"},
        Good{"user/app", "docker.io/user/app:latest", "user/app:latest"},
        Good{"docker.io/library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest"},
        Good{"docker.io/nvcr.io/a", "docker.io/nvcr.io/a:latest", "docker.io/nvcr.io/a:latest"},
        Good{"localhost/app", "localhost/app:latest", "localhost/app:latest"},
        Good{"localhost:5000/app", "localhost:5000/app:latest", "localhost:5000/app:latest"},
        Good{"localhost:5000", "docker.io/library/localhost:5000", "localhost:5000"},
        Good{"[::1]:5000/app:v1", "[::1]:5000/app:v1", "[::1]:5000/app:v1"},
        Good{"Registry/app", "Registry/app:latest", "Registry/app:latest"},
        Good{"nvcr.io/a/b_c/d__e/f---g/h.i:Tag_1.2-x", "nvcr.io/a/b_c/d__e/f---g/h.i:Tag_1.2-x",
             "nvcr.io/a/b_c/d__e/f---g/h.i:Tag_1.2-x"},
        Good{"debian@" + std::string(kDigest), "docker.io/library/debian@" + std::string(kDigest),
             "debian@" + std::string(kDigest)},
        Good{"debian:12@" + std::string(kDigest),
             "docker.io/library/debian:12@" + std::string(kDigest),
             "debian:12@" + std::string(kDigest)}));

struct Bad {
    std::string text;
    std::string why;
};

class ImageRefRefuses : public ::testing::TestWithParam<Bad> {};

TEST_P(ImageRefRefuses, AndSaysWhy) {
    EXPECT_THAT(ImageRef::parse(GetParam().text),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr(GetParam().why)));
}

INSTANTIATE_TEST_SUITE_P(
    References, ImageRefRefuses,
    ::testing::Values(
        Bad{"", "empty"}, Bad{"Debian", "lower case"}, Bad{"quay.io/Foo/bar", "lower case"},
        Bad{"a//b", "not a valid repository"}, Bad{"/a", "not a valid repository"},
        Bad{"a/", "not a valid repository"}, Bad{"a..b", "not a valid repository"},
        Bad{"a___b", "not a valid repository"}, Bad{"-a", "not a valid repository"},
        Bad{"a/../b", "not a valid repository"}, Bad{"a:", "not a valid tag"},
        Bad{"a:-x", "not a valid tag"}, Bad{"a:x y", "not a valid tag"},
        Bad{"a:" + std::string(129, 'x'), "tag"}, Bad{"ho_st.io/a", "not a valid registry"},
        Bad{"host:port/a", "not a valid registry"}, Bad{"[::1/a", "not a valid registry"},
        Bad{"x.io/", "name is missing"}, Bad{"a@sha256:12", "not a sha256 digest"},
        Bad{"a@md5:d41d8cd98f00b204e9800998ecf8427e", "not a sha256 digest"},
        Bad{std::string(256, 'a'), "longer than 255"},
        // With the "library/" that it stands for.
        Bad{std::string(250, 'a'), "longer than 255"}, Bad{std::string(64, 'e'), "image ID"}));

}  // namespace
}  // namespace slipway::image
