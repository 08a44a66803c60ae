#include "exporter/exporter.h"
#include "exporter/image_fixture.h"

#include <gmock/gmock.h>

namespace slipway::exporter {
namespace {

using slipway::testing::ExportTest;
using slipway::testing::FailsWith;
using slipway::testing::ImageExportTest;
using slipway::testing::IsOk;
using slipway::testing::IsOkAndHolds;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;
using ::testing::Pair;
using ::testing::SizeIs;

class Export : public ImageExportTest {};

TEST_F(Export, AnImageIsFoundUnderItsNames) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const auto exported,
        exporter_->write(two_layers(), output(R"(type=image,"name=example.com/x:2,app:1")"), {}));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto named, names_->list());
    ASSERT_THAT(named, ElementsAre(Field(&content::NamedImage::name, "docker.io/library/app:1"),
                                   Field(&content::NamedImage::name, "example.com/x:2")));
    EXPECT_EQ(named[0].target, exported.manifest_digest);
    EXPECT_EQ(named[0].target_size, exported.descriptor.size);
    EXPECT_EQ(named[0].media_type, image::kOciManifest);
    EXPECT_THAT(sink_.reasons(), ElementsAre(progress::Reason::kOutput));
    EXPECT_THAT(sink_.done("exporting to the image store"), Not(Eq(std::nullopt)));
}

TEST_F(Export, ConfigAndHistoryAreCompleted) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto exported,
                                 exporter_->write(two_layers(), output("type=image"), {}));
    const auto manifest = manifest_of(exported.manifest_digest);
    ASSERT_THAT(manifest.layers, SizeIs(2));
    EXPECT_THAT(manifest.layers,
                Each(Field(&image::Descriptor::media_type, std::string(image::kOciLayerGzip))));
    EXPECT_EQ(manifest.config.digest, exported.config_digest);
    const auto config = config_of(exported.config_digest);
    EXPECT_THAT(config.diff_ids, SizeIs(2));
    EXPECT_THAT(config.history, SizeIs(3));
    EXPECT_THAT(config.history, Each(Field(&image::HistoryEntry::created, Not(Eq(std::nullopt)))));
    EXPECT_EQ(config.created, config.history[2].created);
    EXPECT_EQ(exported.size, manifest.layers[0].size + manifest.layers[1].size +
                                 manifest.config.size + exported.descriptor.size);
}

TEST_F(Export, TheSameSnapshotGivesTheSameImage) {
    const auto image = two_layers();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto first,
                                 exporter_->write(image, output("type=image"), {}));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto second,
                                 exporter_->write(image, output("type=image"), {}));
    EXPECT_EQ(first.manifest_digest, second.manifest_digest);
}

TEST_F(Export, WithAnEpochOtherStoresAndTimesGiveTheSameBytes) {
    auto image = two_layers();
    image.source_date_epoch = 1'600'000'000;
    ASSERT_THAT(exporter_->write(image, output("type=oci,dest=" + path("a.tar")), {}), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto other,
                                 content::Store::open(path("other"), os::LockMode::kShared));
    use_store(*other);
    auto again = two_layers();
    again.snapshot[1] = layer(
        "mkdir -p etc home; chmod 2775 home; echo new > etc/app.conf;"
        "mknod etc/gone c 0 0; ln -s app.conf etc/link;"
        "chown 1000:0 home etc/app.conf;"
        "touch -d @1700000000 home etc/app.conf");
    again.source_date_epoch = 1'600'000'000;
    ASSERT_THAT(exporter_->write(again, output("type=oci,dest=" + path("b.tar")), {}), IsOk());
    EXPECT_TRUE(text_of("a.tar") == text_of("b.tar"));
    const auto spec = output("type=oci,source-date-epoch=1500000000,dest=" + path("c.tar"));
    ASSERT_THAT(exporter_->write(again, spec, {}), IsOk());
    EXPECT_FALSE(text_of("a.tar") == text_of("c.tar"));
}

TEST_F(Export, AnExportedImageIsABaseWithoutUnpacking) {
    const auto image = two_layers();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto exported,
                                 exporter_->write(image, output("type=image"), {}));
    const auto chains = image::chain_ids(config_of(exported.config_digest).diff_ids);
    EXPECT_THAT(layers_->find_chain(chains[1]), IsOkAndHolds(Optional(image.snapshot)));
    EXPECT_THAT(layers_->find_chain(chains[0]),
                IsOkAndHolds(Optional(ElementsAre(image.snapshot[0]))));
}

TEST_F(Export, LayersAreCompressedAsAsked) {
    const auto image = two_layers();
    const auto types = [&](const std::string& text) {
        const auto exported = exporter_->write(image, output(text), {});
        EXPECT_THAT(exported, IsOk());
        return manifest_of(exported->manifest_digest).layers;
    };
    EXPECT_THAT(types("type=image,compression=zstd"),
                Each(Field(&image::Descriptor::media_type, std::string(image::kOciLayerZstd))));
    EXPECT_THAT(types("type=image,compression=uncompressed"),
                Each(Field(&image::Descriptor::media_type, std::string(image::kOciLayer))));
    EXPECT_LT(types("type=image,compression-level=9")[0].size, types("type=image")[0].size);
    EXPECT_THAT(exporter_->write(image, output("type=image,compression-level=10"), {}),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("levels")));
}

