#include "source/internal/archive_loader.h"

#include "os/temp.h"
#include "support/result_matchers.h"
#include "support/test_image.h"

namespace slipway::source {
namespace {

using archive::Compression;
using testing::compressed;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::make_image;
using testing::must;
using testing::TestImage;

/// Larger than what the loader keeps in memory.
std::string big_text() {
    std::string text;
    for (int i = 0; text.size() < (5U << 20); ++i) text += fmt::format("line {}\n", i);
    return text;
}

class ArchiveLoaderTest : public ::testing::Test {
  protected:
    void SetUp() override {
        auto made = os::TempDir::create(::testing::TempDir(), "loader");
        ASSERT_THAT(made, IsOk());
        dir = std::make_unique<os::TempDir>(std::move(*made));
        store = must(content::Store::open(dir->path() + "/store", os::LockMode::kShared));
        blobs = std::make_unique<content::BlobStore>(*store);
        names = std::make_unique<content::ImageNames>(*store);
    }

    Result<std::vector<std::string>> load(const std::string& archive,
                                          const std::string& name = "") {
        MemoryReader reader(archive);
        return ArchiveLoader(*blobs, *names).load(reader, name, {});
    }
    /// Everything the image needs is in the store, and the name leads to it.
    void expect_complete(const std::string& name, const TestImage& image) {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto named, names->find(name));
        ASSERT_TRUE(named.has_value()) << name;
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto text, blobs->read(named->target));
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto manifest, image::Manifest::parse(text));
        EXPECT_EQ(manifest.config.digest, image.manifest.config.digest);
        EXPECT_TRUE(blobs->has(manifest.config.digest));
        ASSERT_EQ(manifest.layers.size(), image.manifest.layers.size());
        for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
            EXPECT_EQ(manifest.layers[i].digest, image.manifest.layers[i].digest);
            EXPECT_EQ(manifest.layers[i].size, image.manifest.layers[i].size);
            EXPECT_EQ(manifest.layers[i].media_type, image.manifest.layers[i].media_type);
            EXPECT_TRUE(blobs->has(manifest.layers[i].digest));
        }
    }

    std::unique_ptr<os::TempDir> dir;
    std::unique_ptr<content::Store> store;
    std::unique_ptr<content::BlobStore> blobs;
    std::unique_ptr<content::ImageNames> names;
};

std::string config_path(const TestImage& image) {
    return image.manifest.config.digest.hex() + ".json";
}
std::string layer_bytes(const TestImage& image, std::size_t i) {
    return image.blobs.at(image.manifest.layers.at(i).digest.to_string());
}
std::string config_bytes(const TestImage& image) {
    return image.blobs.at(image.manifest.config.digest.to_string());
}

/// The files of an OCI layout as an archive holds them.
testing::Files layout_files(const TestImage& image,
                            const std::map<std::string, std::string>& annotations) {
    testing::Files files = {{"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"}};
    for (const auto& [digest, bytes] : image.blobs)
        files.emplace_back("blobs/sha256/" + digest.substr(7), bytes);
    image::Index index;
    index.manifests = {testing::describe(image.manifest_text, image.manifest.media_type)};
    index.manifests[0].annotations = annotations;
    files.emplace_back("index.json", index.dump());
    return files;
}

TEST_F(ArchiveLoaderTest, LoadsWhatDockerSaves) {
    const TestImage image = make_image({{{"a", big_text()}}, {{"b", "small"}}}, Compression::kNone);
    const std::string manifest = fmt::format(
        R"([{{"Config":"{}","RepoTags":["app:1","example.com/team/app:2"],"Layers":["one/layer.tar","two/layer.tar"]}}])",
        config_path(image));
    const std::string archive = testing::make_tar({{"one/layer.tar", layer_bytes(image, 0)},
                                                   {"one/VERSION", "1.0"},
                                                   {"two/layer.tar", layer_bytes(image, 1)},
                                                   {config_path(image), config_bytes(image)},
                                                   {"manifest.json", manifest},
                                                   {"repositories", "{}"}});
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto loaded, load(archive));
    EXPECT_THAT(loaded, ElementsAre("docker.io/library/app:1", "example.com/team/app:2"));
    for (const auto& name : loaded) expect_complete(name, image);
    EXPECT_FALSE(blobs->has(Digest::of("1.0"))) << "what no image needs is not kept";
}

