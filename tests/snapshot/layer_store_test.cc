#include "snapshot/layer_store.h"

#include "snapshot/store_fixture.h"

namespace slipway::snapshot {
namespace {

using ::slipway::testing::FailsWith;
using ::slipway::testing::IsOk;
using ::slipway::testing::IsOkAndHolds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::listing;
using ::testing::Optional;
using ::testing::UnorderedElementsAre;

class LayerStoreTest : public testing::StoreTest {};

TEST_F(LayerStoreTest, CommitListsWhatIsThere) {
    auto draft = layers_->begin();
    ASSERT_THAT(draft, IsOk());
    shell(R"(
        mkdir -m 1777 tmp; mkdir -p usr/bin; printf hello > usr/bin/tool; chown 12:34 usr/bin/tool; chmod 4755 usr/bin/tool
        ln usr/bin/tool usr/bin/alias; ln -s ../bin usr/sbin; mknod null c 1 3; mkfifo pipe; printf x > plain
        touch -d @1700000000.123456789 plain; ln plain "$PWD/../../outside")",
          draft->diff().host_path());
    ASSERT_THAT(draft->diff().set_xattr(RelPath::in_root("plain"), "user.note", "some"), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerId id, layers_->commit(std::move(*draft)));
    const Manifest& found = manifest(id);
    ASSERT_NE(found.find("usr/bin/tool"), nullptr);
    EXPECT_EQ(found.find("usr/bin/tool")->mode, static_cast<unsigned>(S_IFREG | 04755));
    EXPECT_EQ(found.find("usr/bin/tool")->uid, 12U);
    EXPECT_EQ(found.find("usr/bin/tool")->gid, 34U);
    EXPECT_EQ(found.find("usr/bin/tool")->content, Digest::of("hello"));
    EXPECT_EQ(found.find("usr/bin/alias")->content, Digest::of("hello"));
    EXPECT_EQ(found.find("usr/bin/alias")->hardlink, 1U);
    EXPECT_EQ(found.find("usr/bin/tool")->hardlink, 1U);
    EXPECT_EQ(found.find("usr/sbin")->link_target, "../bin");
    EXPECT_EQ(found.find("null")->rdev, 0x103U);
    EXPECT_TRUE(S_ISFIFO(found.find("pipe")->mode));
    EXPECT_EQ(found.find("tmp")->mode & 07777, 01777U);
    EXPECT_EQ(found.find("plain")->mtime, (os::Timestamp{1700000000, 123456789}));
    EXPECT_EQ(found.find("plain")->hardlink, 0U) << "its other name is not in this layer";
    EXPECT_THAT(found.find("plain")->xattrs, ElementsAre(::testing::Pair("user.note", "some")));
    EXPECT_EQ(found.total_size(), 6U);
}

TEST_F(LayerStoreTest, CommitDoesNotReadFilesWhoseDigestIsKnown) {
    auto draft = layers_->begin();
    ASSERT_THAT(draft, IsOk());
    shell("printf a > known; printf b > unknown", draft->diff().host_path());
    const auto known = [](const Entry& entry) -> std::optional<Digest> {
        if (entry.path != "known") return std::nullopt;
        return Digest::of("told");
    };
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerId id, layers_->commit(std::move(*draft), known));
    EXPECT_EQ(manifest(id).find("known")->content, Digest::of("told"));
    EXPECT_EQ(manifest(id).find("unknown")->content, Digest::of("b"));
}

TEST_F(LayerStoreTest, LayersAreThereForOtherProcesses) {
    const LayerId id = layer_by("echo 1 > f; mkdir d");
    LayerStore other(*store_, *blobs_, pool_);
    EXPECT_TRUE(other.has(id));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto layer, other.load(id));
    EXPECT_EQ(layer->manifest().content_digest(), manifest(id).content_digest());
    EXPECT_EQ(listing(View({layer})), listing(layer->root().host_path()));
}

TEST_F(LayerStoreTest, AnUncommittedDraftLeavesNothing) {
    std::string where;
    {
        auto draft = layers_->begin();
        ASSERT_THAT(draft, IsOk());
        where = draft->diff().host_path();
        shell("echo 1 > f", where);
    }
    EXPECT_FALSE(os::path_exists(where));
    EXPECT_THAT(layers_->list(), IsOkAndHolds(ElementsAre()));
}

