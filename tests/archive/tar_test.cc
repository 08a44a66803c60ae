#include "archive/tar.h"

#include "archive/compress.h"
#include "archive/streams.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>

#include <clocale>

namespace slipway::archive {
namespace {

using namespace std::string_literals;
using slipway::testing::FailingReader;
using slipway::testing::FailsWith;
using slipway::testing::FullWriter;
using slipway::testing::IsOk;
using slipway::testing::IsOkAndHolds;
using slipway::testing::random_bytes;
using slipway::testing::SlowReader;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;

struct Member {
    TarEntry entry;
    std::string data;
};

std::string write_tar(const std::vector<Member>& members) {
    StringWriter sink;
    auto tar = TarWriter::open(sink);
    EXPECT_THAT(tar, IsOk());
    for (const auto& [entry, data] : members) {
        EXPECT_THAT(tar->add_file(entry, data), IsOk()) << entry.path;
    }
    EXPECT_THAT(tar->finish(), IsOk());
    return sink.text();
}

Result<std::vector<Member>> read_tar(Reader& source, Decompress decompress = Decompress::kNone) {
    SLIPWAY_ASSIGN(auto tar, TarReader::open(source, decompress));
    std::vector<Member> members;
    while (true) {
        SLIPWAY_ASSIGN(auto entry, tar.next());
        if (!entry) return members;
        Member& member = members.emplace_back();
        member.entry = *std::move(entry);
        std::vector<std::byte> buffer(1000);
        while (true) {
            SLIPWAY_ASSIGN(const std::size_t size, tar.read(buffer));
            if (size == 0) break;
            member.data.append(reinterpret_cast<const char*>(buffer.data()), size);
        }
    }
}

Result<std::vector<Member>> read_tar(std::string_view tar) {
    MemoryReader source(tar);
    return read_tar(source);
}

TarEntry file(std::string path) {
    return {.path = std::move(path), .mode = 0644, .mtime_seconds = 1'700'000'000};
}

/// One of everything, with values at the edges of the format.
std::vector<Member> zoo() {
    std::vector<Member> members;
    members.push_back({file("plain"), "hello"});
    members.push_back({file("empty"), ""});
    TarEntry dir = file("dir/");
    dir.type = EntryType::kDirectory;
    dir.mode = 01777;
    members.push_back({dir, ""});
    TarEntry setuid = file("dir/setuid");
    setuid.mode = 04755;
    setuid.uid = 1000;
    setuid.gid = 4'000'000'000;
    members.push_back({setuid, random_bytes(5000)});
    TarEntry link = file("link");
    link.type = EntryType::kSymlink;
    link.mode = 0777;
    link.link_target = "../" + std::string(150, 'x') + "/target";
    members.push_back({link, ""});
    TarEntry hard = file("hard");
    hard.type = EntryType::kHardlink;
    hard.link_target = "dir/setuid";
    members.push_back({hard, ""});
    TarEntry device = file("null");
    device.type = EntryType::kCharDevice;
    device.device_major = 1;
    device.device_minor = 3;
    members.push_back({device, ""});
    TarEntry block = file("vda");
    block.type = EntryType::kBlockDevice;
    block.device_major = 254;
    block.device_minor = 1'000'000;
    members.push_back({block, ""});
    TarEntry fifo = file("fifo");
    fifo.type = EntryType::kFifo;
    members.push_back({fifo, ""});
    TarEntry capable = file("ping");
    capable.xattrs = {{"security.capability", "\1\0\0\2\0\x20\0\0=\n%\xff"s}, {"user.empty", ""}};
    members.push_back({capable, "elf"});
    TarEntry timed = file("timed");
    timed.mtime_seconds = -5;
    members.push_back({timed, ""});
    members.push_back({file(std::string(90, 'a') + "/" + std::string(90, 'b')), "fits ustar"});
    members.push_back({file(std::string(120, 'c') + "/" + std::string(240, 'd')), "needs pax"});
    members.push_back({file("gr\xc3\xbc\xc3\x9f-\xe4\xb8\xad.txt"), "UTF-8"});
    members.push_back({file("e\xcc\x81"), "decomposed UTF-8 stays decomposed"});
    members.push_back({file("latin-\xe9\xff"), "not UTF-8"});
    TarEntry binary_link = link;
    binary_link.path = "link2";
    binary_link.link_target = "to-\xe9";
    members.push_back({binary_link, ""});
    return members;
}

void expect_equal(const std::vector<Member>& actual, const std::vector<Member>& expected) {
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const auto& [a, a_data] = actual[i];
        const auto& [e, e_data] = expected[i];
        SCOPED_TRACE(e.path);
        EXPECT_EQ(a.path, e.path);
        EXPECT_EQ(a.type, e.type);
        EXPECT_EQ(a.mode, e.mode);
        EXPECT_EQ(a.uid, e.uid);
        EXPECT_EQ(a.gid, e.gid);
        EXPECT_EQ(a.size, e_data.size());
        EXPECT_EQ(a.mtime_seconds, e.mtime_seconds);
        EXPECT_EQ(a.mtime_nanoseconds, e.mtime_nanoseconds);
        EXPECT_EQ(a.link_target, e.link_target);
        EXPECT_EQ(a.device_major, e.device_major);
        EXPECT_EQ(a.device_minor, e.device_minor);
        EXPECT_EQ(a.xattrs, e.xattrs);
        EXPECT_EQ(a_data, e_data);
    }
}

TEST(Tar, ComesBackWhole) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto members, read_tar(write_tar(zoo())));
    expect_equal(members, zoo());
}