TEST_F(ArchiveLoaderTest, LoadsCompressedArchivesAndLayers) {
    const TestImage image = make_image({{{"a", "1"}}}, Compression::kZstd);
    const std::string manifest =
        fmt::format(R"([{{"Config":"{}","RepoTags":null,"Layers":["l"]}}])", config_path(image));
    const std::string archive = testing::make_tar({{"manifest.json", manifest},
                                                   {config_path(image), config_bytes(image)},
                                                   {"l", layer_bytes(image, 0)}});
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto loaded,
                                 load(compressed(Compression::kGzip, archive), "given"));
    EXPECT_THAT(loaded, ElementsAre("docker.io/library/given:latest"));
    expect_complete(loaded[0], image);
}

/// Old versions of docker write a layer once and link the other places to it.
TEST_F(ArchiveLoaderTest, FollowsLinksInsideTheArchive) {
    const TestImage image =
        make_image({{{"a", "1"}}, {{"a", "1"}}, {{"a", "1"}}}, Compression::kNone);
    StringWriter text;
    auto tar = must(archive::TarWriter::open(text));
    must(tar.add({.path = "two/layer.tar",
                  .type = archive::EntryType::kSymlink,
                  .link_target = "../one/layer.tar"}));
    must(tar.add_file({.path = "one/layer.tar"}, layer_bytes(image, 0)));
    must(tar.add({.path = "three/layer.tar",
                  .type = archive::EntryType::kHardlink,
                  .link_target = "one/layer.tar"}));
    must(tar.add_file({.path = config_path(image)}, config_bytes(image)));
    must(tar.add_file(
        {.path = "manifest.json"},
        fmt::format(
            R"([{{"Config":"{}","RepoTags":["a:1"],"Layers":["one/layer.tar","two/layer.tar","three/layer.tar"]}}])",
            config_path(image))));
    must(tar.finish());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto loaded, load(text.text()));
    expect_complete(loaded.at(0), image);
}

TEST_F(ArchiveLoaderTest, LoadsOciLayoutsByTheirAnnotations) {
    const TestImage image = make_image({{{"a", big_text()}}});
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto full,
                                 load(testing::make_tar(layout_files(
                                     image, {{"io.containerd.image.name", "docker.io/library/x:3"},
                                             {"org.opencontainers.image.ref.name", "3"}}))));
    EXPECT_THAT(full, ElementsAre("docker.io/library/x:3"));
    expect_complete(full[0], image);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto found, names->find(full[0]));
    EXPECT_EQ(found->target, image.digest) << "its own manifest";
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const auto tagged,
        load(testing::make_tar(layout_files(image, {{"org.opencontainers.image.ref.name", "3"}})),
             "mine:4"));
    EXPECT_THAT(tagged, ElementsAre("docker.io/library/mine:4"));
    EXPECT_THAT(
        load(testing::make_tar(layout_files(image, {}))),
        FailsWith(ErrorCode::kInvalidInput, HasSubstr("does not say what its image is called")));
}

TEST_F(ArchiveLoaderTest, AnIndexMayHoldMoreThanTheArchive) {
    const TestImage here = make_image({{{"a", "1"}}});
    const TestImage elsewhere = make_image({{{"b", "2"}}});
    image::Index inner;
    inner.manifests = {testing::describe(elsewhere.manifest_text, image::kOciManifest),
                       testing::describe(here.manifest_text, image::kOciManifest)};
    TestImage all = here;
    all.manifest_text = inner.dump();
    all.manifest.media_type = image::kOciIndex;
    all.put(all.manifest_text);
    EXPECT_THAT(load(testing::make_tar(layout_files(all, {})), "multi"), IsOk());
    EXPECT_TRUE(blobs->has(here.manifest.layers[0].digest));
    for (const auto& [digest, bytes] : here.blobs) all.blobs.erase(digest);
    SetUp();  // an empty store
    EXPECT_THAT(load(testing::make_tar(layout_files(all, {})), "multi"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("has none of its images here")));
}

