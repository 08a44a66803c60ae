#include "snapshot/manifest.h"

#include "snapshot/memory_tree.h"
#include "support/result_matchers.h"

#include <algorithm>
#include <random>

namespace slipway::snapshot {
namespace {

using ::slipway::testing::FailsWith;
using testing::dir;
using ::testing::ElementsAre;
using testing::file;
using ::testing::HasSubstr;
using testing::opaque_dir;
using testing::symlink;

std::vector<std::string> paths(const Manifest& manifest) {
    std::vector<std::string> found;
    for (const auto& entry : manifest.entries()) found.push_back(entry.path);
    return found;
}

Manifest sample() {
    Entry special = file("bin/tool", "binary", 04755);
    special.uid = 1000;
    special.gid = 70000;
    special.mtime = {-5, 999999999};
    special.xattrs = {{"security.capability", std::string("\x01\0\0\x02", 4)}, {"user.note", "x"}};
    Entry first = file("a", "same");
    Entry second = file("b/c", "same");
    first.hardlink = second.hardlink = 77;
    Entry node;
    node.path = "dev/null";
    node.mode = S_IFCHR | 0666;
    node.rdev = 0x103;
    return Manifest::from_entries({special, first, second, node, opaque_dir("var/cache"),
                                   symlink("link", "../b"), dir("bin"), testing::whiteout("gone")});
}

TEST(PathLess, KeepsWhatIsBelowADirectoryRightBehindIt) {
    std::vector<std::string> names = {"a-b", "a/c", "a", "a/b/z", "a/b", "", "a.b", "a/b-c", "b"};
    std::sort(names.begin(), names.end(), path_less);
    EXPECT_THAT(names, ElementsAre("", "a", "a/b", "a/b/z", "a/b-c", "a/c", "a-b", "a.b", "b"));
}

TEST(PathLess, ComparesBytesNotSignedCharacters) {
    EXPECT_TRUE(path_less("a", "\xc3\xa4"));
    EXPECT_FALSE(path_less("\xc3\xa4", "a"));
    EXPECT_TRUE(path_less("common/long/prefix/of/more/than/eight/a",
                          "common/long/prefix/of/more/than/eight/b"));
}

TEST(Manifest, HasARootAndEveryParent) {
    const Manifest manifest =
        Manifest::from_entries({file("usr/lib/x"), file("usr/lib64/y"), file("usr/lib/z/q")});
    EXPECT_THAT(paths(manifest), ElementsAre("", "usr", "usr/lib", "usr/lib/x", "usr/lib/z",
                                             "usr/lib/z/q", "usr/lib64", "usr/lib64/y"));
    EXPECT_EQ(manifest.root().mode, static_cast<unsigned>(S_IFDIR | 0755));
    EXPECT_THAT(paths(Manifest()), ElementsAre(""));
}

TEST(Manifest, TheLastOfEqualPathsCounts) {
    const Manifest manifest =
        Manifest::from_entries({file("x", "1"), dir("a"), file("x", "2"), file("x", "3")});
    ASSERT_NE(manifest.find("x"), nullptr);
    EXPECT_EQ(manifest.find("x")->content, Digest::of("3"));
    EXPECT_EQ(manifest.entries().size(), 3U);
}

TEST(Manifest, FindsPathsAndChildren) {
    const Manifest manifest = sample();
    EXPECT_EQ(manifest.find("nothing"), nullptr);
    EXPECT_EQ(manifest.find("bin/"), nullptr);
    ASSERT_NE(manifest.find("bin"), nullptr);
    EXPECT_EQ(manifest.find_child(*manifest.find("bin"), "tool"), manifest.find("bin/tool"));
    EXPECT_EQ(manifest.find_child(manifest.root(), "link"), manifest.find("link"));
    EXPECT_EQ(manifest.find_child(manifest.root(), "tool"), nullptr);
    EXPECT_EQ(manifest.find_child(*manifest.find("bin"), "z"), nullptr);
}

TEST(Manifest, KnowsWhereSubtreesEnd) {
    const Manifest manifest =
        Manifest::from_entries({file("a/b/c"), file("a/d"), file("a-b"), file("z")});
    const auto after = [&](std::string_view path) {
        const std::size_t end = manifest.end_of_subtree(manifest.index_of(*manifest.find(path)));
        return end == manifest.entries().size() ? std::string("end") : manifest.entries()[end].path;
    };
    EXPECT_EQ(after(""), "end");
    EXPECT_EQ(after("a"), "a-b");
    EXPECT_EQ(after("a/b"), "a/d");
    EXPECT_EQ(after("a/d"), "a-b");
    EXPECT_EQ(after("z"), "end");
}

TEST(Manifest, NumbersHardLinksInOrderAndForgetsSingleNames) {
    Entry z = file("z", "1");
    Entry b = file("b", "1");
    Entry a = file("a", "2");
    Entry y = file("y", "2");
    Entry alone = file("c", "3");
    z.hardlink = b.hardlink = 9;
    a.hardlink = y.hardlink = 4;
    alone.hardlink = 12;
    const Manifest manifest = Manifest::from_entries({z, b, a, y, alone});
    EXPECT_EQ(manifest.find("a")->hardlink, 1U);
    EXPECT_EQ(manifest.find("y")->hardlink, 1U);
    EXPECT_EQ(manifest.find("b")->hardlink, 2U);
    EXPECT_EQ(manifest.find("c")->hardlink, 0U);
    EXPECT_EQ(manifest.total_size(), 3U);
}

TEST(Manifest, SurvivesSerialization) {
    const Manifest before = sample();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Manifest after, Manifest::parse(before.serialize()));
    ASSERT_EQ(paths(after), paths(before));
    for (std::size_t i = 0; i < after.entries().size(); ++i) {
        const Entry& a = after.entries()[i];
        const Entry& b = before.entries()[i];
        EXPECT_EQ(a.mode, b.mode) << b.path;
        EXPECT_EQ(a.uid, b.uid) << b.path;
        EXPECT_EQ(a.gid, b.gid) << b.path;
        EXPECT_EQ(a.size, b.size) << b.path;
        EXPECT_EQ(a.rdev, b.rdev) << b.path;
        EXPECT_EQ(a.mtime, b.mtime) << b.path;
        EXPECT_EQ(a.link_target, b.link_target) << b.path;
        EXPECT_EQ(a.xattrs, b.xattrs) << b.path;
        EXPECT_EQ(a.opaque, b.opaque) << b.path;
        EXPECT_EQ(a.hardlink, b.hardlink) << b.path;
        EXPECT_EQ(a.content, b.content) << b.path;
        EXPECT_EQ(after.end_of_subtree(i), before.end_of_subtree(i)) << b.path;
    }
    EXPECT_EQ(after.content_digest(), before.content_digest());
    EXPECT_EQ(after.serialize(), before.serialize());
}

TEST(Manifest, TellsItsSummaryFromTheFrontAlone) {
    const Manifest manifest = sample();
    const std::string stored = manifest.serialize();
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const ManifestSummary summary,
        Manifest::summarize(std::string_view(stored).substr(0, Manifest::kSummarySize)));
    EXPECT_EQ(summary.entries, manifest.entries().size());
    EXPECT_EQ(summary.total_size, manifest.total_size());
    EXPECT_EQ(summary.content_digest, manifest.content_digest());
}

