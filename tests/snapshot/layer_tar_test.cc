// Layers as tars and back, judged by GNU tar.
#include "archive/compress.h"
#include "archive/tar.h"
#include "base/json.h"
#include "snapshot/store_fixture.h"

#include <future>

namespace slipway::snapshot {
namespace {

using ::slipway::testing::FailsWith;
using ::slipway::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::listing;

class LayerTarTest : public testing::StoreTest {
  protected:
    void SetUp() override {
        StoreTest::SetUp();
        if (!IsSkipped() && !os::find_program("tar")) GTEST_SKIP() << "needs GNU tar";
    }
    std::string tar_of(const LayerId& id, std::optional<std::int64_t> clamp = std::nullopt) {
        StringWriter out;
        EXPECT_THAT(layers_->write_tar(id, out, clamp), IsOk());
        return out.text();
    }
    Result<LayerId> unpack(const std::string& tar, const Snapshot& below = {}) {
        MemoryReader reader{std::string_view(tar)};
        return layers_->unpack(reader, below, Digest::of(tar));
    }
    /// A tar by GNU tar of what a script makes.
    std::string gnu_tar(const std::string& script, const std::string& names = ".",
                        const std::string& flags = "") {
        EXPECT_THAT(os::remove_tree(path("in")), IsOk());
        EXPECT_THAT(os::make_dirs(path("in")), IsOk());
        shell(script + "\ntar " + flags + " -cf ../in.tar " + names, path("in"));
        return os::read_file(path("in.tar")).value_or("");
    }
    /// A tar with just these entries; regular ones hold their own path as data.
    static std::string tar_with(const std::vector<archive::TarEntry>& entries) {
        StringWriter out;
        auto tar = archive::TarWriter::open(out);
        EXPECT_THAT(tar, IsOk());
        for (const auto& entry : entries) {
            if (entry.type == archive::EntryType::kRegular) {
                EXPECT_THAT(tar->add_file(entry, entry.path), IsOk());
            } else {
                EXPECT_THAT(tar->add(entry), IsOk());
            }
        }
        EXPECT_THAT(tar->finish(), IsOk());
        return out.text();
    }
    std::vector<std::string> names_in(const std::string& tar) {
        MemoryReader source{std::string_view(tar)};
        auto reader = archive::TarReader::open(source);
        EXPECT_THAT(reader, IsOk());
        std::vector<std::string> names;
        while (true) {
            auto entry = reader->next();
            EXPECT_THAT(entry, IsOk());
            if (!entry || !*entry) return names;
            names.push_back((*entry)->path);
        }
    }
    std::vector<std::string> paths(const LayerId& id) {
        std::vector<std::string> found;
        for (const auto& entry : manifest(id).entries()) found.push_back(entry.path);
        return found;
    }
};

archive::TarEntry regular(std::string path) {
    return {.path = std::move(path)};
}
archive::TarEntry link_to(std::string path, std::string target, archive::EntryType type) {
    archive::TarEntry entry;
    entry.path = std::move(path);
    entry.type = type;
    entry.link_target = std::move(target);
    return entry;
}
archive::TarEntry directory(std::string path, std::uint32_t mode = 0755) {
    archive::TarEntry entry;
    entry.path = std::move(path);
    entry.type = archive::EntryType::kDirectory;
    entry.mode = mode;
    return entry;
}

constexpr const char* kVariety = R"(
    mkdir -p usr/bin usr/lib empty; chmod 2775 empty; printf hello > usr/bin/tool; chown 1000:2000 usr/bin/tool
    chmod 6755 usr/bin/tool; ln usr/bin/tool usr/bin/alias; ln -s ../lib usr/bin/link; mknod zero c 1 5; mkfifo pipe
    head -c 300000 /dev/urandom > usr/lib/large; touch usr/lib/none; printf u > "na me ü"
    mkdir -p $(printf 'long%.0s' {1..40})/$(printf 'path%.0s' {1..40}); echo x > $(printf 'long%.0s' {1..40})/$(printf 'path%.0s' {1..40})/f
    find . -exec touch -h -d @1600000000 {} + )";

TEST_F(LayerTarTest, GnuTarUnpacksWhatWeWrite) {
    const LayerId id = layer_by(kVariety);
    ASSERT_THAT(os::write_file(path("layer.tar"), tar_of(id)), IsOk());
    shell("mkdir out; tar -xpf layer.tar -C out --numeric-owner", path("."));
    auto expected = listing(view({id}));
    auto found = testing::listing(path("out"));
    expected.erase("");
    found.erase("");
    EXPECT_EQ(found, expected);
    EXPECT_EQ(shell("stat -c %h out/usr/bin/tool; stat -c %Y out/usr/lib/none", path(".")),
              "2\n1600000000\n");
}

TEST_F(LayerTarTest, WeUnpackWhatGnuTarWrites) {
    for (const char* format : {"--format=gnu", "--format=posix", "--format=pax --sort=name"}) {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerId id, unpack(gnu_tar(kVariety, ".", format)));
        EXPECT_EQ(listing(view({id})), testing::listing(path("in"))) << format;
        EXPECT_EQ(testing::listing(store_->path("layers/" + id + "/diff")),
                  testing::listing(path("in")))
            << format;
        EXPECT_EQ(manifest(id).find("usr/bin/alias")->hardlink, 1U);
        EXPECT_EQ(manifest(id).find("usr")->mtime.seconds, 1600000000);
        EXPECT_EQ(shell("stat -c %Y usr usr/lib/large", store_->path("layers/" + id + "/diff")),
                  "1600000000\n1600000000\n");
    }
}

