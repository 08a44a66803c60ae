// Other people's software reads what we write, and writes what we read.

#include "archive/compress.h"
#include "archive/streams.h"
#include "archive/tar.h"
#include "os/child.h"
#include "os/file.h"
#include "os/temp.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>

namespace slipway::archive {
namespace {

using slipway::testing::IsOk;
using slipway::testing::IsOkAndHolds;
using slipway::testing::random_bytes;
using slipway::testing::random_text;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

#define SKIP_WITHOUT(program) \
    if (!os::find_program(program)) GTEST_SKIP() << "there is no program '" << (program) << "'"

class Judges : public ::testing::Test {
  protected:
    void SetUp() override {
        auto dir = os::TempDir::create(::testing::TempDir(), "archive");
        ASSERT_THAT(dir, IsOk());
        dir_.emplace(*std::move(dir));
    }

    [[nodiscard]] std::string path(const std::string& name) const {
        return dir_->path() + "/" + name;
    }

    /// Standard output of a command that must succeed and must not complain.
    static std::string run(std::vector<std::string> argv) {
        auto output = os::run_command({.argv = std::move(argv)}, {}, 64U << 20);
        EXPECT_THAT(output, IsOk());
        if (!output) return "";
        EXPECT_TRUE(output->status.ok()) << output->err;
        EXPECT_EQ(output->err, "");
        return output->out;
    }

    std::string write_compressed(Compression compression, std::optional<int> level,
                                 std::string_view data) {
        async::ThreadPool pool(2);
        StringWriter sink;
        auto writer = make_compressor(compression, sink, pool, level);
        EXPECT_THAT(writer, IsOk());
        EXPECT_THAT((*writer)->write(data), IsOk());
        EXPECT_THAT((*writer)->finish(), IsOk());
        EXPECT_THAT(os::write_file(path("packed"), sink.text()), IsOk());
        return path("packed");
    }

    /// Names of the entries of a tar that another program wrote.
    static Result<std::vector<std::string>> names_in(const std::string& tar_path,
                                                     Decompress decompress) {
        SLIPWAY_ASSIGN(const auto fd, os::open_read(tar_path));
        os::FdReader source(fd);
        SLIPWAY_ASSIGN(auto tar, TarReader::open(source, decompress));
        std::vector<std::string> names;
        while (true) {
            SLIPWAY_ASSIGN(const auto entry, tar.next());
            if (!entry) return names;
            names.push_back(entry->path);
        }
    }