TEST_F(LayerStoreTest, MissingAndBrokenLayersAreTold) {
    EXPECT_THAT(layers_->load("0123456789abcdef0123456789abcdef"),
                FailsWith(ErrorCode::kNotFound, HasSubstr("0123")));
    EXPECT_THAT(layers_->load("../../etc"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("not a layer ID")));
    EXPECT_FALSE(layers_->has("../layers"));
    const LayerId id = layer_by("echo 1 > f");
    const std::string file = store_->path("layers/" + id + "/manifest");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(std::string data, os::read_file(file));
    data[70] = static_cast<char>(data[70] + 1);
    ASSERT_THAT(os::write_file(file, data), IsOk());
    LayerStore other(*store_, *blobs_, pool_);
    EXPECT_THAT(other.load(id), FailsWith(ErrorCode::kCorrupt, HasSubstr(id)));
}

TEST_F(LayerStoreTest, RemoveTakesTheLayerAway) {
    const LayerId id = layer_by("echo 1 > f");
    const LayerId kept = layer_by("echo 2 > f");
    EXPECT_THAT(layers_->list(), IsOkAndHolds(UnorderedElementsAre(id, kept)));
    ASSERT_THAT(layers_->remove(id), IsOk());
    EXPECT_FALSE(layers_->has(id));
    EXPECT_THAT(layers_->load(id), FailsWith(ErrorCode::kNotFound, HasSubstr(id)));
    EXPECT_THAT(layers_->list(), IsOkAndHolds(ElementsAre(kept)));
}

TEST_F(LayerStoreTest, DiskSizeCountsEachInodeOnce) {
    const LayerId id = layer_by("head -c 5000 /dev/zero > a; ln a b; printf 123 > c");
    EXPECT_THAT(layers_->disk_size(id), IsOkAndHolds(5003U));
    LayerStore other(*store_, *blobs_, pool_);
    EXPECT_THAT(other.disk_size(id), IsOkAndHolds(5003U));
}

TEST_F(LayerStoreTest, ContentDigestsIgnoreTimesAndIdentity) {
    const LayerId a = layer_by("echo 1 > f; touch -d @1 f");
    const LayerId b = layer_by("echo 1 > f; touch -d @2 f");
    const LayerId c = layer_by("echo 2 > f");
    ASSERT_NE(a, b);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Digest of_a, layers_->content_digest({a, c}));
    EXPECT_THAT(layers_->content_digest({b, c}), IsOkAndHolds(of_a));
    EXPECT_THAT(layers_->content_digest({c, a}), IsOkAndHolds(::testing::Ne(of_a)));
}

TEST_F(LayerStoreTest, ChainsAreFoundWhileTheirLayersLive) {
    const LayerId a = layer_by("echo 1 > f");
    const LayerId b = layer_by("echo 2 > f");
    const Digest chain = Digest::of("chain");
    EXPECT_THAT(layers_->find_chain(chain), IsOkAndHolds(std::nullopt));
    ASSERT_THAT(layers_->remember_chain(chain, {a, b}), IsOk());
    EXPECT_THAT(layers_->find_chain(chain), IsOkAndHolds(Optional(ElementsAre(a, b))));
    ASSERT_THAT(layers_->remove(a), IsOk());
    EXPECT_THAT(layers_->find_chain(chain), IsOkAndHolds(std::nullopt));
}

TEST_F(LayerStoreTest, PruneForgetsChainsWithALayerThatGoes) {
    const LayerId a = layer_by("echo 1 > f");
    const LayerId b = layer_by("echo 2 > f");
    ASSERT_THAT(layers_->remember_chain(Digest::of("kept"), {a}), IsOk());
    ASSERT_THAT(layers_->remember_chain(Digest::of("gone"), {a, b}), IsOk());
    const auto keeps = [&](const LayerId& id) { return id != b; };
    const std::uint64_t size = a.size() + b.size() + 2;
    EXPECT_THAT(layers_->prune_chains(keeps, content::Prune::kCount), IsOkAndHolds(size));
    EXPECT_THAT(layers_->find_chain(Digest::of("gone")), IsOkAndHolds(Optional(ElementsAre(a, b))));
    EXPECT_THAT(layers_->prune_chains(keeps, content::Prune::kRemove), IsOkAndHolds(size));
    EXPECT_THAT(layers_->find_chain(Digest::of("gone")), IsOkAndHolds(std::nullopt));
    EXPECT_THAT(layers_->find_chain(Digest::of("kept")), IsOkAndHolds(Optional(ElementsAre(a))));
    EXPECT_THAT(layers_->prune_chains(keeps, content::Prune::kRemove), IsOkAndHolds(0U));
}

