// Needs root: layers are unpacked with their owners.
#include "source/images.h"

#include "os/temp.h"
#include "support/result_matchers.h"
#include "support/test_image.h"

#include <thread>

namespace slipway::source {
namespace {

using archive::Compression;
using testing::FailsWith;
using testing::FakeRegistry;
using ::testing::HasSubstr;
using testing::HttpAnswer;
using testing::HttpAsked;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::make_image;
using testing::must;
using ::testing::Not;
using ::testing::SizeIs;
using testing::TestImage;

class RecordingSink final : public progress::Sink {
  public:
    void emit(const progress::Event& event) override {
        const std::lock_guard lock(mutex_);
        if (const auto* seen = std::get_if<progress::StepProgress>(&event))
            last_[seen->what] = *seen;
    }
    std::map<std::string, progress::StepProgress> last() const {
        const std::lock_guard lock(mutex_);
        return last_;
    }

  private:
    mutable std::mutex mutex_;
    std::map<std::string, progress::StepProgress> last_;
};

/// A store with everything on it. Each test has its own; `reopen` is a new process on the same
/// store.
struct Machine {
    explicit Machine(const std::string& dir)
        : store(must(content::Store::open(dir + "/store", os::LockMode::kShared))),
          client({.docker_config_dir = dir,
                  .retries = 1,
                  .first_retry_delay = std::chrono::milliseconds(1)}),
          images(*store, blobs, names, layers, client, network) {}

    async::ThreadPool cpu{2};
    async::ThreadPool network{4};
    std::unique_ptr<content::Store> store;
    content::BlobStore blobs{*store};
    content::ImageNames names{*store};
    snapshot::LayerStore layers{*store, blobs, cpu};
    registry::Client client;
    Images images;
};

class ImagesTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!os::is_root()) GTEST_SKIP() << "needs root";
        auto made = os::TempDir::create(::testing::TempDir(), "images");
        ASSERT_THAT(made, IsOk());
        dir = std::make_unique<os::TempDir>(std::move(*made));
        machine = std::make_unique<Machine>(dir->path());
    }
    void reopen() {
        machine.reset();
        machine = std::make_unique<Machine>(dir->path());
    }
    Result<PinnedImage> resolve(const std::string& ref, Pull pull = Pull::kIfMissing) {
        return machine->images.resolve(ref, platform, pull);
    }
    Result<snapshot::Snapshot> unpack(const PinnedImage& image) {
        return machine->images.unpack(image, sink, step);
    }
    std::string read(const snapshot::Snapshot& snapshot, const std::string& path) {
        const auto view = must(machine->layers.view(snapshot));
        return must(view.read_small_file(path, 1U << 20)).value_or("(missing)");
    }

    image::Platform platform{.architecture = os::machine_architecture()};
    RecordingSink sink;
    Digest step = Digest::of("step");
    std::unique_ptr<os::TempDir> dir;
    std::unique_ptr<Machine> machine;
    FakeRegistry registry;
};

const std::vector<testing::Files> kThreeLayers = {{{"etc/one", "1"}, {"etc/same", "low"}},
                                                  {{"etc/two", "2"}, {"etc/same", "high"}},
                                                  {{"etc/.wh.one", ""}}};

TEST_F(ImagesTest, PullsAndUnpacks) {
    const TestImage image = make_image(kThreeLayers);
    registry.serve("team/app:1", image);
    const std::string ref = registry.host() + "/team/app:1";
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto pinned, resolve(ref));
    EXPECT_EQ(pinned.identifier, "docker-image://" + ref + "@" + image.digest.to_string());
    EXPECT_EQ(pinned.manifest_digest, image.digest);
    EXPECT_EQ(pinned.config.labels.at("made-for"), "tests");
    for (const auto& layer : pinned.manifest.layers)
        EXPECT_FALSE(machine->blobs.has(layer.digest)) << "only when needed";

    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto snapshot, unpack(pinned));
    ASSERT_THAT(snapshot, SizeIs(3));
    EXPECT_EQ(read(snapshot, "etc/two"), "2");
    EXPECT_EQ(read(snapshot, "etc/same"), "high");
    EXPECT_EQ(read(snapshot, "etc/one"), "(missing)");
    for (const auto& layer : pinned.manifest.layers) {
        const auto events = sink.last();
        const auto pulled = events.find("pulling " + layer.digest.short_hex());
        ASSERT_NE(pulled, events.end());
        EXPECT_EQ(pulled->second.current, layer.size);
        EXPECT_EQ(pulled->second.total, layer.size);
        EXPECT_EQ(events.count("unpacking " + layer.digest.short_hex()), 1U);
    }
}