TEST(Manifest, RefusesEveryChangedByteAndEveryCut) {
    const std::string stored = sample().serialize();
    for (std::size_t i = 0; i < stored.size(); ++i) {
        std::string changed = stored;
        changed[i] = static_cast<char>(changed[i] ^ 0x20);
        EXPECT_THAT(Manifest::parse(changed),
                    FailsWith(ErrorCode::kCorrupt, HasSubstr("layer manifest")))
            << "byte " << i;
        EXPECT_THAT(Manifest::parse(std::string_view(stored).substr(0, i)),
                    FailsWith(ErrorCode::kCorrupt, HasSubstr("layer manifest")))
            << "size " << i;
    }
}

/// The digest at the end is no protection against who computes it anew.
std::string resealed(std::string data) {
    data.resize(data.size() - Digest::kBytes);
    const Digest digest = Digest::of(data);
    data.append(reinterpret_cast<const char*>(digest.bytes().data()), Digest::kBytes);
    return data;
}

TEST(Manifest, ReadsNothingOutsideWhenABrokenOneIsResealed) {
    const std::string stored = sample().serialize();
    std::mt19937 random(7);
    for (int round = 0; round < 3000; ++round) {
        std::string changed = stored;
        for (int n = 0; n < 3; ++n) {
            changed[Manifest::kSummarySize - 48 + random() % (stored.size() - 8 - Digest::kBytes)] =
                static_cast<char>(random());
        }
        const auto parsed = Manifest::parse(resealed(changed));
        if (!parsed) {
            EXPECT_EQ(parsed.error().code(), ErrorCode::kCorrupt);
            continue;
        }
        EXPECT_TRUE(std::is_sorted(
            parsed->entries().begin(), parsed->entries().end(),
            [](const Entry& a, const Entry& b) { return path_less(a.path, b.path); }));
    }
}

TEST(ContentDigest, IgnoresTimesOnly) {
    const auto digest_with = [](auto change) {
        Entry entry = file("f", "data");
        entry.xattrs = {{"user.a", "1"}};
        change(entry);
        return Manifest::from_entries({entry}).content_digest();
    };
    const Digest plain = digest_with([](Entry&) {});
    EXPECT_EQ(digest_with([](Entry& e) { e.mtime = {12345, 6}; }), plain);
    EXPECT_EQ(digest_with([](Entry& e) { e.xattrs["system.posix_acl_access"] = "1"; }), plain);
    EXPECT_EQ(digest_with([](Entry& e) { e.xattrs["security.selinux"] = "1"; }), plain);
    EXPECT_NE(digest_with([](Entry& e) { e.xattrs["security.capability"] = "1"; }), plain);
    EXPECT_NE(digest_with([](Entry& e) { e.xattrs["user.a"] = "2"; }), plain);
    EXPECT_NE(digest_with([](Entry& e) { e.mode ^= 0100; }), plain);
    EXPECT_NE(digest_with([](Entry& e) { e.uid = 1; }), plain);
    EXPECT_NE(digest_with([](Entry& e) { e.gid = 1; }), plain);
    EXPECT_NE(digest_with([](Entry& e) { e.path = "g"; }), plain);
    EXPECT_NE(digest_with([](Entry& e) { e.content = Digest::of("tada"); }), plain);
}

TEST(ContentDigest, SeesOpaqueDirectoriesAndHardLinks) {
    EXPECT_NE(Manifest::from_entries({dir("d")}).content_digest(),
              Manifest::from_entries({opaque_dir("d")}).content_digest());
    Entry a = file("a", "1");
    Entry b = file("b", "1");
    const Digest apart = Manifest::from_entries({a, b}).content_digest();
    a.hardlink = b.hardlink = 3;
    EXPECT_NE(Manifest::from_entries({a, b}).content_digest(), apart);
}

}  // namespace
}  // namespace slipway::snapshot