TEST(Tar, ComesBackWholeInAnyLocale) {
    for (const char* locale : {"C", "C.UTF-8"}) {
        if (std::setlocale(LC_CTYPE, locale) == nullptr) continue;
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto members, read_tar(write_tar(zoo())));
        expect_equal(members, zoo());
        EXPECT_STREQ(std::setlocale(LC_CTYPE, nullptr), locale);
    }
    std::setlocale(LC_CTYPE, "C");
}

TEST(Tar, IsTheSameForTheSameEntries) {
    EXPECT_EQ(write_tar(zoo()), write_tar(zoo()));
}

TEST(Tar, UsesPlainUstarWhereItCan) {
    TarEntry entry = file(std::string(90, 'a') + "/" + std::string(90, 'b'));
    entry.uid = 200'000;
    const std::string tar = write_tar({{entry, "x"}});
    EXPECT_EQ(tar.size(),
              512U * 4);  // header, data, two blocks of zeros: no pax record, no padding
    EXPECT_EQ(tar.substr(257, 8), "ustar\00000"s);
    EXPECT_EQ(tar[156], '0');
    EXPECT_EQ(tar.substr(265, 64), std::string(64, '\0'));  // no user or group name
}

TEST(Tar, PaxRecordsHoldOnlyWhatIsNeeded) {
    const auto records = [](TarEntry entry) {
        const std::string tar = write_tar({{std::move(entry), ""}});
        return tar[156] == 'x' ? std::string(tar.substr(512, 512).c_str()) : std::string("none");
    };
    EXPECT_EQ(records(file("a")), "none");
    EXPECT_EQ(records(file("gr\xc3\xbc")), "13 path=gr\xc3\xbc\n");
    TarEntry capable = file("ping");
    capable.xattrs = {{"security.capability", "value"}};
    EXPECT_EQ(records(capable), "42 SCHILY.xattr.security.capability=value\n");
    EXPECT_EQ(records(file("e\xcc\x81")), "12 path=e\xcc\x81\n");
    TarEntry precise = file("a");
    precise.mtime_nanoseconds = 500'000'000;
    EXPECT_EQ(records(precise), "none");
}