TEST_F(ImagesTest, SecondBuildNeedsNoNetwork) {
    const TestImage image = make_image(kThreeLayers);
    registry.serve("team/app:1", image);
    const std::string ref = registry.host() + "/team/app:1";
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto first, resolve(ref));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto snapshot, unpack(first));
    reopen();
    registry.interfere = [](const HttpAsked&) { return HttpAnswer{.status = 500}; };
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto second, resolve(ref));
    EXPECT_EQ(second.identifier, first.identifier);
    EXPECT_EQ(must(unpack(second)), snapshot);
    EXPECT_THAT(resolve(first.identifier), IsOk()) << "by its identifier, too";
    EXPECT_THAT(resolve(first.identifier, Pull::kAlways), IsOk())
        << "what a digest names cannot change";
    EXPECT_THAT(resolve(ref, Pull::kNever), IsOk());
    EXPECT_THAT(resolve(ref, Pull::kAlways),
                FailsWith(ErrorCode::kUnavailable, HasSubstr("status 500")));
}

TEST_F(ImagesTest, PullAlwaysRefreshesTheName) {
    const TestImage old_image = make_image({{{"v", "1"}}});
    const TestImage new_image = make_image({{{"v", "2"}}});
    registry.serve("team/app:1", old_image);
    const std::string ref = registry.host() + "/team/app:1";
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto first, resolve(ref));
    registry.serve("team/app:1", new_image);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto kept, resolve(ref));
    EXPECT_EQ(kept.manifest_digest, old_image.digest);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto fresh, resolve(ref, Pull::kAlways));
    EXPECT_EQ(fresh.manifest_digest, new_image.digest);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto after, resolve(ref, Pull::kNever));
    EXPECT_EQ(after.manifest_digest, new_image.digest);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto pinned, resolve(first.identifier, Pull::kNever));
    EXPECT_EQ(pinned.manifest_digest, old_image.digest) << "an identifier stays what it was";
}

TEST_F(ImagesTest, ChoosesThePlatformFromAnIndex) {
    const TestImage ours = make_image({{{"v", "ours"}}});
    const TestImage other = make_image({{{"v", "other"}}}, Compression::kGzip, "riscv64");
    image::Index index;
    index.manifests = {testing::describe(other.manifest_text, image::kOciManifest),
                       testing::describe(ours.manifest_text, image::kOciManifest)};
    index.manifests[0].platform = image::Platform{.architecture = "riscv64"};
    index.manifests[1].platform = platform;
    registry.add(ours);
    registry.add(other);
    registry.tag("team/multi:1", index.dump(), image::kOciIndex);
    const std::string ref = registry.host() + "/team/multi:1";
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto pinned, resolve(ref));
    EXPECT_EQ(pinned.manifest_digest, ours.digest) << "the manifest's digest, not the index's";
    EXPECT_EQ(read(must(unpack(pinned)), "v"), "ours");
    EXPECT_FALSE(machine->blobs.has(other.digest));
    // The other platform later: the index is known, the rest is fetched.
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const auto second,
        machine->images.resolve(ref, {.architecture = "riscv64"}, Pull::kIfMissing));
    EXPECT_EQ(second.manifest_digest, other.digest);
    EXPECT_THAT(machine->images.resolve(ref, {.architecture = "s390x"}, Pull::kIfMissing),
                FailsWith(ErrorCode::kNotFound, HasSubstr("no image for platform linux/s390x")));
}

TEST_F(ImagesTest, TakesDockerSchema2) {
    TestImage image = make_image({{{"v", "docker"}}});
    image.manifest.media_type = image::kDockerManifest;
    image.manifest.config.media_type = image::kDockerConfig;
    image.manifest.layers[0].media_type = image::kDockerLayerGzip;
    image.manifest_text = image.manifest.dump();
    registry.serve("team/docker:1", image);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto pinned, resolve(registry.host() + "/team/docker:1"));
    EXPECT_EQ(pinned.manifest.media_type, image::kDockerManifest);
    EXPECT_EQ(read(must(unpack(pinned)), "v"), "docker");
}

