#include "archive/compress.h"
#include "archive/streams.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>

namespace slipway::archive {
namespace {

using namespace std::string_literals;
using slipway::testing::FailingReader;
using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using slipway::testing::IsOkAndHolds;
using slipway::testing::random_bytes;
using slipway::testing::random_text;
using slipway::testing::SlowReader;
using ::testing::HasSubstr;

std::string compress(Compression compression, std::string_view data) {
    async::ThreadPool pool(1);
    StringWriter sink;
    auto writer = make_compressor(compression, sink, pool);
    EXPECT_THAT(writer, IsOk());
    EXPECT_THAT((*writer)->write(data), IsOk());
    EXPECT_THAT((*writer)->finish(), IsOk());
    return sink.text();
}

Result<std::string> decompress(Reader& source, std::size_t buffer_size = 64UL * 1024) {
    SLIPWAY_ASSIGN(auto reader, make_decompressor(source));
    StringWriter out;
    SLIPWAY_TRY(copy_stream(*reader, out, buffer_size));
    return out.text();
}

Result<std::string> decompress(std::string_view data) {
    MemoryReader source(data);
    return decompress(source);
}

class Decompress : public ::testing::TestWithParam<Compression> {};

TEST_P(Decompress, FromBytesThatComeOneByOne) {
    const std::string data = random_text(100'000) + random_bytes(50'000);
    const std::string packed = compress(GetParam(), data);
    SlowReader source(packed);
    EXPECT_THAT(decompress(source), IsOkAndHolds(data));
}

TEST_P(Decompress, IntoBuffersOfAnySize) {
    const std::string data = random_text(300'000);
    const std::string packed = compress(GetParam(), data);
    for (const std::size_t size : {std::size_t{1}, std::size_t{777}, std::size_t{1} << 20}) {
        MemoryReader source(packed);
        EXPECT_THAT(decompress(source, size), IsOkAndHolds(data)) << size;
    }
}

TEST_P(Decompress, ReadsStreamsThatFollowEachOther) {
    const std::string first = compress(GetParam(), "one,");
    const std::string second = compress(GetParam(), random_text(100'000));
    const std::string packed = first + compress(GetParam(), "") + second + first;
    EXPECT_THAT(decompress(packed), IsOkAndHolds("one," + random_text(100'000) + "one,"));
    SlowReader slow(packed);
    EXPECT_THAT(decompress(slow), IsOkAndHolds("one," + random_text(100'000) + "one,"));
}

TEST_P(Decompress, DataCutOffAnywhereIsCorrupt) {
    const std::string packed = compress(GetParam(), random_text(2000));
    for (std::size_t size = 4; size < packed.size(); ++size) {
        EXPECT_THAT(decompress(std::string_view(packed).substr(0, size)),
                    FailsWith(ErrorCode::kCorrupt, HasSubstr("")))
            << "after " << size << " of " << packed.size();
    }
}

TEST_P(Decompress, AFlippedBitNeverGivesOtherData) {
    const std::string data = random_text(2000);
    const std::string packed = compress(GetParam(), data);
    int noticed = 0;
    // What stands before is the header: fields that nobody checks, or the magic itself.
    for (std::size_t at = 10; at < packed.size(); ++at) {
        std::string broken = packed;
        broken[at] = static_cast<char>(broken[at] ^ 0x10);
        const auto result = decompress(broken);
        if (result) {
            EXPECT_EQ(*result, data) << "at " << at;  // a bit that says nothing
        } else {
            EXPECT_THAT(result, FailsWith(ErrorCode::kCorrupt, HasSubstr("data"))) << "at " << at;
            ++noticed;
        }
    }
    EXPECT_GT(noticed, static_cast<int>(packed.size() * 9 / 10));
}

TEST_P(Decompress, FollowedByGarbageIsCorrupt) {
    EXPECT_THAT(decompress(compress(GetParam(), "data") + "garbage"),
                FailsWith(ErrorCode::kCorrupt, HasSubstr("")));
}

TEST_P(Decompress, PassesOnHowTheSourceFailed) {
    const std::string packed = compress(GetParam(), random_text(1 << 20));
    FailingReader source(std::string_view(packed).substr(0, packed.size() / 2));
    EXPECT_THAT(decompress(source),
                FailsWith(ErrorCode::kUnavailable, HasSubstr("the disk is gone")));
}

INSTANTIATE_TEST_SUITE_P(Codecs, Decompress,
                         ::testing::Values(Compression::kGzip, Compression::kZstd),
                         [](const auto& codec) { return std::string(to_string(codec.param)); });

TEST(DecompressNothing, PassesDataOn) {
    for (const auto& text : {""s, "a"s, "abc"s, "\x1f"s, "\x28\xb5\x2f"s, random_text(600'000)}) {
        EXPECT_THAT(decompress(text), IsOkAndHolds(text));
        SlowReader slow(text, 1000);
        EXPECT_THAT(decompress(slow), IsOkAndHolds(text));
    }
}

TEST(DecompressGzip, ReadsHeadersWithEveryField) {
    // "data" by zlib, stored: extra field, name, comment and header CRC are there.
    const std::string deflated =
        "\x01\x04\x00\xfb\xff"s + "data" + "\x63\xf3\xf3\xad" + "\x04\0\0\0"s;
    const std::string plain = "\x1f\x8b\x08\x00\0\0\0\0\0\xff"s + deflated;
    EXPECT_THAT(decompress(plain), IsOkAndHolds("data"));
    const std::string named =
        "\x1f\x8b\x08\x1c\0\0\0\0\0\xff"s + "\x03\0xyz"s + "name\0"s + "comment\0"s;
    EXPECT_THAT(decompress(named + deflated), IsOkAndHolds("data"));
    const std::string packed = named + deflated;
    SlowReader slow(packed);
    EXPECT_THAT(decompress(slow), IsOkAndHolds("data"));
}

TEST(DecompressGzip, IgnoresPaddingWithZeros) {
    EXPECT_THAT(decompress(compress(Compression::kGzip, "data") + std::string(1000, '\0')),
                IsOkAndHolds("data"));
    EXPECT_THAT(decompress(compress(Compression::kGzip, "data") + "\0\0x"s),
                FailsWith(ErrorCode::kCorrupt, HasSubstr("followed by")));
}

TEST(DecompressZstd, SkipsSkippableFrames) {
    const std::string skippable = "\x50\x2a\x4d\x18\x03\0\0\0xyz"s;
    EXPECT_THAT(decompress(skippable + compress(Compression::kZstd, "data") + skippable),
                IsOkAndHolds("data"));
}

}  // namespace
}  // namespace slipway::archive