TEST_F(LayerTarTest, ThereAndBackIsTheSame) {
    const LayerId base = layer_by("mkdir -p d/old e; echo 1 > d/a; echo 2 > e/b; echo 3 > d/old/x");
    const LayerId step =
        layer_on({base}, "rm d/a; rm -rf e; mkdir e; echo 4 > e/c; rm -rf d/old; echo 5 > d/old");
    const std::string tar = tar_of(step);
    EXPECT_THAT(names_in(tar), ElementsAre("d/", "d/.wh.a", "d/old", "e/", "e/.wh.b", "e/c"));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerId again, unpack(tar, {base}));
    EXPECT_EQ(manifest(again).content_digest(), manifest(step).content_digest());
    EXPECT_EQ(tar_of(again), tar);
    EXPECT_EQ(mounted({base, again}), mounted({base, step}));
}

TEST_F(LayerTarTest, TimesAreWholeSecondsAndClamped) {
    const LayerId id = layer_by("touch -d @1000.9 early; touch -d @2000.5 late");
    const auto times = [&](std::optional<std::int64_t> clamp) {
        MemoryReader source{std::string_view("")};
        const std::string tar = tar_of(id, clamp);
        source = MemoryReader{std::string_view(tar)};
        auto reader = archive::TarReader::open(source);
        std::vector<std::int64_t> found;
        for (auto entry = reader->next(); entry && *entry; entry = reader->next()) {
            EXPECT_EQ((*entry)->mtime_nanoseconds, 0U);
            found.push_back((*entry)->mtime_seconds);
        }
        return found;
    };
    EXPECT_THAT(times(std::nullopt), ElementsAre(1000, 2000));
    EXPECT_THAT(times(1500), ElementsAre(1000, 1500));
}

TEST_F(LayerTarTest, SocketsAreLeftOut) {
    auto draft = layers_->begin();
    ASSERT_THAT(draft, IsOk());
    ASSERT_THAT(draft->diff().make_node(RelPath::in_root("socket"), S_IFSOCK | 0600, 0), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerId id, layers_->commit(std::move(*draft)));
    EXPECT_THAT(names_in(tar_of(id)), ElementsAre());
}

