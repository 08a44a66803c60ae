#include "exporter/internal/files.h"

#include "archive/tar.h"
#include "exporter/fixtures.h"

#include <gmock/gmock.h>

#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace slipway::exporter {
namespace {

using slipway::testing::ExportTest;
using slipway::testing::FailsWith;
using slipway::testing::FakeTree;
using slipway::testing::IsOk;
using slipway::testing::IsOkAndHolds;
using snapshot::Entry;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr os::Timestamp kOld{.seconds = 1'600'000'000, .nanoseconds = 5};

Entry entry(std::string path, std::uint32_t mode) {
    Entry made;
    made.path = std::move(path);
    made.mode = mode;
    made.mtime = kOld;
    return made;
}

class Files : public ExportTest {
  protected:
    void SetUp() override {
        ExportTest::SetUp();
        lower_ = folder("lower");
        upper_ = folder("upper");
    }

    os::Dir folder(const std::string& name) const {
        auto dir = os::Dir::create(path(name));
        EXPECT_THAT(dir, IsOk());
        return *std::move(dir);
    }

    Entry file(const std::string& tree, const std::string& name, std::string_view data,
               std::uint32_t mode = 0644) const {
        const std::string full = path(tree + "/" + name);
        EXPECT_THAT(os::make_dirs(full.substr(0, full.rfind('/'))), IsOk());
        EXPECT_THAT(os::write_file(full, data), IsOk());
        Entry made = entry(name, S_IFREG | mode);
        made.size = data.size();
        return made;
    }

    /// etc/{conf,link}, a read-only folder, two names of one file, a whiteout, a device.
    snapshot::View view() {
        std::vector<Entry> below = {
            entry("etc", S_IFDIR | 0755),      file("lower", "etc/conf", "old"),
            file("lower", "etc/gone", "gone"), entry("dev", S_IFDIR | 0755),
            entry("dev/null", S_IFCHR | 0666), entry("dev/socket", S_IFSOCK | 0600)};
        below[4].rdev = makedev(1, 3);
        std::vector<Entry> above = {entry("etc", S_IFDIR | 0750),
                                    entry("etc/gone", S_IFCHR),
                                    file("upper", "etc/conf", "new", 04755),
                                    entry("etc/link", S_IFLNK | 0777),
                                    entry("ro", S_IFDIR | 0555),
                                    file("upper", "ro/one", "linked"),
                                    file("upper", "ro/two", "linked")};
        above[2].uid = 1000;
        above[2].gid = 7;
        above[2].xattrs = {{"security.capability", "cap"}};
        above[3].link_target = "/etc/conf";
        above[5].hardlink = above[6].hardlink = 1;
        return snapshot::View({std::make_shared<FakeTree>(std::move(upper_), std::move(above)),
                               std::make_shared<FakeTree>(std::move(lower_), std::move(below))});
    }

    os::Dir lower_;
    os::Dir upper_;
};

struct TarLine {
    archive::TarEntry entry;
    std::string data;
};

std::vector<TarLine> read_tar(std::string_view text) {
    std::vector<TarLine> lines;
    MemoryReader source(text);
    auto tar = archive::TarReader::open(source);
    EXPECT_THAT(tar, IsOk());
    while (true) {
        auto next = tar->next();
        EXPECT_THAT(next, IsOk());
        if (!next || !*next) return lines;
        TarLine& line = lines.emplace_back();
        line.entry = **next;
        line.data.resize(line.entry.size);
        if (!line.data.empty()) {
            EXPECT_THAT(tar->read(std::as_writable_bytes(std::span(line.data))),
                        IsOkAndHolds(line.data.size()));
        }
    }
}

TEST_F(Files, TarHoldsWhatTheSnapshotShows) {
    StringWriter out;
    ASSERT_THAT(write_files_tar(view(), std::nullopt, out, {}), IsOk());
    const auto lines = read_tar(out.text());
    std::vector<std::string> names;
    for (const auto& line : lines) names.push_back(line.entry.path);
    ASSERT_THAT(names, ElementsAre("dev/", "dev/null", "etc/", "etc/conf", "etc/link", "ro/",
                                   "ro/one", "ro/two"));
    EXPECT_EQ(lines[1].entry.type, archive::EntryType::kCharDevice);
    EXPECT_EQ(lines[1].entry.device_minor, 3U);
    EXPECT_EQ(lines[2].entry.mode, 0750U);
    EXPECT_EQ(lines[3].entry.mode, 04755U);
    EXPECT_EQ(lines[3].entry.uid, 1000U);
    EXPECT_EQ(lines[3].entry.gid, 7U);
    EXPECT_EQ(lines[3].entry.mtime_seconds, kOld.seconds);
    EXPECT_EQ(lines[3].entry.xattrs.at("security.capability"), "cap");
    EXPECT_EQ(lines[3].data, "new");
    EXPECT_EQ(lines[4].entry.link_target, "/etc/conf");
    EXPECT_EQ(lines[6].data, "linked");
    EXPECT_EQ(lines[7].entry.type, archive::EntryType::kHardlink);
    EXPECT_EQ(lines[7].entry.link_target, "ro/one");
}

TEST_F(Files, TarTakesTheEpochForAllTimes) {
    StringWriter out;
    ASSERT_THAT(write_files_tar(view(), 42, out, {}), IsOk());
    for (const auto& line : read_tar(out.text())) EXPECT_EQ(line.entry.mtime_seconds, 42);
}

TEST_F(Files, StopWhenAsked) {
    std::stop_source stop;
    stop.request_stop();
    StringWriter out;
    const auto shown = view();
    EXPECT_THAT(write_files_tar(shown, std::nullopt, out, stop.get_token()),
                FailsWith(ErrorCode::kCancelled, HasSubstr("stopped")));
    EXPECT_THAT(write_files_folder(shown, std::nullopt, path("out"), pool_, stop.get_token()),
                FailsWith(ErrorCode::kCancelled, HasSubstr("stopped")));
    EXPECT_FALSE(os::path_exists(path("out")));
    EXPECT_THAT(names_in("."), ElementsAre("lower", "store", "upper"));
}

class Folder : public Files {
  protected:
    /// Without the device, which only root can make.
    Result<void> write(const std::string& name, std::optional<std::int64_t> epoch = std::nullopt) {
        if (!shown_) shown_ = view();
        return write_files_folder(*shown_, epoch, path(name), pool_, {});
    }

    void SetUp() override {
        Files::SetUp();
        if (::geteuid() != 0) GTEST_SKIP() << "only root can make the device of the tree";
    }

    std::optional<snapshot::View> shown_;
};

TEST_F(Folder, HoldsWhatTheSnapshotShows) {
    ASSERT_THAT(write("out"), IsOk());
    EXPECT_THAT(names_in("out"), ElementsAre("dev", "etc", "ro"));
    EXPECT_THAT(names_in("out/dev"), ElementsAre("null"));
    EXPECT_THAT(names_in("out/etc"), ElementsAre("conf", "link"));
    EXPECT_EQ(text_of("out/etc/conf"), "new");
    const auto conf = stat("out/etc/conf");
    EXPECT_EQ(conf.mode & 07777U, 04755U);
    EXPECT_EQ(conf.uid, ::geteuid());
    EXPECT_EQ(conf.mtime, kOld);
    EXPECT_EQ(stat("out/etc").mode & 07777U, 0750U);
    EXPECT_EQ(stat("out/etc").mtime, kOld);
    EXPECT_EQ(stat("out/ro").mode & 07777U, 0555U);
    EXPECT_EQ(stat("out/ro/one").inode, stat("out/ro/two").inode);
    EXPECT_EQ(stat("out/dev/null").rdev, makedev(1, 3));
    EXPECT_TRUE(stat("out/etc/link").is_symlink());
    EXPECT_EQ(stat("out").mode & 07777U, 0755U);
    EXPECT_THAT(names_in("."), ElementsAre("lower", "out", "store", "upper"));
}

TEST_F(Folder, TakesTheEpochForAllTimes) {
    ASSERT_THAT(write("out", 42), IsOk());
    for (const char* name : {"out/etc", "out/etc/conf", "out/etc/link", "out/ro/two"}) {
        EXPECT_EQ(stat(name).mtime, (os::Timestamp{.seconds = 42, .nanoseconds = 0})) << name;
    }
}

TEST_F(Folder, IsMadeWithItsParents) {
    ASSERT_THAT(write("a/b/out"), IsOk());
    EXPECT_EQ(text_of("a/b/out/etc/conf"), "new");
}

TEST_F(Folder, KeepsWhatIsThereAndReplacesWhatItHas) {
    ASSERT_THAT(os::make_dirs(path("out/etc/link")), IsOk());  // a directory where a link will be
    ASSERT_THAT(os::write_file(path("out/etc/link/x"), "x"), IsOk());
    ASSERT_THAT(os::write_file(path("out/etc/conf"), "mine"), IsOk());
    ASSERT_THAT(os::write_file(path("out/etc/own"), "mine"), IsOk());
    ASSERT_THAT(os::write_file(path("out/ro"), "a file where a directory will be"), IsOk());
    ASSERT_THAT(write("out"), IsOk());
    EXPECT_EQ(text_of("out/etc/own"), "mine");
    EXPECT_EQ(text_of("out/etc/conf"), "new");
    EXPECT_TRUE(stat("out/etc/link").is_symlink());
    EXPECT_EQ(text_of("out/ro/two"), "linked");
    ASSERT_THAT(write("out"), IsOk());
    EXPECT_EQ(text_of("out/ro/two"), "linked");
    EXPECT_THAT(names_in("out/etc"), ElementsAre("conf", "link", "own"));
}

TEST_F(Folder, NeverFollowsLinksThatStandInIt) {
    ASSERT_THAT(os::make_dirs(path("victim")), IsOk());
    ASSERT_THAT(os::write_file(path("victim/conf"), "precious"), IsOk());
    ASSERT_THAT(os::make_dirs(path("out")), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto out, os::Dir::open(path("out")));
    ASSERT_THAT(out.make_symlink("../victim", *RelPath::parse("etc")), IsOk());
    ASSERT_THAT(write("out"), IsOk());
    EXPECT_EQ(text_of("victim/conf"), "precious");
    EXPECT_THAT(names_in("victim"), ElementsAre("conf"));
    EXPECT_EQ(text_of("out/etc/conf"), "new");
}

}  // namespace
}  // namespace slipway::exporter
