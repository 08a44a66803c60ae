#include "source/internal/root_tar.h"

#include "support/result_matchers.h"
#include "support/test_image.h"

namespace slipway::source {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::must;

constexpr std::int64_t kPackages = 1'700'000'000;  // when the newest package was built
constexpr std::int64_t kDay = 86'400;

struct RootEntry {
    archive::TarEntry entry;
    std::string data;
};

archive::TarEntry file(const std::string& path, std::int64_t time) {
    return {.path = path, .mtime_seconds = time};
}

/// A root as mmdebstrap writes it, made by a run on the given day.
std::string root_of(std::int64_t run, const std::string& host) {
    const archive::TarEntry dir{.path = "./etc/",
                                .type = archive::EntryType::kDirectory,
                                .mode = 0755,
                                .mtime_seconds = run + 5};
    archive::TarEntry device{
        .path = "./dev/null", .type = archive::EntryType::kCharDevice, .mtime_seconds = run};
    device.device_major = 1;
    device.device_minor = 3;
    archive::TarEntry link{.path = "./usr/bin/perl5",
                           .type = archive::EntryType::kHardlink,
                           .mtime_seconds = kPackages - 7};
    link.link_target = "./usr/bin/perl";
    const std::string day = std::to_string(run / kDay);
    const std::vector<RootEntry> entries = {
        {{.path = "./", .type = archive::EntryType::kDirectory, .mode = 0755, .mtime_seconds = run},
         ""},
        {device, ""},
        {dir, ""},
        {file("./etc/apt/sources.list", run + 1), "deb http://" + host + "/ bookworm main\n"},
        {file("./etc/hostname", run + 1), host},
        {file("./etc/machine-id", run + 1), host},
        {file("./etc/passwd", run + 1), "root:x:0:0:root:/root:/bin/bash\n"},
        {file("./etc/passwd-", run + 1), "older"},
        {file("./etc/shadow", run + 1), "root:*:" + day + ":0:99999:7:::\nold:*:100:0::::\n"},
        {file("./usr/bin/bash", kPackages), "bash"},
        {file("./usr/bin/perl", kPackages - 7), "perl"},
        {link, ""},
        {file("./usr/share/keyrings/debian-archive-keyring.gpg", kPackages - 9), "keys"},
        {file("./var/cache/debconf/config.dat", run + 2), "answers"},
        {file("./var/cache/debconf/config.dat-old", run + 2), day},
        {file("./var/cache/ldconfig/aux-cache", run + 2), day},
        {file("./var/lib/apt/lists/release", run - 100), day},
        {file("./var/log/dpkg.log", run + 2), day},
        {file("./var/log/wtmp", run + 2), ""},
    };
    StringWriter text;
    auto tar = must(archive::TarWriter::open(text));
    for (const auto& [entry, data] : entries)
        must(entry.type == archive::EntryType::kRegular ? tar.add_file(entry, data)
                                                        : tar.add(entry));
    must(tar.finish());
    return text.text();
}

RootFacts scan(const std::string& root, std::int64_t run) {
    MemoryReader source(root);
    auto tar = must(archive::TarReader::open(source));
    return must(scan_root(tar, run));
}

std::string rewrite(const std::string& root, const RootChanges& changes) {
    MemoryReader source(root);
    auto in = must(archive::TarReader::open(source));
    StringWriter text;
    auto out = must(archive::TarWriter::open(text));
    must(rewrite_root(in, out, changes));
    return text.text();
}

std::vector<RootEntry> read_all(const std::string& text) {
    MemoryReader source(text);
    auto tar = must(archive::TarReader::open(source));
    std::vector<RootEntry> entries;
    while (auto entry = must(tar.next())) {
        std::string data(entry->size, '\0');
        if (!data.empty()) must(tar.read(std::as_writable_bytes(std::span(data))));
        entries.push_back({*entry, data});
    }
    return entries;
}

TEST(ScanRoot, TakesTheNewestTimeThatIsNotOfTheRun) {
    const std::int64_t run = kPackages + 50 * kDay;
    const RootFacts facts = scan(root_of(run, "one"), run);
    EXPECT_EQ(facts.newest_shipped, kPackages)
        << "neither of the run, nor of a file that is left out";
    EXPECT_TRUE(facts.has_bash);
    EXPECT_THAT(facts.keyrings, ElementsAre("/usr/share/keyrings/debian-archive-keyring.gpg"));
}

TEST(RewriteRoot, IsTheSameOnAnyDayAndMachine) {
    const std::int64_t monday = kPackages + 50 * kDay;
    const std::int64_t later = kPackages + 93 * kDay + 4711;
    const RootChanges changes{.epoch = kPackages,
                              .sources_list = "deb http://mirror.example/ bookworm main\n"};
    const std::string one = rewrite(root_of(monday, "one"), changes);
    const std::string two = rewrite(root_of(later, "another-host"), changes);
    EXPECT_EQ(Digest::of(one), Digest::of(two));
}

TEST(RewriteRoot, KeepsWhatPackagesMade) {
    const auto entries = read_all(rewrite(root_of(kPackages + 50 * kDay, "one"),
                                          {.epoch = kPackages, .sources_list = "the list\n"}));
    std::map<std::string, RootEntry> by_path;
    std::vector<std::string> paths;
    for (const auto& entry : entries) {
        std::string path = entry.entry.path;
        if (path.ends_with('/')) path.pop_back();
        paths.push_back(path);
        by_path[path] = entry;
        EXPECT_LE(entry.entry.mtime_seconds, kPackages) << path;
    }
    EXPECT_THAT(paths, ElementsAre("etc", "etc/apt/sources.list", "etc/machine-id", "etc/passwd",
                                   "etc/shadow", "usr/bin/bash", "usr/bin/perl", "usr/bin/perl5",
                                   "usr/share/keyrings/debian-archive-keyring.gpg",
                                   "var/cache/debconf/config.dat", "var/log/wtmp"));
    EXPECT_EQ(by_path["etc/machine-id"].data, "");
    EXPECT_EQ(by_path["etc/apt/sources.list"].data, "the list\n");
    EXPECT_EQ(by_path["etc/shadow"].data,
              fmt::format("root:*:{}:0:99999:7:::\nold:*:100:0::::\n", kPackages / kDay));
    EXPECT_EQ(by_path["usr/bin/perl5"].entry.link_target, "usr/bin/perl");
    EXPECT_EQ(by_path["usr/bin/perl"].entry.mtime_seconds, kPackages - 7);
    EXPECT_EQ(by_path["usr/bin/perl"].data, "perl");
}

TEST(RewriteRoot, RefusesNamesOutsideTheRoot) {
    const std::string hostile = testing::make_tar({{"../../etc/cron.d/x", "bad"}});
    MemoryReader source(hostile);
    auto in = must(archive::TarReader::open(source));
    StringWriter text;
    auto out = must(archive::TarWriter::open(text));
    EXPECT_THAT(rewrite_root(in, out, {}),
                testing::FailsWith(ErrorCode::kInvalidInput,
                                   HasSubstr("'../../etc/cron.d/x' leaves its root")));
}

}  // namespace
}  // namespace slipway::source
