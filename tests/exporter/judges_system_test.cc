// Other people's software reads our images.

#include "exporter/image_fixture.h"

#include <gmock/gmock.h>

namespace slipway::exporter {
namespace {

using slipway::testing::ImageExportTest;
using slipway::testing::IsOk;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

#define SKIP_WITHOUT(program)                                        \
    if (!os::find_program(program)) {                                \
        GTEST_SKIP() << "there is no program '" << (program) << "'"; \
    }

class ExportJudges : public ImageExportTest {
  protected:
    Json run_json(std::vector<std::string> argv) {
        const auto json = parse_json(run(std::move(argv)));
        EXPECT_THAT(json, IsOk());
        return json.value_or(Json());
    }

    Exported write(const std::string& text) {
        const auto exported = exporter_->write(two_layers(), output(text), {});
        EXPECT_THAT(exported, IsOk());
        return exported.value_or(Exported{});
    }
};

TEST_F(ExportJudges, SkopeoInspectsEveryForm) {
    SKIP_WITHOUT("skopeo");
    const std::pair<std::string, std::string> forms[] = {
        {"type=oci,tar=false,dest=" + path("layout"), "oci:" + path("layout") + ":1"},
        {"type=oci,dest=" + path("oci.tar"), "oci-archive:" + path("oci.tar")},
        {"type=oci,compression=zstd,dest=" + path("zstd.tar"), "oci-archive:" + path("zstd.tar")},
        {"type=docker,dest=" + path("docker.tar"), "docker-archive:" + path("docker.tar")}};
    for (const auto& [spec, name] : forms) {
        SCOPED_TRACE(name);
        write(spec);
        const Json seen = run_json({"skopeo", "inspect", name});
        EXPECT_EQ(seen["Architecture"], "amd64");
        EXPECT_EQ(seen["Labels"]["maker"], "slipway");
        EXPECT_THAT(seen["Layers"], SizeIs(2));
        const Json config = run_json({"skopeo", "inspect", "--config", name});
        EXPECT_THAT(config["history"], SizeIs(3));
        EXPECT_EQ(config["config"]["Entrypoint"][0], "/bin/one");
    }
}

TEST_F(ExportJudges, SkopeoSeesTheDigestWeReport) {
    SKIP_WITHOUT("skopeo");
    const auto exported = write("type=oci,tar=false,dest=" + path("layout"));
    const Json seen = run_json({"skopeo", "inspect", "oci:" + path("layout") + ":1"});
    EXPECT_EQ(seen["Digest"], exported.manifest_digest.to_string());
}

TEST_F(ExportJudges, SkopeoCopiesAndVerifiesEveryBlob) {
    SKIP_WITHOUT("skopeo");
    for (const auto* compression : {"gzip", "zstd", "uncompressed"}) {
        const std::string layout = path(std::string("layout-") + compression);
        write("type=oci,tar=false,compression=" + std::string(compression) + ",dest=" + layout);
        run({"skopeo", "--insecure-policy", "copy", "-q", "oci:" + layout + ":1",
             "oci:" + path(std::string("copy-") + compression) + ":x"});
    }
}

TEST_F(ExportJudges, UmociUnpacksTheFiles) {
    SKIP_WITHOUT("umoci");
    write("type=oci,tar=false,dest=" + path("layout"));
    run({"umoci", "unpack", "--image", path("layout") + ":1", path("bundle")});
    EXPECT_THAT(names_in("bundle/rootfs"), ElementsAre("bin", "etc", "home"));
    EXPECT_THAT(names_in("bundle/rootfs/etc"), ElementsAre("app.conf", "link"));
    EXPECT_EQ(text_of("bundle/rootfs/etc/app.conf"), "new\n");
    EXPECT_EQ(stat("bundle/rootfs/etc/app.conf").uid, 1000U);
    EXPECT_EQ(stat("bundle/rootfs/home").mode & 07777U, 02775U);
    EXPECT_EQ(stat("bundle/rootfs/bin/one").mode & 07777U, 04755U);
    EXPECT_EQ(stat("bundle/rootfs/bin/one").inode, stat("bundle/rootfs/bin/two").inode);
}

TEST_F(ExportJudges, PodmanLoadsTheArchives) {
    SKIP_WITHOUT("podman");
    for (const auto* type : {"docker", "oci"}) {
        SCOPED_TRACE(type);
        const std::string archive = path(std::string(type) + ".tar");
        write(fmt::format("type={},dest={}", type, archive));
        // podman takes no runroot of more than 50 characters.
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto home, os::TempDir::create("/tmp", "p"));
        const std::vector<std::string> podman = {
            "podman",           "--root", home.path() + "/a", "--runroot", home.path() + "/b",
            "--storage-driver", "vfs"};
        const auto with = [&](std::vector<std::string> arguments) {
            arguments.insert(arguments.begin(), podman.begin(), podman.end());
            return arguments;
        };
        run(with({"load", "-q", "-i", archive}));
        const Json images = run_json(with({"images", "--format", "json"}));
        ASSERT_THAT(images, SizeIs(1));
        EXPECT_THAT(images[0]["Names"], Contains("docker.io/library/app:1"));
        const std::string mounted = run(with({"image", "mount", "docker.io/library/app:1"}));
        EXPECT_EQ(run({"cat", mounted.substr(0, mounted.find('\n')) + "/etc/app.conf"}), "new\n");
        run(with({"image", "unmount", "--all"}));
    }
}

}  // namespace
}  // namespace slipway::exporter