    std::optional<os::TempDir> dir_;
};

TEST_F(Judges, GunzipReadsOurGzip) {
    SKIP_WITHOUT("gzip");
    const std::string data = random_text(3'500'000) + random_bytes(3'000'000) + "end";
    for (const auto& input : {std::string(), std::string("x"), data}) {
        for (const int level : {0, 1, 2, 3, 6, 9}) {
            const auto packed = write_compressed(Compression::kGzip, level, input);
            EXPECT_TRUE(run({"gzip", "-dc", packed}) == input) << "level " << level;
        }
    }
}

TEST_F(Judges, ZstdReadsOurZstd) {
    SKIP_WITHOUT("zstd");
    const std::string data = random_text(9'000'000) + random_bytes(3'000'000) + "end";
    for (const auto& input : {std::string(), std::string("x"), data}) {
        const auto packed = write_compressed(Compression::kZstd, std::nullopt, input);
        EXPECT_TRUE(run({"zstd", "-q", "-dc", packed}) == input);
    }
}

TEST_F(Judges, WeReadWhatGzipAndZstdWrite) {
    const std::string data = random_text(2'000'000);
    ASSERT_THAT(os::write_file(path("data"), data), IsOk());
    const std::vector<std::vector<std::string>> commands = {
        {"gzip", "-c", "-9", "-N", path("data")},
        {"gzip", "-c", "-1", path("data")},
        {"zstd", "-q", "-c", "-19", path("data")},
        {"zstd", "-q", "-c", "--long=27", path("data")}};
    for (const auto& command : commands) {
        if (!os::find_program(command[0])) continue;
        const std::string packed = run(command);
        MemoryReader source(packed);
        SLIPWAY_ASSERT_OK_AND_ASSIGN(auto reader, make_decompressor(source));
        EXPECT_THAT(read_text(*reader, data.size()), IsOkAndHolds(data)) << command[0];
    }
}

void write_zoo(Writer& sink) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(auto tar, TarWriter::open(sink));
    const std::string long_name = std::string(120, 'c') + "/" + std::string(140, 'd');
    ASSERT_THAT(tar.add({.path = "dir/", .type = EntryType::kDirectory, .mode = 0755}), IsOk());
    ASSERT_THAT(tar.add_file({.path = "dir/file", .mode = 04755, .uid = 7, .gid = 3'000'000'000},
                             random_bytes(70'000)),
                IsOk());
    ASSERT_THAT(
        tar.add({.path = "dir/hard", .type = EntryType::kHardlink, .link_target = "dir/file"}),
        IsOk());
    ASSERT_THAT(
        tar.add(
            {.path = "dir/link", .type = EntryType::kSymlink, .mode = 0777, .link_target = "../x"}),
        IsOk());
    ASSERT_THAT(tar.add_file({.path = long_name}, "long"), IsOk());
    ASSERT_THAT(tar.add_file({.path = "gr\xc3\xbc\xc3\x9f"}, "UTF-8"), IsOk());
    ASSERT_THAT(tar.add_file({.path = "e\xcc\x81"}, "decomposed"), IsOk());
    ASSERT_THAT(tar.finish(), IsOk());
}

TEST_F(Judges, GnuTarReadsOurTar) {
    SKIP_WITHOUT("tar");
    StringWriter sink;
    write_zoo(sink);
    ASSERT_THAT(os::write_file(path("our.tar"), sink.text()), IsOk());
    const std::string list = run(
        {"tar", "--numeric-owner", "--utc", "--quoting-style=literal", "-tvf", path("our.tar")});
    EXPECT_THAT(list, HasSubstr("drwxr-xr-x 0/0               0 1970-01-01 00:00 dir/\n"));
    EXPECT_THAT(list, HasSubstr("-rwsr-xr-x 7/3000000000  70000 1970-01-01 00:00 dir/file\n"));
    EXPECT_THAT(list, HasSubstr(" dir/hard link to dir/file\n"));
    EXPECT_THAT(list, HasSubstr(" dir/link -> ../x\n"));
    EXPECT_THAT(list, HasSubstr("/" + std::string(140, 'd') + "\n"));
    EXPECT_THAT(list, HasSubstr(" gr\xc3\xbc\xc3\x9f\n"));
    EXPECT_THAT(list, HasSubstr(" e\xcc\x81\n"));
    run({"tar", "-C", dir_->path(), "--no-same-owner", "-xf", path("our.tar")});
    EXPECT_THAT(os::read_file(path("dir/hard")), IsOkAndHolds(random_bytes(70'000)));
}

TEST_F(Judges, GnuTarKeepsNamesThatAreNotUtf8) {
    SKIP_WITHOUT("tar");
    StringWriter sink;
    SLIPWAY_ASSERT_OK_AND_ASSIGN(auto tar, TarWriter::open(sink));
    ASSERT_THAT(tar.add_file({.path = "latin-\xe9"}, "latin"), IsOk());
    ASSERT_THAT(tar.finish(), IsOk());
    ASSERT_THAT(os::write_file(path("our.tar"), sink.text()), IsOk());
    // GNU tar warns that it does not know the keyword hdrcharset, and does what it says.
    run({"tar", "-C", dir_->path(), "--warning=no-unknown-keyword", "--no-same-owner", "-xf",
         path("our.tar")});
    EXPECT_THAT(os::read_file(path("latin-\xe9")), IsOkAndHolds("latin"));
}

TEST_F(Judges, PythonReadsOurTar) {
    SKIP_WITHOUT("python3");
    StringWriter sink;
    write_zoo(sink);
    ASSERT_THAT(os::write_file(path("our.tar"), sink.text()), IsOk());
    EXPECT_EQ(run({"python3", "-c",
                   "import sys, tarfile\n"
                   "for m in tarfile.open(sys.argv[1]):\n"
                   "  print(m.type.decode(), oct(m.mode), m.uid, m.gid, m.size, m.uname + m.gname,"
                   " ascii(m.name[:9]))\n",
                   path("our.tar")}),
              "5 0o755 0 0 0  'dir'\n"
              "0 0o4755 7 3000000000 70000  'dir/file'\n"
              "1 0o644 0 0 0  'dir/hard'\n"
              "2 0o777 0 0 0  'dir/link'\n"
              "0 0o644 0 0 4  'ccccccccc'\n"
              "0 0o644 0 0 5  'gr\\xfc\\xdf'\n"
              "0 0o644 0 0 10  'e\\u0301'\n");
}

TEST_F(Judges, WeReadEveryDialectOfGnuTar) {
    SKIP_WITHOUT("tar");
    const std::string long_name(90, 'n');
    ASSERT_THAT(os::make_dirs(path("tree/sub")), IsOk());
    ASSERT_THAT(os::write_file(path("tree/" + long_name), "data"), IsOk());
    ASSERT_THAT(os::write_file(path("tree/sub/gr\xc3\xbc"), random_bytes(20'000)), IsOk());
    for (const char* format : {"v7", "oldgnu", "gnu", "ustar", "posix"}) {
        run({"tar", "-C", path("tree"), "--sort=name", "--format", format, "-cf", path("a.tar"),
             "."});
        EXPECT_THAT(names_in(path("a.tar"), Decompress::kNone),
                    IsOkAndHolds(ElementsAre("./", "./" + long_name, "./sub/", "./sub/gr\xc3\xbc")))
            << format;
    }
}

TEST_F(Judges, WeReadLongNamesAndSparseFiles) {
    SKIP_WITHOUT("tar");
    SKIP_WITHOUT("truncate");
    const std::string long_name = std::string(200, 'a') + "/" + std::string(200, 'b');
    ASSERT_THAT(os::make_dirs(path("tree/" + std::string(200, 'a'))), IsOk());
    ASSERT_THAT(os::write_file(path("tree/" + long_name), "start"), IsOk());
    run({"truncate", "-s", "3M", path("tree/" + long_name)});
    for (const char* format : {"gnu", "posix"}) {
        run({"tar", "-C", path("tree"), "-S", "--format", format, "-cf", path("a.tar"), long_name});
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto fd, os::open_read(path("a.tar")));
        os::FdReader source(fd);
        SLIPWAY_ASSERT_OK_AND_ASSIGN(auto tar, TarReader::open(source));
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto entry, tar.next());
        ASSERT_TRUE(entry);
        EXPECT_EQ(entry->path, long_name);
        EXPECT_EQ(entry->size, 3U << 20);
        std::string data;
        std::vector<std::byte> buffer(100'000);
        while (true) {
            SLIPWAY_ASSERT_OK_AND_ASSIGN(const std::size_t size, tar.read(buffer));
            if (size == 0) break;
            data.append(reinterpret_cast<const char*>(buffer.data()), size);
        }
        EXPECT_TRUE(data == "start" + std::string((3U << 20) - 5, '\0')) << format;
    }
}

TEST_F(Judges, WeReadEveryCompressionThatAddKnows) {
    SKIP_WITHOUT("tar");
    ASSERT_THAT(os::write_file(path("file"), random_text(100'000)), IsOk());
    const std::pair<const char*, const char*> filters[] = {
        {"gzip", "-z"}, {"bzip2", "-j"}, {"xz", "-J"}, {"zstd", "--zstd"}};
    for (const auto& [program, flag] : filters) {
        if (!os::find_program(program)) continue;
        run({"tar", "-C", dir_->path(), flag, "-cf", path("a.tar"), "file"});
        EXPECT_THAT(names_in(path("a.tar"), Decompress::kAny), IsOkAndHolds(ElementsAre("file")))
            << program;
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto fd, os::open_read(path("a.tar")));
        os::FdReader source(fd);
        EXPECT_THAT(looks_like_tar(source), IsOkAndHolds(true)) << program;
    }
}

}  // namespace
}  // namespace slipway::archive