TEST_F(LayerStoreTest, MountsShowScratchOneLayerAndMany) {
    const LayerId a = layer_by("mkdir d; echo 1 > d/f");
    const LayerId b = layer_by("mkdir d; echo 2 > d/g");
    EXPECT_THAT(mounted({}), ::testing::SizeIs(1));
    EXPECT_EQ(mounted({a}), listing(view({a})));
    EXPECT_EQ(mounted({a, b}), listing(view({a, b})));
    const LayerId c = layer_on({a, b}, "rm d/f; rm -r d; mkdir d; echo 3 > d/f");
    const Snapshot twice = {a, b, c, a};
    EXPECT_EQ(mounted(twice), listing(view(twice)));
    EXPECT_EQ(view(twice).find("d/f")->entry->content, Digest::of("1\n"));
    const LayerId on_scratch = layer_on({}, "echo new > file");
    EXPECT_EQ(manifest(on_scratch).find("file")->content, Digest::of("new\n"));
}

TEST_F(LayerStoreTest, AWritableMountHasTheRootOfWhatIsBelow) {
    const LayerId a = layer_by("chmod 0711 .; chown 5:6 .");
    EXPECT_EQ(shell("stat -c '%a %u %g' .", store_->path("layers/" + a + "/diff")), "711 5 6\n");
    const LayerId b = layer_on({a}, "[ $(stat -c '%a-%u-%g' .) = 711-5-6 ]");
    EXPECT_EQ(manifest(b).root().mode & 07777, 0711U);
    EXPECT_EQ(manifest(b).root().uid, 5U);
}

TEST_F(LayerStoreTest, WhatAStepChangesIsItsLayer) {
    const LayerId base =
        layer_by("mkdir -p d/sub e; echo 1 > d/a; echo 2 > d/b; echo 3 > e/c; echo 4 > d/sub/x");
    const LayerId step = layer_on(
        {base}, "rm d/a; rm -r e; mkdir e; echo new > e/n; echo more >> d/b; mkdir fresh d/fresh");
    const Manifest& found = manifest(step);
    EXPECT_TRUE(found.find("d/a")->is_whiteout());
    EXPECT_FALSE(found.find("e")->opaque) << "what it hides has whiteouts";
    EXPECT_TRUE(found.find("e/c")->is_whiteout());
    EXPECT_EQ(found.find("d/b")->content, Digest::of("2\nmore\n"));
    EXPECT_EQ(found.find("d/sub"), nullptr);
    EXPECT_FALSE(found.find("d")->opaque);
    EXPECT_FALSE(found.find("fresh")->opaque) << "it hides nothing";
    EXPECT_FALSE(found.find("d/fresh")->opaque);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto layer, layers_->load(step));
    EXPECT_THAT(layer->root().xattrs(RelPath::in_root("fresh")),
                IsOkAndHolds(::testing::IsEmpty()));
    EXPECT_EQ(listing(view({base, step})), mounted({base, step}));
}

TEST_F(LayerStoreTest, ReplacedDirectoriesHideByName) {
    const LayerId base = layer_by("mkdir -p d/sub/deep d/same; touch d/a d/sub/x d/sub/deep/y");
    const LayerId step =
        layer_on({base}, "rm -r d; mkdir -p d/sub/deep d/same; touch d/sub/deep/z; touch -d @9 d");
    const Manifest& found = manifest(step);
    for (const char* hidden : {"d/a", "d/sub/x", "d/sub/deep/y"}) {
        ASSERT_NE(found.find(hidden), nullptr) << hidden;
        EXPECT_TRUE(found.find(hidden)->is_whiteout()) << hidden;
    }
    EXPECT_EQ(found.find("d/same"), nullptr) << "as it was";
    EXPECT_EQ(shell("stat -c %Y d", store_->path("layers/" + step + "/diff")), "9\n");
    EXPECT_EQ(listing(view({base, step})), mounted({base, step}));
}

