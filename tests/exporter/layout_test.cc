#include "exporter/internal/layout.h"

#include "archive/tar.h"
#include "exporter/fixtures.h"

#include <gmock/gmock.h>

namespace slipway::exporter {
namespace {

using slipway::testing::ExportTest;
using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class Layout : public ExportTest {
  protected:
    image::Descriptor put(std::string_view type, const std::string& data) {
        const auto digest = blobs_->put(data);
        EXPECT_THAT(digest, IsOk());
        image::Descriptor blob;
        blob.media_type = type;
        blob.digest = *digest;
        blob.size = data.size();
        return blob;
    }

    ImageContent make_image(const std::string& layer = "layer") {
        ImageContent image;
        image.config.platform.architecture = "amd64";
        image.config.created = "2026-01-02T03:04:05Z";
        image.manifest.layers = {put(image::kOciLayer, layer), put(image::kOciLayer, layer)};
        image.manifest.config = put(image::kOciConfig, image.config.dump());
        image.descriptor = put(image::kOciManifest, image.manifest.dump());
        image.descriptor.platform = image.config.platform;
        return image;
    }

    std::vector<std::pair<std::string, std::string>> read_tar(std::string_view text) {
        std::vector<std::pair<std::string, std::string>> files;
        MemoryReader source(text);
        auto tar = archive::TarReader::open(source);
        EXPECT_THAT(tar, IsOk());
        while (true) {
            const auto entry = tar->next();
            EXPECT_THAT(entry, IsOk());
            if (!entry || !*entry) return files;
            std::string data((*entry)->size, '\0');
            if (!data.empty()) {
                EXPECT_THAT(tar->read(std::as_writable_bytes(std::span(data))), IsOk());
            }
            files.emplace_back((*entry)->path, data);
        }
    }

    /// A file of the tar; "" when it is not there.
    std::string in_tar(std::string_view tar, const std::string& name) {
        for (const auto& [path, data] : read_tar(tar)) {
            if (path == name) return data;
        }
        return "";
    }

    std::string write_tar(const ImageContent& image, const std::vector<std::string>& names,
                          OutputType type) {
        StringWriter out;
        EXPECT_THAT(write_layout_tar(image, names, *blobs_, type, out), IsOk());
        return out.text();
    }

    image::Index index_of(const std::string& text) {
        const auto index = image::Index::parse(text);
        EXPECT_THAT(index, IsOk());
        return index.value_or(image::Index{});
    }

    static constexpr const char* kName = "docker.io/library/app:1";
};

TEST_F(Layout, TarHoldsEachBlobOnceInOrder) {
    const auto image = make_image();
    std::vector<std::string> paths;
    for (const auto& [path, data] : read_tar(write_tar(image, {kName}, OutputType::kOci))) {
        paths.push_back(path);
    }
    ASSERT_THAT(paths, SizeIs(7));
    EXPECT_TRUE(std::is_sorted(paths.begin(), paths.end()));
    EXPECT_THAT(paths, Contains("blobs/sha256/" + image.manifest.layers[0].digest.hex()));
    EXPECT_THAT(paths, Contains("blobs/sha256/" + image.descriptor.digest.hex()));
    EXPECT_THAT(paths, Not(Contains("manifest.json")));
}

TEST_F(Layout, TarIsTheSameEachTime) {
    const auto image = make_image();
    EXPECT_EQ(write_tar(image, {kName}, OutputType::kDocker),
              write_tar(image, {kName}, OutputType::kDocker));
}

TEST_F(Layout, IndexNamesTheImageOnceForEachName) {
    const auto image = make_image();
    const std::string tar = write_tar(image, {kName, "example.com/x:2"}, OutputType::kOci);
    EXPECT_EQ(in_tar(tar, "oci-layout"), R"({"imageLayoutVersion":"1.0.0"})");
    const auto index = index_of(in_tar(tar, "index.json"));
    ASSERT_THAT(index.manifests, SizeIs(2));
    const auto& first = index.manifests[0];
    EXPECT_EQ(first.digest, image.descriptor.digest);
    EXPECT_EQ(first.annotations.at("io.containerd.image.name"), kName);
    EXPECT_EQ(first.annotations.at("org.opencontainers.image.ref.name"), "1");
    EXPECT_EQ(first.annotations.at("org.opencontainers.image.created"), "2026-01-02T03:04:05Z");
    EXPECT_EQ(index.manifests[1].annotations.at("org.opencontainers.image.ref.name"), "2");
    const auto unnamed = index_of(in_tar(write_tar(image, {}, OutputType::kOci), "index.json"));
    ASSERT_THAT(unnamed.manifests, SizeIs(1));
    EXPECT_FALSE(unnamed.manifests[0].annotations.contains("io.containerd.image.name"));
}

TEST_F(Layout, DockerArchiveSaysWhatDockerLoads) {
    const auto image = make_image();
    const std::string tar = write_tar(image, {kName, "example.com/x:2"}, OutputType::kDocker);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Json manifest, parse_json(in_tar(tar, "manifest.json")));
    ASSERT_THAT(manifest, SizeIs(1));
    EXPECT_EQ(manifest[0]["RepoTags"], Json::array({"app:1", "example.com/x:2"}));
    const std::string config = manifest[0]["Config"];
    EXPECT_EQ(in_tar(tar, config), image.config.dump());
    ASSERT_THAT(manifest[0]["Layers"], SizeIs(2));
    const std::string layer = manifest[0]["Layers"][0];
    EXPECT_EQ(in_tar(tar, layer), "layer");
}

TEST_F(Layout, FolderKeepsOtherImagesAndReplacesTheSameName) {
    const auto one = make_image("one");
    const auto two = make_image("two");
    ASSERT_THAT(write_layout_folder(one, {kName}, *blobs_, path("out/layout"), {}), IsOk());
    ASSERT_THAT(write_layout_folder(one, {"a:keep"}, *blobs_, path("out/layout"), {}), IsOk());
    ASSERT_THAT(write_layout_folder(two, {kName}, *blobs_, path("out/layout"), {}), IsOk());
    const auto index = index_of(text_of("out/layout/index.json"));
    ASSERT_THAT(index.manifests, SizeIs(2));
    EXPECT_EQ(index.manifests[0].annotations.at("org.opencontainers.image.ref.name"), "keep");
    EXPECT_EQ(index.manifests[0].digest, one.descriptor.digest);
    EXPECT_EQ(index.manifests[1].digest, two.descriptor.digest);
    EXPECT_EQ(text_of("out/layout/oci-layout"), R"({"imageLayoutVersion":"1.0.0"})");
    EXPECT_EQ(text_of("out/layout/blobs/sha256/" + two.manifest.layers[0].digest.hex()), "two");
    EXPECT_THAT(names_in("out/layout/blobs/sha256"), SizeIs(5));  // they share the config
}

TEST_F(Layout, FolderKeepsWhatOthersWroteInTheIndex) {
    const auto image = make_image();
    ASSERT_THAT(write_layout_folder(image, {}, *blobs_, path("layout"), {}), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(Json index, parse_json(text_of("layout/index.json")));
    index["custom"] = 7;
    index["manifests"][0]["artifactType"] = "application/x-mine";
    ASSERT_THAT(os::write_file(path("layout/index.json"), index.dump()), IsOk());
    ASSERT_THAT(write_layout_folder(make_image("two"), {kName}, *blobs_, path("layout"), {}),
                IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Json merged, parse_json(text_of("layout/index.json")));
    EXPECT_EQ(merged["custom"], 7);
    EXPECT_EQ(merged["manifests"][0]["artifactType"], "application/x-mine");
    EXPECT_THAT(merged["manifests"], SizeIs(2));
}

TEST_F(Layout, FolderOfSomebodysFilesIsRefused) {
    ASSERT_THAT(os::make_dirs(path("home")), IsOk());
    ASSERT_THAT(os::write_file(path("home/letter"), "dear"), IsOk());
    EXPECT_THAT(write_layout_folder(make_image(), {}, *blobs_, path("home"), {}),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("neither empty nor an OCI layout")));
    EXPECT_THAT(names_in("home"), ElementsAre("letter"));
}

TEST_F(Layout, SaysWhichBlobIsMissing) {
    const auto image = make_image();
    ASSERT_THAT(blobs_->remove(image.manifest.config.digest), IsOk());
    StringWriter out;
    EXPECT_THAT(write_layout_tar(image, {}, *blobs_, OutputType::kOci, out),
                FailsWith(ErrorCode::kNotFound, HasSubstr(image.manifest.config.digest.hex())));
    content::NamedImage named;
    named.name = kName;
    named.target = image.descriptor.digest;
    named.media_type = image.descriptor.media_type;
    named.target_size = image.descriptor.size;
    EXPECT_THAT(load_image(*blobs_, named),
                FailsWith(ErrorCode::kNotFound, HasSubstr(image.manifest.config.digest.hex())));
}

TEST_F(Layout, LoadsAnImageThatIsThere) {
    const auto image = make_image();
    content::NamedImage named;
    named.target = image.descriptor.digest;
    named.media_type = image.descriptor.media_type;
    named.target_size = image.descriptor.size;
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto loaded, load_image(*blobs_, named));
    EXPECT_EQ(loaded.descriptor, image.descriptor);
    EXPECT_EQ(loaded.manifest.layers, image.manifest.layers);
    EXPECT_EQ(loaded.size(), image.size());
}

}  // namespace
}  // namespace slipway::exporter
