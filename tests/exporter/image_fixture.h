// A store with a snapshot of two layers in it. Needs root: overlayfs's whiteouts are devices.
#pragma once

#include "exporter/exporter.h"
#include "exporter/fixtures.h"
#include "snapshot/layer_store.h"
#include "support/recording_sink.h"

#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace slipway::testing {

class ImageExportTest : public ExportTest {
  protected:
    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "only root can make overlayfs's whiteouts";
        ExportTest::SetUp();
        use_store(*store_);
    }

    void use_store(const content::Store& store) {
        blobs_.emplace(store);
        names_.emplace(store);
        layers_.emplace(store, *blobs_, pool_);
        exporter_.emplace(store, *blobs_, *names_, *layers_, pool_, sink_);
    }

    /// A layer made by a shell script in its folder.
    snapshot::LayerId layer(const std::string& script) {
        auto draft = layers_->begin();
        EXPECT_THAT(draft, IsOk());
        os::SpawnOptions options;
        options.argv = {"sh", "-euc", script};
        options.cwd = draft->diff().host_path();
        const auto output = os::run_command(options);
        EXPECT_THAT(output, IsOk());
        EXPECT_TRUE(output->status.ok()) << output->err;
        auto id = layers_->commit(*std::move(draft));
        EXPECT_THAT(id, IsOk());
        return id.value_or("");
    }

    /// What the snapshot shows: etc/{app.conf,link}, home (gid 0, 2775), bin/{one,two} as links.
    exporter::ImageToExport two_layers() {
        exporter::ImageToExport image;
        image.snapshot = {layer("mkdir -p etc bin; echo base > etc/app.conf; echo gone > etc/gone;"
                                "seq 20000 > bin/one; ln bin/one bin/two; chmod 4755 bin/one"),
                          layer("mkdir -p etc home; chmod 2775 home; echo new > etc/app.conf;"
                                "mknod etc/gone c 0 0; ln -s app.conf etc/link;"
                                "chown 1000:0 home etc/app.conf")};
        image.config = image::ImageConfig::for_scratch({.architecture = "amd64"});
        image.config.entrypoint = {"/bin/one"};
        image.config.labels = {{"maker", "slipway"}};
        image.config.history = {{.created_by = "ADD base"},
                                {.created_by = "ENV x=y", .empty_layer = true},
                                {.created_by = "RUN make"}};
        image.names = {"docker.io/library/app:1"};
        return image;
    }

    static exporter::OutputSpec output(const std::string& text) {
        auto spec = exporter::OutputSpec::parse(text);
        EXPECT_THAT(spec, IsOk()) << text;
        return spec.value_or(exporter::OutputSpec{});
    }

    [[nodiscard]] image::Manifest manifest_of(const Digest& digest) const {
        const auto text = blobs_->read(digest);
        EXPECT_THAT(text, IsOk());
        const auto manifest = image::Manifest::parse(text.value_or(""));
        EXPECT_THAT(manifest, IsOk());
        return manifest.value_or(image::Manifest{});
    }

    [[nodiscard]] image::ImageConfig config_of(const Digest& digest) const {
        const auto text = blobs_->read(digest);
        EXPECT_THAT(text, IsOk());
        const auto config = image::ImageConfig::parse(text.value_or(""));
        EXPECT_THAT(config, IsOk());
        return config.value_or(image::ImageConfig{});
    }

    RecordingSink sink_;
    std::optional<snapshot::LayerStore> layers_;
    std::optional<exporter::Exporter> exporter_;
};

}  // namespace slipway::testing