TEST_F(LayerTarTest, WrongDataIsRefused) {
    const std::string tar = gnu_tar("echo 1 > f");
    MemoryReader reader{std::string_view(tar)};
    EXPECT_THAT(layers_->unpack(reader, {}, Digest::of("other")),
                FailsWith(ErrorCode::kCorrupt, HasSubstr("instead of")));
    MemoryReader cut{std::string_view(tar).substr(0, 700)};
    const auto result = layers_->unpack(cut, {}, Digest::of(tar));
    ASSERT_FALSE(result);
    MemoryReader noise{std::string_view("this is no tar, and long enough to be looked at as one")};
    ASSERT_FALSE(layers_->unpack(noise, {}, Digest::of(tar)));
    EXPECT_THAT(layers_->list(), slipway::testing::IsOkAndHolds(ElementsAre()));
}

TEST_F(LayerTarTest, DataBehindTheEndCountsForTheDigest) {
    const std::string tar = gnu_tar("echo 1 > f") + std::string(100000, '\0');
    EXPECT_THAT(unpack(tar), IsOk());
}

TEST_F(LayerTarTest, AnEmptyLayerIsALayer) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerId id, unpack(std::string(1024, '\0')));
    EXPECT_THAT(paths(id), ElementsAre(""));
    EXPECT_EQ(Digest::of(tar_of(id)).to_string(),
              "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef");
}

TEST_F(LayerTarTest, NamesCannotLeaveTheLayer) {
    shell("echo precious > precious", path("."));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const LayerId id,
        unpack(tar_with({regular("../../../up"), regular("/abs/olute"), regular("a/../../b"),
                         link_to("out", path("."), archive::EntryType::kSymlink),
                         regular("out/precious"),
                         link_to("climb", "../../../..", archive::EntryType::kSymlink),
                         regular("climb/etc/hostile"),
                         link_to("loop", "loop/x", archive::EntryType::kSymlink)})));
    EXPECT_EQ(shell("cat precious", path(".")), "precious\n");
    EXPECT_FALSE(os::path_exists("/etc/hostile"));
    const Manifest& found = manifest(id);
    EXPECT_NE(found.find("up"), nullptr);
    EXPECT_NE(found.find("abs/olute"), nullptr);
    EXPECT_NE(found.find("b"), nullptr);
    EXPECT_NE(found.find("etc/hostile"), nullptr) << "the link leads to the layer's root";
    EXPECT_NE(found.find(path("precious").substr(1)), nullptr)
        << "an absolute link starts at the layer's root";
    EXPECT_EQ(testing::listing(store_->path("layers/" + id + "/diff")), listing(view({id})));
}

TEST_F(LayerTarTest, ImpossibleEntriesAreRefusedByName) {
    EXPECT_THAT(unpack(tar_with({regular("f"), regular("f/below")})),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("f/below")));
    EXPECT_THAT(unpack(tar_with({link_to("l", "l", archive::EntryType::kSymlink), regular("l/x")})),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("symbolic links")));
    EXPECT_THAT(unpack(tar_with({link_to("h", "missing", archive::EntryType::kHardlink)})),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("'h'")));
    EXPECT_THAT(
        unpack(tar_with({link_to("h", "../../../etc/passwd", archive::EntryType::kHardlink)})),
        FailsWith(ErrorCode::kInvalidInput, HasSubstr("'h'")));
    EXPECT_THAT(
        unpack(tar_with({directory("d"), link_to("h", "d", archive::EntryType::kHardlink)})),
        FailsWith(ErrorCode::kInvalidInput, HasSubstr("'h'")));
    EXPECT_THAT(unpack(tar_with({regular("d/.wh..")})),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("hides nothing")));
    std::string deep;
    for (int i = 0; i < 3000; ++i) deep += "d/";
    EXPECT_THAT(unpack(tar_with({regular(deep + "f")})),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("too long")));
    EXPECT_THAT(layers_->list(), slipway::testing::IsOkAndHolds(ElementsAre()));
}

