// Against the distribution project's registry and skopeo's ways of writing images.
#include "os/temp.h"
#include "source/images.h"
#include "support/docker_registry.h"
#include "support/result_matchers.h"
#include "support/test_image.h"

namespace slipway::source {
namespace {

using testing::DockerRegistry;
using testing::IsOk;
using testing::must;
using testing::run_program;

class DockerRegistryImagesTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!os::is_root()) GTEST_SKIP() << "needs root";
        for (const auto* program : {"docker-registry", "skopeo"}) {
            if (!os::find_program(program)) GTEST_SKIP() << program << " is not installed";
        }
        auto made = os::TempDir::create(::testing::TempDir(), "images");
        ASSERT_THAT(made, IsOk());
        dir = std::make_unique<os::TempDir>(std::move(*made));
        image = testing::make_image({{{"etc/one", "1"}, {"etc/two", "2"}}, {{"etc/.wh.one", ""}}});
        layout = dir->path() + "/layout";
        testing::write_layout(layout, image, "1");
        store = must(content::Store::open(dir->path() + "/store", os::LockMode::kShared));
        blobs = std::make_unique<content::BlobStore>(*store);
        names = std::make_unique<content::ImageNames>(*store);
        layers = std::make_unique<snapshot::LayerStore>(*store, *blobs, pool);
        client = std::make_unique<registry::Client>(
            registry::ClientOptions{.docker_config_dir = dir->path()});
        images = std::make_unique<Images>(*store, *blobs, *names, *layers, *client, pool);
    }
    /// What the files look like once the image behind `ref` is unpacked.
    void expect_image(const std::string& ref) {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(
            const auto pinned,
            images->resolve(ref, {.architecture = os::machine_architecture()}, Pull::kIfMissing));
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto snapshot, images->unpack(pinned, sink, Digest()));
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto view, layers->view(snapshot));
        EXPECT_FALSE(view.find("etc/one").has_value());
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto two, view.read_small_file("etc/two", 100));
        EXPECT_EQ(two, "2");
    }
    Result<std::vector<std::string>> load(const std::string& path, const std::string& name) {
        SLIPWAY_ASSIGN(const auto fd, os::open_read(path));
        os::FdReader reader(fd);
        return images->load_archive(reader, name);
    }

    std::unique_ptr<os::TempDir> dir;
    std::string layout;
    testing::TestImage image;
    async::ThreadPool pool{4};
    progress::NullSink sink;
    std::unique_ptr<content::Store> store;
    std::unique_ptr<content::BlobStore> blobs;
    std::unique_ptr<content::ImageNames> names;
    std::unique_ptr<snapshot::LayerStore> layers;
    std::unique_ptr<registry::Client> client;
    std::unique_ptr<Images> images;
};

TEST_F(DockerRegistryImagesTest, PullsWhatSkopeoPushed) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto server,
                                 DockerRegistry::start(dir->path(), DockerRegistry::Auth::kNone));
    for (const std::string format : {"oci", "v2s2"}) {
        const std::string ref = server->host() + "/team/" + format + ":1";
        ASSERT_THAT(run_program({"skopeo", "copy", "--dest-tls-verify=false", "--format", format,
                                 "oci:" + layout + ":1", "docker://" + ref}),
                    IsOk());
        expect_image(ref);
    }
}

TEST_F(DockerRegistryImagesTest, LoadsArchivesThatSkopeoWrote) {
    const std::string docker = dir->path() + "/docker.tar";
    ASSERT_THAT(run_program({"skopeo", "copy", "oci:" + layout + ":1",
                             "docker-archive:" + docker + ":app:docker"}),
                IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto docker_names, load(docker, ""));
    ASSERT_EQ(docker_names, std::vector<std::string>{"docker.io/library/app:docker"});
    expect_image("app:docker");
    const std::string oci = dir->path() + "/oci.tar";
    ASSERT_THAT(
        run_program({"skopeo", "copy", "oci:" + layout + ":1", "oci-archive:" + oci + ":1"}),
        IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto oci_names, load(oci, "app:oci"));
    ASSERT_EQ(oci_names, std::vector<std::string>{"docker.io/library/app:oci"});
    expect_image("app:oci");
}

}  // namespace
}  // namespace slipway::source