TEST_F(Export, LayersOfARegistryAreUsedAsTheyAre) {
    auto image = two_layers();
    snapshot::LayerBlob origin;
    origin.diff_id = Digest::of(std::string_view("tar"));
    origin.digest = Digest::of(std::string_view("packed elsewhere"));
    origin.size = 16;
    origin.media_type = image::kDockerLayerGzip;
    ASSERT_THAT(layers_->remember_blob(image.snapshot[0], origin), IsOk());
    EXPECT_THAT(exporter_->write(image, output("type=image"), {}),
                FailsWith(ErrorCode::kNotFound, HasSubstr(origin.digest.hex())));
    EXPECT_THAT(sink_.reasons(), ElementsAre(progress::Reason::kFailed));
    ASSERT_THAT(blobs_->put("packed elsewhere"), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const auto exported, exporter_->write(image, output("type=image,compression=zstd"), {}));
    const auto layers = manifest_of(exported.manifest_digest).layers;
    EXPECT_EQ(layers[0].digest, origin.digest);
    EXPECT_EQ(layers[0].media_type, image::kOciLayerGzip);
    EXPECT_EQ(layers[1].media_type, image::kOciLayerZstd);
    EXPECT_EQ(config_of(exported.config_digest).diff_ids[0], origin.diff_id);
}

TEST_F(Export, AnnotationsStandInTheManifest) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const auto exported,
        exporter_->write(two_layers(), output("type=image,annotation.org.x=y"), {}));
    EXPECT_THAT(manifest_of(exported.manifest_digest).annotations, ElementsAre(Pair("org.x", "y")));
}

TEST_F(Export, OfScratchHasNoLayers) {
    ImageToExport image;
    image.config = image::ImageConfig::for_scratch({.architecture = "amd64"});
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto exported,
                                 exporter_->write(image, output("type=image"), {}));
    EXPECT_THAT(manifest_of(exported.manifest_digest).layers, IsEmpty());
    EXPECT_THAT(names_->list(), IsOkAndHolds(IsEmpty()));
}

TEST_F(Export, RefusesWhatCannotBe) {
    auto image = two_layers();
    EXPECT_THAT(exporter_->write(image, output("type=image,rewrite-timestamp=true"), {}),
                FailsWith(ErrorCode::kUsage, HasSubstr("rewrite-timestamp")));
    image.config.platform.architecture.clear();
    EXPECT_THAT(exporter_->write(image, output("type=image"), {}),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("platform")));
}

TEST_F(Export, FilesGoToAFolderOrATar) {
    const auto image = two_layers();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const auto exported, exporter_->write(image, output("type=local,dest=" + path("out")), {}));
    EXPECT_TRUE(exported.manifest_digest.is_zero());
    EXPECT_EQ(text_of("out/etc/app.conf"), "new\n");
    EXPECT_THAT(names_in("out/etc"), ElementsAre("app.conf", "link"));
    ASSERT_THAT(exporter_->write(image, output("type=tar,dest=" + path("out.tar")), {}), IsOk());
    EXPECT_EQ(run({"tar", "-tf", path("out.tar")}),
              "bin/\nbin/one\nbin/two\netc/\netc/app.conf\netc/link\nhome/\n");
    EXPECT_THAT(sink_.done("exporting to directory " + path("out")), Not(Eq(std::nullopt)));
}

TEST_F(Export, StoppedLeavesNoFile) {
    std::stop_source stop;
    stop.request_stop();
    const auto image = two_layers();
    for (const auto* spec : {"type=oci", "type=docker", "type=tar", "type=local"}) {
        const std::string dest = path("out");
        EXPECT_THAT(
            exporter_->write(image, output(std::string(spec) + ",dest=" + dest), stop.get_token()),
            FailsWith(ErrorCode::kCancelled, HasSubstr("")))
            << spec;
        EXPECT_FALSE(os::path_exists(dest)) << spec;
    }
    EXPECT_THAT(sink_.reasons(), Each(progress::Reason::kCancelled));
}

TEST_F(Export, ASavedImageIsTheExportedOne) {
    const auto image = two_layers();
    ASSERT_THAT(exporter_->write(image, output("type=image"), {}), IsOk());
    ASSERT_THAT(exporter_->write(image, output("type=docker,dest=" + path("direct.tar")), {}),
                IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto named, names_->find("docker.io/library/app:1"));
    ASSERT_TRUE(named);
    ASSERT_THAT(exporter_->save(*named, output("type=docker,dest=" + path("saved.tar")), {}),
                IsOk());
    EXPECT_TRUE(text_of("direct.tar") == text_of("saved.tar"));
    ASSERT_THAT(exporter_->save(*named, output("type=oci,tar=false,dest=" + path("layout")), {}),
                IsOk());
    EXPECT_TRUE(os::path_exists(path("layout/index.json")));
    EXPECT_THAT(exporter_->save(*named, output("type=local,dest=x"), {}),
                FailsWith(ErrorCode::kUnsupported, HasSubstr("local")));
}

}  // namespace
}  // namespace slipway::exporter