TEST_F(ImagesTest, RefusesWhatItCannotUse) {
    registry.tag("old/one:1", R"({"schemaVersion":1,"fsLayers":[]})",
                 "application/vnd.docker.distribution.manifest.v1+prettyjws");
    EXPECT_THAT(resolve(registry.host() + "/old/one:1"),
                FailsWith(ErrorCode::kUnsupported,
                          HasSubstr("/old/one:1': the image has a docker schema 1")));
    TestImage artifact = make_image({{{"v", "x"}}});
    artifact.manifest.config.media_type = "application/vnd.oci.empty.v1+json";
    artifact.manifest_text = artifact.manifest.dump();
    registry.serve("an/artifact:1", artifact);
    EXPECT_THAT(resolve(registry.host() + "/an/artifact:1"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("not a container image")));
    TestImage uneven = make_image(kThreeLayers);
    uneven.manifest.layers.pop_back();
    uneven.manifest_text = uneven.manifest.dump();
    registry.serve("an/uneven:1", uneven);
    EXPECT_THAT(
        resolve(registry.host() + "/an/uneven:1"),
        FailsWith(ErrorCode::kInvalidInput, HasSubstr("2 layers in the manifest, but 3 diff IDs")));
    TestImage foreign = make_image({{{"v", "foreign"}}});
    foreign.manifest.layers[0].media_type =
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    foreign.manifest_text = foreign.manifest.dump();
    registry.serve("a/foreign:1", foreign);
    registry.remove_blob(foreign.manifest.layers[0].digest);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto pinned, resolve(registry.host() + "/a/foreign:1"));
    EXPECT_THAT(unpack(pinned),
                FailsWith(ErrorCode::kUnsupported, HasSubstr("is a foreign layer")));
}

TEST_F(ImagesTest, WrongBytesNeverReachTheStore) {
    TestImage image = make_image(kThreeLayers);
    registry.serve("team/bad:1", image);
    const std::string digest = image.manifest.layers[1].digest.to_string();
    registry.interfere = [&](const HttpAsked& asked) -> std::optional<HttpAnswer> {
        if (!asked.target.ends_with(digest)) return std::nullopt;
        std::string bytes = image.blobs.at(digest);
        bytes.back() = static_cast<char>(bytes.back() ^ 1);
        return HttpAnswer{.body = bytes};
    };
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto pinned, resolve(registry.host() + "/team/bad:1"));
    EXPECT_THAT(unpack(pinned), FailsWith(ErrorCode::kCorrupt, HasSubstr(digest)));
    EXPECT_FALSE(machine->blobs.has(image.manifest.layers[1].digest));
    registry.interfere = nullptr;
    EXPECT_THAT(unpack(pinned), IsOk()) << "and the next try works";
}

TEST_F(ImagesTest, AWrongDiffIdIsCorrupt) {
    TestImage image = make_image({{{"v", "x"}}});
    auto config = image.config;
    config.diff_ids[0] = Digest::of("something else");
    const std::string text = config.dump();
    image.put(text);
    image.manifest.config = testing::describe(text, image::kOciConfig);
    image.manifest_text = image.manifest.dump();
    registry.serve("team/bad:1", image);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto pinned, resolve(registry.host() + "/team/bad:1"));
    EXPECT_THAT(unpack(pinned),
                FailsWith(ErrorCode::kCorrupt,
                          HasSubstr("layer " + image.manifest.layers[0].digest.to_string())));
}

TEST_F(ImagesTest, FetchesOnlyLayersThatAreNotThere) {
    const TestImage base = make_image({kThreeLayers[0], kThreeLayers[1]});
    const TestImage app = make_image(kThreeLayers);
    registry.serve("team/base:1", base);
    registry.serve("team/app:1", app);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto base_image, resolve(registry.host() + "/team/base:1"));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto below, unpack(base_image));
    const std::size_t before = registry.server().asked().size();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto image, resolve(registry.host() + "/team/app:1"));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto snapshot, unpack(image));
    EXPECT_EQ(registry.server().asked().size() - before, 3U) << "manifest, config, one layer";
    EXPECT_EQ(snapshot[0], below[0]);
    EXPECT_EQ(snapshot[1], below[1]);
}

TEST_F(ImagesTest, EqualRequestsInFlightAreJoined) {
    const TestImage image = make_image(kThreeLayers);
    registry.serve("team/app:1", image);
    const std::string ref = registry.host() + "/team/app:1";
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto pinned, resolve(ref));
    std::vector<snapshot::Snapshot> results(6);
    {
        std::vector<std::jthread> threads;
        for (auto& result : results) threads.emplace_back([&] { result = must(unpack(pinned)); });
    }
    for (const auto& result : results) EXPECT_EQ(result, results[0]);
    for (const auto& layer : pinned.manifest.layers) {
        EXPECT_EQ(registry.server().count("/v2/team/app/blobs/" + layer.digest.to_string()), 1U);
    }
}