TEST(Tar, RefusesEntriesWhoseDataHasAnotherLength) {
    StringWriter sink;
    SLIPWAY_ASSERT_OK_AND_ASSIGN(auto tar, TarWriter::open(sink));
    TarEntry entry = file("a");
    entry.size = 3;
    ASSERT_THAT(tar.add(entry), IsOk());
    ASSERT_THAT(tar.write(std::as_bytes(std::span("ab", 2))), IsOk());
    EXPECT_THAT(tar.write(std::as_bytes(std::span("cd", 2))),
                FailsWith(ErrorCode::kInternal, HasSubstr("longer than announced")));
    EXPECT_THAT(tar.finish(), FailsWith(ErrorCode::kInternal, HasSubstr("1 bytes shorter")));
    EXPECT_THAT(tar.add(file("b")), FailsWith(ErrorCode::kInternal, HasSubstr("'a'")));
}

TEST(Tar, RefusesNamesThatWouldBeCut) {
    StringWriter sink;
    SLIPWAY_ASSERT_OK_AND_ASSIGN(auto tar, TarWriter::open(sink));
    EXPECT_THAT(tar.add(file("")), FailsWith(ErrorCode::kInternal, HasSubstr("name")));
    EXPECT_THAT(tar.add(file("a\0b"s)), FailsWith(ErrorCode::kInternal, HasSubstr("name")));
}

