// Against the registry that everybody else's images come from, filled by skopeo.
#include "support/docker_registry.h"

#include "base/text.h"
#include "os/temp.h"
#include "registry/internal/credentials.h"
#include "support/result_matchers.h"

namespace slipway::registry {
namespace {

using testing::DockerRegistry;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::run_program;

class DockerRegistryTest : public ::testing::Test {
  protected:
    void SetUp() override {
        for (const auto* program : {"docker-registry", "skopeo", "umoci"}) {
            if (!os::find_program(program)) GTEST_SKIP() << program << " is not installed";
        }
        auto made = os::TempDir::create(::testing::TempDir(), "registry");
        ASSERT_THAT(made, IsOk());
        dir = std::make_unique<os::TempDir>(std::move(*made));
    }

    /// An image of one layer with one file, at HOST/team/app:1.
    void fill(const DockerRegistry& server, std::vector<std::string> skopeo_flags) {
        const std::string layout = dir->path() + "/layout";
        ASSERT_THAT(os::write_file(dir->path() + "/file", "hello from the registry\n"), IsOk());
        ASSERT_THAT(run_program({"umoci", "init", "--layout", layout}), IsOk());
        ASSERT_THAT(run_program({"umoci", "new", "--image", layout + ":1"}), IsOk());
        ASSERT_THAT(run_program({"umoci", "insert", "--image", layout + ":1", dir->path() + "/file",
                                 "/file"}),
                    IsOk());
        std::vector<std::string> copy = {"skopeo", "copy", "--dest-tls-verify=false"};
        copy.insert(copy.end(), skopeo_flags.begin(), skopeo_flags.end());
        copy.push_back("oci:" + layout + ":1");
        copy.push_back("docker://" + server.host() + "/team/app:1");
        ASSERT_THAT(run_program(copy), IsOk());
    }
    [[nodiscard]] ClientOptions options() const { return {.docker_config_dir = dir->path()}; }

    std::unique_ptr<os::TempDir> dir;
};

TEST_F(DockerRegistryTest, ManifestAndBlobsArriveAsTheyAre) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto server,
                                 DockerRegistry::start(dir->path(), DockerRegistry::Auth::kNone));
    fill(*server, {});
    Client client(options());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(auto ref, image::ImageRef::parse(server->host() + "/team/app:1"));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto fetched, client.fetch_manifest(ref));
    EXPECT_EQ(fetched.media_type, image::kOciManifest);
    ref.digest = fetched.digest;
    EXPECT_THAT(client.fetch_manifest(ref), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto manifest, image::Manifest::parse(fetched.bytes));
    ASSERT_EQ(manifest.layers.size(), 1U);
    for (const auto& blob : {manifest.config, manifest.layers[0]}) {
        StringWriter sink;
        ASSERT_THAT(client.fetch_blob(ref, blob, sink), IsOk());
        EXPECT_EQ(Digest::of(sink.text()), blob.digest);
    }
    auto missing = manifest.config;
    missing.digest = Digest::of("no such blob");
    StringWriter sink;
    EXPECT_THAT(client.fetch_blob(ref, missing, sink),
                FailsWith(ErrorCode::kNotFound, HasSubstr("does not exist (blob_unknown")));
    ref.digest.reset();
    ref.tag = "2";
    EXPECT_THAT(client.fetch_manifest(ref),
                FailsWith(ErrorCode::kNotFound, HasSubstr("manifest_unknown")));
}

TEST_F(DockerRegistryTest, BasicAuthenticationByConfigJson) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const auto server, DockerRegistry::start(dir->path(), DockerRegistry::Auth::kHtpasswd));
    fill(*server, {"--dest-creds", "tester:s3cret-pass"});
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto ref,
                                 image::ImageRef::parse(server->host() + "/team/app:1"));
    const auto anonymous = Client(options()).fetch_manifest(ref);
    EXPECT_THAT(anonymous,
                FailsWith(ErrorCode::kDenied,
                          HasSubstr("access denied (unauthorized: authentication required)")));
    EXPECT_EQ(anonymous.error().hint(), "log in with `docker login " + server->host() + "`");

    ASSERT_THAT(os::write_file(dir->path() + "/config.json",
                               fmt::format(R"({{"auths":{{"{}":{{"auth":"{}"}}}}}})",
                                           server->host(), base64_encode("tester:s3cret-pass"))),
                IsOk());
    EXPECT_THAT(Client(options()).fetch_manifest(ref), IsOk());
}

TEST_F(DockerRegistryTest, HttpsWithACertificateThatMustBeTrusted) {
    if (!os::find_program("openssl")) GTEST_SKIP() << "openssl is not installed";
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto server,
                                 DockerRegistry::start(dir->path(), DockerRegistry::Auth::kHtpasswd,
                                                       DockerRegistry::Tls::kYes));
    fill(*server, {"--dest-creds", "tester:s3cret-pass"});
    ASSERT_THAT(os::write_file(dir->path() + "/config.json",
                               fmt::format(R"({{"auths":{{"{}":{{"auth":"{}"}}}}}})",
                                           server->host(), base64_encode("tester:s3cret-pass"))),
                IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto ref,
                                 image::ImageRef::parse(server->host() + "/team/app:1"));
    const auto untrusted = Client(options()).fetch_manifest(ref);
    EXPECT_THAT(untrusted, FailsWith(ErrorCode::kDenied, HasSubstr("https://" + server->host())));
    EXPECT_THAT(untrusted.error().hint().value_or(""), HasSubstr("CA certificate"));
    auto trusting = options();
    trusting.ca_file = dir->path() + "/cert.pem";
    EXPECT_THAT(Client(trusting).fetch_manifest(ref), IsOk());
}

}  // namespace
}  // namespace slipway::registry