TEST_F(LayerTarTest, HardLinksThroughLinksStayInside) {
    const LayerId base = layer_by("mkdir etc; echo base > etc/passwd");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const LayerId id,
        unpack(tar_with({link_to("l", "/", archive::EntryType::kSymlink),
                         link_to("h", "l/etc/passwd", archive::EntryType::kHardlink)}),
               {base}));
    EXPECT_EQ(manifest(id).find("h")->content, Digest::of("base\n"));
}

TEST_F(LayerTarTest, LaterEntriesReplaceEarlierOnes) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const LayerId id,
        unpack(
            tar_with({regular("a"), link_to("a", "x", archive::EntryType::kSymlink), directory("d"),
                      regular("d/f"), regular("d"), link_to("s", "t", archive::EntryType::kSymlink),
                      directory("s", 0700), directory("s", 0711), regular("twice"),
                      link_to("h", "twice", archive::EntryType::kHardlink), regular("twice")})));
    EXPECT_TRUE(manifest(id).find("a")->is_symlink());
    EXPECT_TRUE(manifest(id).find("d")->is_regular());
    EXPECT_EQ(manifest(id).find("d/f"), nullptr);
    EXPECT_EQ(manifest(id).find("s")->mode & 07777, 0711U);
    EXPECT_EQ(manifest(id).find("h")->hardlink, 0U)
        << "the first name was replaced by another file";
    EXPECT_EQ(testing::listing(store_->path("layers/" + id + "/diff")), listing(view({id})));
}

TEST_F(LayerTarTest, ImpliedParentsLookLikeThoseBelow) {
    const LayerId base = layer_by(
        "mkdir -p var/lib; chmod 0750 var; chown 7:8 var; touch -d @99 var; ln -s usr/lib lib");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const LayerId id,
        unpack(tar_with({regular("var/lib/x"), regular("new/y"), regular("lib/z")}), {base}));
    const Entry* var = manifest(id).find("var");
    EXPECT_EQ(var->mode & 07777, 0750U);
    EXPECT_EQ(var->uid, 7U);
    EXPECT_EQ(var->mtime.seconds, 99);
    EXPECT_EQ(manifest(id).find("new")->mode & 07777, 0755U);
    EXPECT_TRUE(manifest(id).find("lib")->is_dir())
        << "as containerd: links of lower layers are not followed";
    EXPECT_EQ(listing(view({base, id})), mounted({base, id}));
}

TEST_F(LayerTarTest, HardLinksToLowerFilesAreFilesOfTheLayer) {
    const LayerId base = layer_by("echo data > f; chmod 0640 f; chown 3:4 f; ln -s f l");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const LayerId id, unpack(tar_with({link_to("h1", "f", archive::EntryType::kHardlink),
                                           link_to("h2", "./f", archive::EntryType::kHardlink)}),
                                 {base}));
    const Entry* h1 = manifest(id).find("h1");
    EXPECT_EQ(h1->content, Digest::of("data\n"));
    EXPECT_EQ(h1->mode & 07777, 0640U);
    EXPECT_EQ(h1->uid, 3U);
    EXPECT_EQ(h1->hardlink, 1U);
    EXPECT_EQ(manifest(id).find("h2")->hardlink, 1U);
    EXPECT_THAT(unpack(tar_with({link_to("h", "l", archive::EntryType::kHardlink)}), {base}),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("no file here")));
}