TEST_F(ArchiveLoaderTest, RefusesHostileNames) {
    const auto one_file = [](const std::string& path) { return testing::make_tar({{path, "x"}}); };
    EXPECT_THAT(load(one_file("../../etc/passwd")),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("'../../etc/passwd'")));
    EXPECT_THAT(load(one_file("/etc/passwd")),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("'/etc/passwd'")));
    const auto one_entry = [](const archive::TarEntry& entry) {
        StringWriter text;
        auto tar = must(archive::TarWriter::open(text));
        must(tar.add(entry));
        must(tar.finish());
        return text.text();
    };
    EXPECT_THAT(
        load(one_entry({.path = "manifest.json",
                        .type = archive::EntryType::kSymlink,
                        .link_target = "/etc/passwd"})),
        FailsWith(ErrorCode::kInvalidInput, HasSubstr("'/etc/passwd' has an absolute name")));
    EXPECT_THAT(load(one_entry({.path = "a/manifest.json",
                                .type = archive::EntryType::kSymlink,
                                .link_target = "../../x"})),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("leaves its root")));
    EXPECT_THAT(load(one_entry(
                    {.path = "b", .type = archive::EntryType::kHardlink, .link_target = "../x"})),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("leaves its root")));
    EXPECT_THAT(load(one_entry({.path = "pipe", .type = archive::EntryType::kFifo})),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("'pipe' is a special file")));
}

TEST_F(ArchiveLoaderTest, LinksInACircleLeadNowhere) {
    StringWriter text;
    auto tar = must(archive::TarWriter::open(text));
    must(tar.add(
        {.path = "manifest.json", .type = archive::EntryType::kSymlink, .link_target = "other"}));
    must(tar.add(
        {.path = "other", .type = archive::EntryType::kSymlink, .link_target = "manifest.json"}));
    must(tar.finish());
    EXPECT_THAT(load(text.text()),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("not an image archive")));
}

TEST_F(ArchiveLoaderTest, VerifiesBlobsAndLayers) {
    TestImage image = make_image({{{"a", "1"}}}, Compression::kNone);
    auto files = layout_files(image, {});
    for (auto& [path, bytes] : files) {
        if (path.ends_with(image.manifest.layers[0].digest.hex())) bytes[100] = 'x';
    }
    EXPECT_THAT(load(testing::make_tar(files), "bad"),
                FailsWith(ErrorCode::kCorrupt, HasSubstr(image.manifest.layers[0].digest.hex())));
    const std::string big = testing::make_tar({{"big", big_text()}});
    EXPECT_THAT(load(testing::make_tar({{"blobs/sha256/" + Digest::of("other").hex(), big}})),
                FailsWith(ErrorCode::kCorrupt, HasSubstr("blobs/sha256/")));
    EXPECT_THAT(load(testing::make_tar({{"blobs/sha256/short", "x"}})),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("blobs/sha256/short")));

    const auto docker = [&](const std::string& layers, const std::string& layer) {
        return testing::make_tar(
            {{"c.json", config_bytes(image)},
             {"l", layer},
             {"manifest.json",
              R"([{"Config":"c.json","RepoTags":["a"],"Layers":)" + layers + "}]"}});
    };
    EXPECT_THAT(load(docker(R"(["l"])", "other bytes")),
                FailsWith(ErrorCode::kCorrupt, HasSubstr("layer 'l' has the digest")));
    EXPECT_THAT(load(docker(R"(["l","l"])", layer_bytes(image, 0))),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("2 layers, but 1 diff IDs")));
    EXPECT_THAT(load(docker(R"(["none"])", "")),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("layer 'none' is missing")));
    EXPECT_THAT(load(docker("[1]", "")), FailsWith(ErrorCode::kInvalidInput,
                                                   HasSubstr("'Layers' is not a list of strings")));
}

TEST_F(ArchiveLoaderTest, RefusesWhatIsNoImageArchive) {
    EXPECT_THAT(
        load(testing::make_tar({{"readme", "x"}})),
        FailsWith(ErrorCode::kInvalidInput, HasSubstr("neither 'index.json' nor 'manifest.json'")));
    EXPECT_THAT(load("this is no tar at all"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("image archive")));
    EXPECT_THAT(load(testing::make_tar({{"manifest.json", "[]"}})),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("lists no image")));
    EXPECT_THAT(load(testing::make_tar({{"manifest.json", "{"}})),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("not valid JSON")));
    EXPECT_THAT(load(testing::make_tar({{"index.json", R"({"schemaVersion":2,"manifests":[]})"}})),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("lists no image")));
}

}  // namespace
}  // namespace slipway::source
