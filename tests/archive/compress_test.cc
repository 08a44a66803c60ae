#include "archive/compress.h"

#include "archive/streams.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>

#include <future>
#include <vector>

namespace slipway::archive {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::FullWriter;
using slipway::testing::IsOk;
using slipway::testing::random_bytes;
using slipway::testing::random_text;
using ::testing::HasSubstr;

constexpr std::size_t kMiB = std::size_t{1} << 20;

struct Codec {
    Compression compression;
    std::optional<int> level;
    std::size_t block;
};

std::string compress(const Codec& codec, std::string_view data, async::ThreadPool& pool,
                     std::size_t step = 300'000) {
    StringWriter sink;
    auto writer = make_compressor(codec.compression, sink, pool, codec.level);
    EXPECT_THAT(writer, IsOk());
    for (; !data.empty(); data.remove_prefix(std::min(step, data.size()))) {
        EXPECT_THAT((*writer)->write(data.substr(0, step)), IsOk());
    }
    EXPECT_THAT((*writer)->finish(), IsOk());
    return sink.text();
}

std::string decompress(std::string_view data) {
    MemoryReader source(data);
    auto reader = make_decompressor(source);
    EXPECT_THAT(reader, IsOk());
    auto text = read_text(**reader, 1000 * kMiB);
    EXPECT_THAT(text, IsOk());
    return text.value_or("");
}

class Compress : public ::testing::TestWithParam<Codec> {};

TEST_P(Compress, ComesBackWhole) {
    async::ThreadPool pool(2);
    const std::size_t block = GetParam().block;
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, block - 1, block, block + 1, block * 5 / 2}) {
        for (const auto& data : {random_bytes(size), random_text(size)}) {
            EXPECT_TRUE(decompress(compress(GetParam(), data, pool)) == data) << size;
        }
    }
}

TEST_P(Compress, GivesTheSameBytesForAnyNumberOfThreadsAndAnyPieces) {
    const std::string data = random_text(GetParam().block * 5 + 12345);
    const std::pair<unsigned, std::size_t> settings[] = {
        {1, data.size()}, {1, 4093}, {2, kMiB}, {5, 300'000}};
    std::string expected;
    for (const auto& [threads, step] : settings) {
        async::ThreadPool pool(threads);
        const std::string packed = compress(GetParam(), data, pool, step);
        if (expected.empty()) expected = packed;
        EXPECT_TRUE(packed == expected) << threads << " threads, pieces of " << step;
    }
}

TEST_P(Compress, ShrinksTextAndHardlyGrowsNoise) {
    async::ThreadPool pool(2);
    const std::size_t size = GetParam().block * 3;
    EXPECT_LT(compress(GetParam(), random_text(size), pool).size(), size / 2);
    EXPECT_LT(compress(GetParam(), random_bytes(size), pool).size(), size + size / 1000 + 128);
}

TEST_P(Compress, ManyTasksOfOnePoolCompressAtOnce) {
    const std::string data = random_text(GetParam().block * 2 + 17);
    async::ThreadPool other(1);
    const std::string expected = compress(GetParam(), data, other);
    for (const unsigned threads : {1U, 3U}) {
        async::ThreadPool pool(threads);
        std::vector<std::future<std::string>> results;
        for (int i = 0; i < 5; ++i) {
            results.push_back(pool.submit([&] { return compress(GetParam(), data, pool); }));
        }
        for (auto& result : results) EXPECT_TRUE(result.get() == expected);
    }
}

TEST_P(Compress, SaysWhenTheSinkFails) {
    async::ThreadPool pool(2);
    FullWriter sink(GetParam().block);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(
        auto writer, make_compressor(GetParam().compression, sink, pool, GetParam().level));
    const std::string data = random_bytes(GetParam().block);
    Result<void> result;
    for (int i = 0; i < 100 && result; ++i) result = writer->write(std::string_view(data));
    EXPECT_THAT(result, FailsWith(ErrorCode::kResource, HasSubstr("the disk is full")));
}

TEST_P(Compress, MayBeAbandoned) {
    async::ThreadPool pool(2);
    for (int i = 0; i < 5; ++i) {
        StringWriter sink;
        SLIPWAY_ASSERT_OK_AND_ASSIGN(
            auto writer, make_compressor(GetParam().compression, sink, pool, GetParam().level));
        ASSERT_THAT(writer->write(std::string_view(random_text(GetParam().block * 3))), IsOk());
    }
}

INSTANTIATE_TEST_SUITE_P(Codecs, Compress,
                         ::testing::Values(Codec{Compression::kGzip, std::nullopt, kMiB},
                                           Codec{Compression::kGzip, 0, kMiB},
                                           Codec{Compression::kGzip, 4, kMiB},
                                           Codec{Compression::kZstd, std::nullopt, 4 * kMiB}),
                         [](const auto& codec) {
                             return std::string(to_string(codec.param.compression)) +
                                    (codec.param.level ? std::to_string(*codec.param.level)
                                                       : "Default");
                         });

TEST(CompressNone, PassesDataOn) {
    async::ThreadPool pool(1);
    EXPECT_EQ(compress({Compression::kNone, std::nullopt, 1}, "abc", pool), "abc");
}

TEST(CompressLevels, OutOfRangeAreRefused) {
    async::ThreadPool pool(1);
    StringWriter sink;
    const std::pair<Compression, int> levels[] = {{Compression::kGzip, -1},
                                                  {Compression::kGzip, 10},
                                                  {Compression::kZstd, 0},
                                                  {Compression::kZstd, 23}};
    for (const auto& [compression, level] : levels) {
        EXPECT_THAT(make_compressor(compression, sink, pool, level),
                    FailsWith(ErrorCode::kInvalidInput, HasSubstr("has levels")));
    }
}

TEST(CompressLevels, HigherOnesMakeItSmaller) {
    async::ThreadPool pool(2);
    const std::string data = random_text(3 * kMiB);
    const auto size = [&](int level) {
        return compress({Compression::kGzip, level, kMiB}, data, pool).size();
    };
    EXPECT_LT(size(2), size(0));
    EXPECT_LT(size(9), size(1));
}

}  // namespace
}  // namespace slipway::archive