TEST_F(LayerTarTest, WhiteoutsHideWhateverTheirPlaceInTheArchive) {
    const LayerId base = layer_by(
        "mkdir -p a/sub b c; echo 1 > a/x; echo 2 > a/y; echo 3 > b/z; echo 4 > c/q; echo 5 > "
        "a/sub/s");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const LayerId id,
        unpack(tar_with({regular("a/.wh.x"), regular(".wh.b"), directory("b"), regular("b/new"),
                         regular("c/mine"), regular("c/.wh..wh..opq"), regular("a/.wh.never-there"),
                         regular("a/.wh.sub"), regular("a/sub/.wh.s"), regular("nowhere/.wh.x"),
                         regular(".wh..wh.plnk/1.2")}),
               {base}));
    const auto shown = mounted({base, id});
    EXPECT_EQ(shown, listing(view({base, id})));
    std::vector<std::string> names;
    for (const auto& [name, text] : shown) names.push_back(name);
    EXPECT_THAT(names, ElementsAre("", "a", "a/y", "b", "b/new", "c", "c/mine"));
    EXPECT_EQ(manifest(id).find("a/never-there"), nullptr) << "it would hide nothing";
    EXPECT_EQ(manifest(id).find("nowhere"), nullptr);
}

TEST_F(LayerTarTest, AnOpaqueRootHidesEverything) {
    const LayerId base = layer_by("mkdir -p a b; echo 1 > a/x; echo 2 > f");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const LayerId id, unpack(tar_with({regular("b/mine"), regular(".wh..wh..opq")}), {base}));
    const auto shown = mounted({base, id});
    EXPECT_EQ(shown, listing(view({base, id})));
    EXPECT_THAT(shown,
                ElementsAre(::testing::Key(""), ::testing::Key("b"), ::testing::Key("b/mine")));
}

TEST_F(LayerTarTest, WhiteoutDevicesAreWhiteouts) {
    const LayerId base = layer_by("echo 1 > f; echo 2 > g");
    archive::TarEntry device;
    device.path = "f";
    device.type = archive::EntryType::kCharDevice;
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerId id, unpack(tar_with({device}), {base}));
    EXPECT_THAT(mounted({base, id}), ElementsAre(::testing::Key(""), ::testing::Key("g")));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerId alone, unpack(tar_with({device})));
    EXPECT_THAT(paths(alone), ElementsAre("")) << "below a lone layer there is nothing to hide";
}

TEST_F(LayerTarTest, ArchivesCannotBringOverlayfsAttributes) {
    archive::TarEntry hostile = directory("d");
    hostile.xattrs = {
        {"trusted.overlay.redirect", "/etc"}, {"trusted.overlay.opaque", "y"}, {"user.fine", "1"}};
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerId id, unpack(tar_with({hostile})));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto layer, layers_->load(id));
    EXPECT_THAT(layer->root().xattrs(RelPath::in_root("d")),
                slipway::testing::IsOkAndHolds(ElementsAre(::testing::Pair("user.fine", "1"))));
    EXPECT_FALSE(manifest(id).find("d")->opaque);
}

TEST_F(LayerTarTest, CapabilitiesSurviveAndOtherAttributesStayOutOfTars) {
    const std::string capability("\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    archive::TarEntry entry = regular("ping");
    entry.uid = 5;
    entry.xattrs = {{"security.capability", capability}, {"user.note", "x"}};
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerId id, unpack(tar_with({entry})));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto layer, layers_->load(id));
    EXPECT_THAT(layer->root().xattrs(RelPath::in_root("ping")),
                slipway::testing::IsOkAndHolds(
                    ElementsAre(::testing::Pair("security.capability", capability),
                                ::testing::Pair("user.note", "x"))));
    MemoryReader source{std::string_view("")};
    const std::string tar = tar_of(id);
    source = MemoryReader{std::string_view(tar)};
    auto reader = archive::TarReader::open(source);
    const auto member = reader->next();
    ASSERT_THAT(member, IsOk());
    EXPECT_THAT((*member)->xattrs, ElementsAre(::testing::Pair("security.capability", capability)));
}

