#include "image/manifest.h"

#include "support/result_matchers.h"

#include <gmock/gmock.h>

namespace slipway::image {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using ::testing::AllOf;
using ::testing::HasSubstr;

const Digest kConfigDigest = Digest::of(std::string_view("config"));
const Digest kLayerDigest = Digest::of(std::string_view("layer"));

Manifest small_manifest() {
    Manifest manifest;
    manifest.config = {.media_type = std::string(kOciConfig), .digest = kConfigDigest, .size = 6};
    manifest.layers = {{.media_type = std::string(kOciLayerGzip),
                        .digest = kLayerDigest,
                        .size = 5,
                        .annotations = {{"a", "b"}}}};
    return manifest;
}

TEST(Manifest, ParsesWhatItDumps) {
    const Manifest manifest = small_manifest();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto again, Manifest::parse(manifest.dump()));
    EXPECT_EQ(again.config, manifest.config);
    EXPECT_EQ(again.layers, manifest.layers);
    EXPECT_EQ(again.media_type, kOciManifest);
    EXPECT_EQ(again.dump(), manifest.dump());
}

TEST(Manifest, DumpIsIndentedByTwo) {
    EXPECT_THAT(small_manifest().dump(),
                AllOf(HasSubstr("{\n  \"config\": {\n    \"digest\": "),
                      HasSubstr("\"mediaType\": \"application/vnd.oci.image.manifest.v1+json\""),
                      HasSubstr("\"schemaVersion\": 2")));
}

TEST(Manifest, RefusesOthers) {
    EXPECT_THAT(Manifest::parse("{}"), FailsWith(ErrorCode::kUnsupported, HasSubstr("schema")));
    EXPECT_THAT(Manifest::parse(R"({"schemaVersion":1,"signatures":[]})"),
                FailsWith(ErrorCode::kUnsupported, HasSubstr("schema version 1")));
    EXPECT_THAT(Manifest::parse(Index{}.dump()),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("not a manifest's")));
    EXPECT_THAT(Manifest::parse(R"({"schemaVersion":2})"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("config")));
    EXPECT_THAT(Manifest::parse(R"({"schemaVersion":2,"config":{"digest":")" +
                                kConfigDigest.to_string() + R"(","size":-5}})"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("size")));
    EXPECT_THAT(Manifest::parse("[1]"), FailsWith(ErrorCode::kInvalidInput, HasSubstr("object")));
    EXPECT_THAT(Manifest::parse(R"({"schemaVersion":2,"config":{"digest":"sha512:00","size":1}})"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("sha512")));
}

Descriptor for_platform(const char* text, std::string_view content) {
    return {.media_type = std::string(kOciManifest),
            .digest = Digest::of(content),
            .size = content.size(),
            .platform = *Platform::parse(text)};
}

TEST(Index, SelectsThePlatform) {
    Index index;
    index.manifests = {for_platform("linux/arm/v5", "v5"), for_platform("linux/arm/v7", "v7"),
                       for_platform("linux/amd64", "amd"), for_platform("linux/amd64/v3", "amd3")};
    const auto chosen = [&](const char* platform) {
        const auto result = index.select(*Platform::parse(platform));
        return result ? result->digest : Digest();
    };
    EXPECT_EQ(chosen("linux/amd64"), Digest::of(std::string_view("amd")));
    EXPECT_EQ(chosen("linux/amd64/v3"), Digest::of(std::string_view("amd3")));
    EXPECT_EQ(chosen("linux/amd64/v2"), Digest::of(std::string_view("amd")));
    EXPECT_EQ(chosen("linux/arm/v7"), Digest::of(std::string_view("v7")));
    EXPECT_EQ(chosen("linux/arm/v6"), Digest::of(std::string_view("v5")));
    EXPECT_THAT(index.select(*Platform::parse("linux/arm64")),
                FailsWith(ErrorCode::kNotFound,
                          AllOf(HasSubstr("linux/arm64"), HasSubstr("linux/amd64/v3"))));
}

TEST(Index, NeverSelectsAttestations) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const auto index,
        Index::parse(R"({"schemaVersion":2,"manifests":[{"mediaType":"m","size":1,"digest":")" +
                     kLayerDigest.to_string() +
                     R"(","platform":{"os":"unknown","architecture":"unknown"},
             "annotations":{"vnd.docker.reference.type":"attestation-manifest"}}]})"));
    EXPECT_THAT(index.select({.architecture = "amd64"}),
                FailsWith(ErrorCode::kNotFound, HasSubstr("none")));
}

TEST(Index, TakesAManifestWithoutPlatformWhenNoneFits) {
    Index index;
    Descriptor unnamed = for_platform("linux/amd64", "x");
    unnamed.platform.reset();
    index.manifests = {unnamed};
    EXPECT_THAT(index.select({.architecture = "arm64"}), IsOk());
}

TEST(Index, ReadsPlatformsNormalized) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const auto index,
        Index::parse(R"({"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.)"
                     R"(manifest.list.v2+json","manifests":[{"mediaType":"m","size":1,"digest":")" +
                     kLayerDigest.to_string() +
                     R"(","platform":{"os":"linux","architecture":"arm64","variant":"v8"}}]})"));
    EXPECT_THAT(index.select({.architecture = "arm64"}), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto again, Index::parse(index.dump()));
    EXPECT_EQ(again.manifests, index.manifests);
}

TEST(MediaTypes, KnowBothFamilies) {
    EXPECT_TRUE(is_index(kOciIndex) && is_index(kDockerManifestList));
    EXPECT_TRUE(is_manifest(kOciManifest) && is_manifest(kDockerManifest));
    EXPECT_TRUE(is_layer(kOciLayerZstd) && is_layer(kDockerLayerGzip) && is_layer(kDockerLayer));
    EXPECT_FALSE(is_layer(kOciConfig) || is_manifest(kOciIndex) || is_index(""));
    EXPECT_EQ(to_oci_type(kDockerLayerGzip), kOciLayerGzip);
    EXPECT_EQ(to_oci_type("application/x-other"), "application/x-other");
}

}  // namespace
}  // namespace slipway::image