TEST_F(ImagesTest, AStopRequestEndsAPull) {
    const TestImage image = make_image(kThreeLayers);
    registry.serve("team/app:1", image);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto pinned, resolve(registry.host() + "/team/app:1"));
    const std::string digest = pinned.manifest.layers[1].digest.to_string();
    registry.interfere = [&](const HttpAsked& asked) -> std::optional<HttpAnswer> {
        if (!asked.target.ends_with(digest)) return std::nullopt;
        return HttpAnswer{.body = image.blobs.at(digest), .cut_after = 3, .stall = true};
    };
    std::stop_source stop;
    const std::jthread stopper([&] {
        while (registry.server().count("/v2/team/app/blobs/" + digest) == 0)
            std::this_thread::yield();
        stop.request_stop();
    });
    EXPECT_THAT(machine->images.unpack(pinned, sink, step, stop.get_token()),
                FailsWith(ErrorCode::kCancelled, HasSubstr("")));
}

TEST_F(ImagesTest, FetchBlobsBringsLayersWithoutUnpacking) {
    const TestImage image = make_image(kThreeLayers, Compression::kZstd);
    registry.serve("team/app:1", image);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto pinned, resolve(registry.host() + "/team/app:1"));
    ASSERT_THAT(machine->images.fetch_blobs(pinned, sink, step), IsOk());
    for (const auto& layer : pinned.manifest.layers) EXPECT_TRUE(machine->blobs.has(layer.digest));
    EXPECT_THAT(must(machine->layers.list()), IsEmpty());
    registry.interfere = [](const HttpAsked&) { return HttpAnswer{.status = 500}; };
    EXPECT_THAT(unpack(pinned), IsOk());
}

TEST_F(ImagesTest, UsesAnOciLayout) {
    const TestImage image = make_image(kThreeLayers);
    testing::write_layout(dir->path() + "/layout", image, "1");
    const std::string ref = "oci-layout://" + dir->path() + "/layout:1";
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto pinned, resolve(ref));
    EXPECT_EQ(pinned.identifier, "oci-layout://" + must(os::real_path(dir->path())) + "/layout@" +
                                     image.digest.to_string());
    EXPECT_EQ(read(must(unpack(pinned)), "etc/same"), "high");
    EXPECT_THAT(resolve(pinned.identifier), IsOk());
    EXPECT_THAT(resolve("oci-layout://" + dir->path() + "/layout:2"),
                FailsWith(ErrorCode::kNotFound, HasSubstr("no image '2'")));
}

TEST_F(ImagesTest, LocalNamesGoBeforeTheRegistry) {
    const TestImage image = make_image({{{"v", "local"}}}, Compression::kNone);
    const std::string archive = testing::make_tar(
        {{"c.json", image.blobs.at(image.manifest.config.digest.to_string())},
         {"l", image.blobs.at(image.manifest.layers[0].digest.to_string())},
         {"manifest.json",
          R"([{"Config":"c.json","RepoTags":["debian:bookworm"],"Layers":["l"]}])"}});
    MemoryReader reader(archive);
    ASSERT_THAT(machine->images.load_archive(reader, ""), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto pinned, resolve("debian:bookworm"));
    EXPECT_EQ(read(must(unpack(pinned)), "v"), "local");

    const auto typo = resolve("debian:bookwrom", Pull::kNever);
    EXPECT_THAT(typo, FailsWith(ErrorCode::kNotFound,
                                HasSubstr("image 'debian:bookwrom': not in the local store")));
    EXPECT_EQ(typo.error().hint(), "the local store has 'debian:bookworm'");
}

TEST_F(ImagesTest, NearestLocalNameIsTheHintWhenTheRegistryHasNone) {
    registry.serve("team/app:1", make_image({{{"v", "x"}}}));
    ASSERT_THAT(resolve(registry.host() + "/team/app:1"), IsOk());
    const auto missing = resolve(registry.host() + "/team/apps:1");
    EXPECT_THAT(missing, FailsWith(ErrorCode::kNotFound, HasSubstr("does not exist")));
    EXPECT_EQ(missing.error().hint(), "the local store has '" + registry.host() + "/team/app:1'");
}

}  // namespace
}  // namespace slipway::source
