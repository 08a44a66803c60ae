#include "source/internal/origin.h"

#include "os/temp.h"
#include "support/result_matchers.h"
#include "support/test_image.h"

namespace slipway::source {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::TestImage;

const std::string kDigestText = "sha256:" + std::string(64, 'a');

TEST(ImageSource, ReadsNamesAndIdentifiers) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto plain, ImageSource::parse("debian:bookworm"));
    EXPECT_EQ(plain.ref.to_string(), "docker.io/library/debian:bookworm");
    EXPECT_EQ(plain.layout_dir, "");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Digest digest, Digest::parse(kDigestText));
    const std::string identifier = plain.identifier(digest);
    EXPECT_EQ(identifier, "docker-image://docker.io/library/debian:bookworm@" + kDigestText)
        << "the name is kept";
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto again, ImageSource::parse(identifier));
    EXPECT_EQ(again.digest, digest);
    EXPECT_EQ(again.identifier(digest), identifier);
}

TEST(ImageSource, ReadsLayouts) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto plain, ImageSource::parse("oci-layout:///a/b"));
    EXPECT_EQ(plain.layout_dir, "/a/b");
    EXPECT_EQ(plain.layout_tag, "");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto tagged,
                                 ImageSource::parse("oci-layout://a:b/c:1@" + kDigestText));
    EXPECT_EQ(tagged.layout_dir, "a:b/c");
    EXPECT_EQ(tagged.layout_tag, "1");
    EXPECT_TRUE(tagged.digest.has_value());
    EXPECT_THAT(ImageSource::parse("oci-layout://:1"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("names no folder")));
    EXPECT_THAT(ImageSource::parse("oci-layout:///a@sha256:xy"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("sha256:xy")));
}

TEST(MediaTypeOf, TrustsTheTextMoreThanTheTransport) {
    EXPECT_THAT(media_type_of(R"({"schemaVersion":2,"layers":[]})", "application/json"),
                IsOkAndHolds(std::string(image::kOciManifest)));
    EXPECT_THAT(media_type_of(R"({"schemaVersion":2,"manifests":[]})", ""),
                IsOkAndHolds(std::string(image::kOciIndex)));
    EXPECT_THAT(media_type_of(R"({"schemaVersion":2,"layers":[]})", image::kDockerManifest),
                IsOkAndHolds(std::string(image::kDockerManifest)));
    EXPECT_THAT(
        media_type_of(
            fmt::format(R"({{"mediaType":"{}","manifests":[]}})", image::kDockerManifestList), ""),
        IsOkAndHolds(std::string(image::kDockerManifestList)));
}

TEST(MediaTypeOf, RefusesSchema1AndTextsThatAreTwoThings) {
    EXPECT_THAT(media_type_of(R"({"schemaVersion":1,"fsLayers":[]})", ""),
                FailsWith(ErrorCode::kUnsupported, HasSubstr("docker schema 1")));
    EXPECT_THAT(media_type_of(R"({"layers":[],"manifests":[]})", ""),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("both as")));
    EXPECT_THAT(media_type_of("{}", ""),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("neither as")));
    EXPECT_THAT(media_type_of("<html>", ""),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("not valid JSON")));
    EXPECT_THAT(media_type_of("[]", ""), FailsWith(ErrorCode::kInvalidInput, HasSubstr("object")));
    EXPECT_THAT(media_type_of(R"({"layers":[]})", image::kOciIndex),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("not what the text is")));
    EXPECT_THAT(
        media_type_of(fmt::format(R"({{"mediaType":"{}","layers":[]}})", image::kOciIndex), ""),
        FailsWith(ErrorCode::kInvalidInput, HasSubstr("not what the text is")));
}

class LayoutOriginTest : public ::testing::Test {
  protected:
    void SetUp() override {
        auto made = os::TempDir::create(::testing::TempDir(), "layout");
        ASSERT_THAT(made, IsOk());
        dir = std::make_unique<os::TempDir>(std::move(*made));
        image = testing::make_image({{{"a", "text of a"}}});
        testing::write_layout(dir->path(), image, "1.0");
    }
    std::unique_ptr<os::TempDir> dir;
    TestImage image;
};

TEST_F(LayoutOriginTest, FindsByTagAndDigest) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto layout, LayoutOrigin::open(dir->path()));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto tagged, layout->load_tag("1.0", {}));
    EXPECT_EQ(tagged.digest, image.digest);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto only, layout->load_tag("", {}));
    EXPECT_EQ(only.digest, image.digest) << "the only one needs no tag";
    EXPECT_THAT(layout->load_manifest(image.digest, {}), IsOk());
    EXPECT_THAT(layout->load_tag("2", {}),
                FailsWith(ErrorCode::kNotFound, HasSubstr("no image '2'; there is: 1.0")));
    StringWriter sink;
    EXPECT_THAT(layout->fetch_blob(image.manifest.layers[0], sink, {}, nullptr), IsOk());
    EXPECT_EQ(Digest::of(sink.text()), image.manifest.layers[0].digest);
}

TEST_F(LayoutOriginTest, RefusesManifestsThatAreNotTheirDigest) {
    const std::string path = dir->path() + "/blobs/sha256/" + image.digest.hex();
    ASSERT_THAT(os::write_file(path, image.manifest_text + " "), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto layout, LayoutOrigin::open(dir->path()));
    EXPECT_THAT(layout->load_tag("1.0", {}),
                FailsWith(ErrorCode::kCorrupt, HasSubstr(image.digest.to_string())));
}

TEST_F(LayoutOriginTest, DoesNotFollowLinksOutOfTheLayout) {
    const std::string path = dir->path() + "/blobs/sha256/" + image.digest.hex();
    ASSERT_THAT(os::write_file(dir->path() + "/outside", image.manifest_text), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto root, os::Dir::open(dir->path()));
    ASSERT_THAT(root.unlink(RelPath::in_root("blobs/sha256/" + image.digest.hex())), IsOk());
    ASSERT_THAT(root.make_symlink(dir->path() + "/outside",
                                  RelPath::in_root("blobs/sha256/" + image.digest.hex())),
                IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto layout, LayoutOrigin::open(dir->path()));
    EXPECT_THAT(layout->load_tag("1.0", {}),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr(image.digest.hex())));
}

TEST_F(LayoutOriginTest, RefusesWhatIsNoLayout) {
    EXPECT_THAT(LayoutOrigin::open(dir->path() + "/blobs"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("not an OCI layout")));
    EXPECT_THAT(LayoutOrigin::open(dir->path() + "/none"),
                FailsWith(ErrorCode::kNotFound, HasSubstr("none")));
    ASSERT_THAT(os::write_file(dir->path() + "/oci-layout", R"({"imageLayoutVersion":"2.0.0"})"),
                IsOk());
    EXPECT_THAT(LayoutOrigin::open(dir->path()),
                FailsWith(ErrorCode::kUnsupported, HasSubstr("version '2.0.0'")));
}

}  // namespace
}  // namespace slipway::source