TEST_F(LayerTarTest, BlobsAreMadeOnceForEachCompression) {
    const LayerId id = layer_by("head -c 3000000 /dev/zero > zeros; echo text > f");
    using archive::Compression;
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerBlob gzip,
                                 layers_->blob(id, Compression::kGzip, std::nullopt));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerBlob zstd,
                                 layers_->blob(id, Compression::kZstd, std::nullopt));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerBlob plain,
                                 layers_->blob(id, Compression::kNone, std::nullopt));
    const std::string tar = tar_of(id);
    EXPECT_EQ(plain.digest, Digest::of(tar));
    for (const LayerBlob& blob : {gzip, zstd, plain}) {
        EXPECT_EQ(blob.diff_id, Digest::of(tar)) << blob.media_type;
        EXPECT_EQ(blob.uncompressed_size, tar.size()) << blob.media_type;
        EXPECT_THAT(blobs_->size(blob.digest), slipway::testing::IsOkAndHolds(blob.size))
            << blob.media_type;
    }
    EXPECT_EQ(gzip.media_type, "application/vnd.oci.image.layer.v1.tar+gzip");
    EXPECT_EQ(zstd.media_type, "application/vnd.oci.image.layer.v1.tar+zstd");
    EXPECT_EQ(plain.media_type, "application/vnd.oci.image.layer.v1.tar");
    EXPECT_EQ(
        shell("gzip -dc " + blobs_->host_path(gzip.digest) + " | sha256sum | cut -c1-64", "/"),
        Digest::of(tar).hex() + "\n");
    EXPECT_EQ(
        shell("zstd -qdc " + blobs_->host_path(zstd.digest) + " | sha256sum | cut -c1-64", "/"),
        Digest::of(tar).hex() + "\n");

    // Remembered, also elsewhere: the layer's data is not needed any more.
    ASSERT_THAT(os::write_file(store_->path("layers/" + id + "/diff/f"), "tampered"), IsOk());
    LayerStore other(*store_, *blobs_, pool_);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerBlob again,
                                 other.blob(id, Compression::kGzip, std::nullopt));
    EXPECT_EQ(again.digest, gzip.digest);
    EXPECT_EQ(again.diff_id, gzip.diff_id);
    EXPECT_EQ(again.size, gzip.size);
}

TEST_F(LayerTarTest, ALostBlobIsMadeAgainAndClampsAreApart) {
    const LayerId id = layer_by("echo text > f; touch -d @5000 f");
    using archive::Compression;
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerBlob first,
                                 layers_->blob(id, Compression::kGzip, std::nullopt));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerBlob clamped,
                                 layers_->blob(id, Compression::kGzip, 1000));
    EXPECT_NE(first.digest, clamped.digest);
    ASSERT_THAT(blobs_->remove(first.digest), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerBlob again,
                                 layers_->blob(id, Compression::kGzip, std::nullopt));
    EXPECT_EQ(again.digest, first.digest);
    EXPECT_TRUE(blobs_->has(first.digest));
}

TEST_F(LayerTarTest, BlobsOfDifferentLevelsAreApart) {
    const LayerId id = layer_by("seq 100000 > numbers");
    using archive::Compression;
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerBlob plain,
                                 layers_->blob(id, Compression::kGzip, std::nullopt));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerBlob small,
                                 layers_->blob(id, Compression::kGzip, std::nullopt, {}, 9));
    EXPECT_LT(small.size, plain.size);
    EXPECT_EQ(small.diff_id, plain.diff_id);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerBlob again,
                                 layers_->blob(id, Compression::kGzip, std::nullopt));
    EXPECT_EQ(again.digest, plain.digest);
    EXPECT_THAT(layers_->blob(id, Compression::kGzip, std::nullopt, {}, 10),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("levels")));
}

TEST_F(LayerTarTest, ALayerThatCameFromABlobIsThatBlob) {
    const LayerId id = layer_by("echo text > f");
    LayerBlob origin;
    origin.diff_id = Digest::of("tar");
    origin.digest = Digest::of("compressed elsewhere");
    origin.size = 20;
    origin.uncompressed_size = 3;
    origin.media_type = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    ASSERT_THAT(layers_->remember_blob(id, origin), IsOk());
    for (const auto compression : {archive::Compression::kNone, archive::Compression::kZstd}) {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerBlob blob, layers_->blob(id, compression, 7));
        EXPECT_EQ(blob.digest, origin.digest);
        EXPECT_EQ(blob.diff_id, origin.diff_id);
        EXPECT_EQ(blob.media_type, origin.media_type);
    }
}