TEST_F(LayerStoreTest, DirectoriesWithAnotherTimeOnlyAreNoChange) {
    const LayerId base = layer_by("mkdir -p a/b c e; echo 1 > a/f; touch -d @5 a/b a c e");
    const LayerId step =
        layer_on({base}, "touch a/b/x c/x; rm a/b/x c/x; echo 2 >> a/f; chmod 700 e; chmod 755 e");
    std::vector<std::string> paths;
    for (const Entry& entry : manifest(step).entries()) paths.push_back(entry.path);
    EXPECT_THAT(paths, ElementsAre("", "a", "a/f"));
    EXPECT_EQ(manifest(step).find("a")->mtime.seconds, 5);
    EXPECT_EQ(shell("find . | sort; stat -c %Y a", store_->path("layers/" + step + "/diff")),
              ".\n./a\n./a/f\n5\n");
}

TEST_F(LayerStoreTest, FilesThatAreAsTheyWereAreNoChange) {
    const LayerId base = layer_by(
        "mkdir -p a/b; echo 1 > a/b/owned; echo 2 > a/b/copied; echo 3 > a/b/changed; ln -s x "
        "a/b/link; "
        "touch -h -d @111 a/b/*");
    const LayerId top = layer_on({base},
                                 "chown 0:0 a/b/owned; cp -p a/b/copied a/b/new; mv a/b/new "
                                 "a/b/copied; echo 4 > a/b/changed; "
                                 "ln -sf x a/b/link; touch -h -d @111 a/b/*");
    std::vector<std::string> paths;
    for (const auto& entry : manifest(top).entries()) paths.push_back(entry.path);
    EXPECT_THAT(paths, ElementsAre("", "a", "a/b", "a/b/changed"));

    const LayerId nothing = layer_on({base}, "chown -R 0:0 a");
    EXPECT_EQ(manifest(nothing).entries().size(), 1U);
}

TEST_F(LayerStoreTest, NamesOfOneLinkOrNodeAreKnown) {
    const LayerId step = layer_on({}, "ln -s x a; ln a b; mkfifo p; ln p q; ln -s x other");
    const Manifest& found = manifest(step);
    EXPECT_NE(found.find("a")->hardlink, 0U);
    EXPECT_EQ(found.find("a")->hardlink, found.find("b")->hardlink);
    EXPECT_EQ(found.find("p")->hardlink, found.find("q")->hardlink);
    EXPECT_EQ(found.find("other")->hardlink, 0U);
}

TEST_F(LayerStoreTest, ForgedOpaqueMarksOfUsersDoNotCount) {
    const LayerId base = layer_by("mkdir d; echo 1 > d/a");
    auto draft = layers_->begin();
    ASSERT_THAT(draft, IsOk());
    shell("mkdir d", draft->diff().host_path());
    ASSERT_THAT(draft->diff().set_xattr(RelPath::in_root("d"), "user.overlay.opaque", "y"), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const LayerId forged, layers_->commit(std::move(*draft)));
    EXPECT_FALSE(manifest(forged).find("d")->opaque);
    EXPECT_TRUE(manifest(forged).find("d")->xattrs.empty());
    EXPECT_EQ(listing(view({base, forged})), mounted({base, forged}));
}

/// Random changes, layer upon layer: our view must show what the kernel shows.
TEST_F(LayerStoreTest, ViewsShowWhatOverlayfsShows) {
    const std::string change = "bash " SLIPWAY_TEST_DATA "/random_changes.sh ";
    for (int round = 0; round < 3; ++round) {
        Snapshot snapshot = {
            layer_by("mkdir -p d0/e0 d1/e1 d2/e2; echo base > d1/e1/f0; echo b > d0/e0/f1")};
        for (int i = 0; i < 3; ++i) {
            snapshot.push_back(layer_on(snapshot, change + std::to_string(round * 10 + i + 1)));
            ASSERT_EQ(listing(view(snapshot)), mounted(snapshot))
                << "round " << round << ", layer " << i;
        }
    }
}

}  // namespace
}  // namespace slipway::snapshot