TEST(Tar, SaysWhenTheSinkFails) {
    FullWriter sink(100'000);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(auto tar, TarWriter::open(sink));
    EXPECT_THAT(tar.add_file(file("a"), random_bytes(400'000)),
                FailsWith(ErrorCode::kResource, HasSubstr("the disk is full")));
}

TEST(Tar, AbandonedWritesNoEnd) {
    StringWriter sink;
    {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(auto tar, TarWriter::open(sink));
        ASSERT_THAT(tar.add_file(file("a"), "data"), IsOk());
    }
    EXPECT_EQ(sink.text(), "");
}

TEST(TarReader, SkipsDataThatNobodyReads) {
    const std::string tar = write_tar(zoo());
    SlowReader source(tar, 100);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(auto reader, TarReader::open(source));
    std::size_t count = 0;
    while (true) {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto entry, reader.next());
        if (!entry) break;
        ++count;
    }
    EXPECT_EQ(count, zoo().size());
    EXPECT_THAT(reader.next(), IsOkAndHolds(Eq(std::nullopt)));
}

TEST(TarReader, AnEmptyFileHasNoEntries) {
    for (const auto& text : {""s, std::string(1024, '\0')}) {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto members, read_tar(text));
        EXPECT_TRUE(members.empty());
    }
}

TEST(TarReader, SaysWhatIsNoTar) {
    for (const auto& text : {"x"s, std::string(5000, 'x'), random_bytes(5000), "#!/bin/sh\n"s}) {
        EXPECT_THAT(read_tar(text), FailsWith(ErrorCode::kInvalidInput, HasSubstr("not a tar")));
    }
}

TEST(TarReader, ACutTarIsCorrupt) {
    const std::string tar = write_tar({{file("a"), random_bytes(3000)}, {file("b"), "x"}});
    for (const std::size_t size :
         {std::size_t{513}, std::size_t{2000}, std::size_t{512 * 7 + 100}}) {
        EXPECT_THAT(read_tar(std::string_view(tar).substr(0, size)),
                    FailsWith(ErrorCode::kCorrupt, HasSubstr("tar: ")))
            << size;
    }
}

TEST(TarReader, ABrokenHeaderInTheMiddleIsCorrupt) {
    std::string tar = write_tar({{file("a"), ""}, {file("b"), ""}});
    tar[512 + 3] = 'x';
    EXPECT_THAT(read_tar(tar), FailsWith(ErrorCode::kCorrupt, HasSubstr("tar: ")));
}

TEST(TarReader, PassesOnHowTheSourceFailed) {
    const std::string tar = write_tar({{file("a"), random_bytes(300'000)}});
    FailingReader source(std::string_view(tar).substr(0, 200'000));
    EXPECT_THAT(read_tar(source), FailsWith(ErrorCode::kUnavailable, HasSubstr("disk is gone")));
    FailingReader nothing("");
    EXPECT_THAT(read_tar(nothing), FailsWith(ErrorCode::kUnavailable, HasSubstr("disk is gone")));
    FailingReader little("no tar");
    EXPECT_THAT(read_tar(little), FailsWith(ErrorCode::kUnavailable, HasSubstr("disk is gone")));
}

TEST(TarReader, PromisesNothingAboutNames) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        const auto members,
        read_tar(write_tar({{file("../escape"), ""}, {file("/absolute"), ""}, {file("./a"), ""}})));
    ASSERT_EQ(members.size(), 3U);
    EXPECT_EQ(members[0].entry.path, "../escape");
    EXPECT_EQ(members[1].entry.path, "/absolute");
    EXPECT_EQ(members[2].entry.path, "./a");
}

std::string compress(Compression compression, std::string_view data) {
    async::ThreadPool pool(1);
    StringWriter sink;
    auto writer = make_compressor(compression, sink, pool);
    EXPECT_THAT(writer, IsOk());
    EXPECT_THAT((*writer)->write(data), IsOk());
    EXPECT_THAT((*writer)->finish(), IsOk());
    return sink.text();
}

TEST(TarReader, DecompressesWhenAsked) {
    for (const auto compression : {Compression::kNone, Compression::kGzip, Compression::kZstd}) {
        const std::string packed = compress(compression, write_tar(zoo()));
        MemoryReader source(packed);
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto members, read_tar(source, Decompress::kAny));
        expect_equal(members, zoo());
    }
    const std::string packed = compress(Compression::kGzip, write_tar(zoo()));
    EXPECT_THAT(read_tar(packed), FailsWith(ErrorCode::kInvalidInput, HasSubstr("not a tar")));
}

TEST(TarReader, ACutCompressedTarIsCorrupt) {
    const std::string packed =
        compress(Compression::kGzip, write_tar({{file("a"), random_bytes(100'000)}}));
    MemoryReader source(std::string_view(packed).substr(0, 50'000));
    EXPECT_THAT(read_tar(source, Decompress::kAny),
                FailsWith(ErrorCode::kCorrupt, HasSubstr("gzip")));
}

Result<bool> sniff(std::string_view data) {
    MemoryReader source(data);
    return looks_like_tar(source);
}

TEST(LooksLikeTar, KnowsTarsFromOtherFiles) {
    const std::string tar = write_tar(zoo());
    EXPECT_THAT(sniff(tar), IsOkAndHolds(true));
    EXPECT_THAT(sniff(compress(Compression::kGzip, tar)), IsOkAndHolds(true));
    EXPECT_THAT(sniff(compress(Compression::kZstd, tar)), IsOkAndHolds(true));
    EXPECT_THAT(sniff(""), IsOkAndHolds(false));
    EXPECT_THAT(sniff("\x1f\x8b"), IsOkAndHolds(false));
    EXPECT_THAT(sniff(std::string(1024, '\0')), IsOkAndHolds(false));
    EXPECT_THAT(sniff(random_bytes(10'000)), IsOkAndHolds(false));
    EXPECT_THAT(sniff(compress(Compression::kGzip, "text")), IsOkAndHolds(false));
}

TEST(LooksLikeTar, DoesNotTakeAFailedDiskForAnAnswer) {
    FailingReader source("");
    EXPECT_THAT(looks_like_tar(source), FailsWith(ErrorCode::kUnavailable, HasSubstr("disk")));
    FailingReader gzip("\x1f\x8b\x08\x01");
    EXPECT_THAT(looks_like_tar(gzip), FailsWith(ErrorCode::kUnavailable, HasSubstr("disk")));
}

}  // namespace
}  // namespace slipway::archive