TEST_F(LayerTarTest, TwoAtOnceAreBothRight) {
    const LayerId id = layer_by("head -c 2000000 /dev/urandom > data");
    LayerStore other(*store_, *blobs_, pool_);
    auto first = std::async(std::launch::async, [&] {
        return layers_->blob(id, archive::Compression::kGzip, std::nullopt);
    });
    auto second = std::async(std::launch::async, [&] {
        return other.blob(id, archive::Compression::kZstd, std::nullopt);
    });
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerBlob gzip, first.get());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerBlob zstd, second.get());
    EXPECT_EQ(gzip.diff_id, zstd.diff_id);
    const std::string records =
        os::read_file(store_->path("layers/" + id + "/blob.json")).value_or("");
    EXPECT_THAT(records, HasSubstr(gzip.digest.to_string()));
    EXPECT_THAT(records, HasSubstr(zstd.digest.to_string()));
}

/// Our layers with all that overlayfs can do to them, as another tool unpacks them.
TEST_F(LayerTarTest, UmociUnpacksWhatTheKernelShows) {
    if (!os::find_program("umoci")) GTEST_SKIP() << "needs umoci";
    Snapshot snapshot = {
        layer_by("mkdir -p d0/e0 d1/e1 d2/e2; echo base > d1/e1/f0; ln d1/e1/f0 d1/name; echo b > "
                 "d0/e0/f1")};
    for (int seed = 101; seed < 104; ++seed) {
        snapshot.push_back(layer_on(
            snapshot, "bash " SLIPWAY_TEST_DATA "/random_changes.sh " + std::to_string(seed)));
    }
    Json diff_ids = Json::array();
    Json descriptors = Json::array();
    ASSERT_THAT(os::make_dirs(path("image/blobs/sha256")), IsOk());
    const auto put = [&](const std::string& data, const std::string& type) {
        const Digest digest = Digest::of(data);
        EXPECT_THAT(os::write_file(path("image/blobs/sha256/" + digest.hex()), data), IsOk());
        return Json{{"mediaType", type}, {"digest", digest.to_string()}, {"size", data.size()}};
    };
    for (const auto& id : snapshot) {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerBlob blob,
                                     layers_->blob(id, archive::Compression::kGzip, std::nullopt));
        diff_ids.push_back(blob.diff_id.to_string());
        descriptors.push_back(
            put(os::read_file(blobs_->host_path(blob.digest)).value_or(""), blob.media_type));
    }
    const Json config = {{"architecture", "amd64"},
                         {"os", "linux"},
                         {"config", Json::object()},
                         {"rootfs", {{"type", "layers"}, {"diff_ids", diff_ids}}}};
    const Json image = {
        {"schemaVersion", 2},
        {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
        {"config", put(dump_json(config), "application/vnd.oci.image.config.v1+json")},
        {"layers", descriptors}};
    Json reference = put(dump_json(image), "application/vnd.oci.image.manifest.v1+json");
    reference["annotations"] = {{"org.opencontainers.image.ref.name", "test"}};
    const Json index = {{"schemaVersion", 2}, {"manifests", Json::array({reference})}};
    ASSERT_THAT(os::write_file(path("image/index.json"), dump_json(index)), IsOk());
    ASSERT_THAT(os::write_file(path("image/oci-layout"), R"({"imageLayoutVersion": "1.0.0"})"),
                IsOk());
    shell("umoci unpack --image image:test bundle", path("."));
    auto theirs = listing(path("bundle/rootfs"));
    auto ours = mounted(snapshot);
    theirs.erase("");
    ours.erase("");
    EXPECT_EQ(theirs, ours);
}

}  // namespace
}  // namespace slipway::snapshot
