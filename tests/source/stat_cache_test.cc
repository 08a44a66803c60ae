#include "source/internal/stat_cache.h"

#include "support/result_matchers.h"

#include <random>

namespace slipway::source {
namespace {

CachedFile file(const std::string& path, std::uint64_t size = 1) {
    return {.path = path,
            .size = size,
            .mtime = {.seconds = -5, .nanoseconds = 6},
            .identity = {.ctime = {.seconds = 1'700'000'000, .nanoseconds = 999'999'999},
                         .inode = 1ULL << 60},
            .digest = Digest::of(path)};
}

std::string write(const std::vector<CachedFile>& files) {
    StatCacheWriter writer("/home/user/project");
    for (const auto& one : files) writer.add(one);
    return writer.finish();
}

std::vector<std::string> paths(const std::string& data,
                               std::string_view root = "/home/user/project") {
    std::vector<std::string> paths;
    for (StatCacheReader reader(data, root); reader.file() != nullptr; reader.next()) {
        paths.push_back(reader.file()->path);
    }
    return paths;
}

TEST(StatCache, FilesComeBackAsTheyWere) {
    const std::vector<CachedFile> files = {
        file("a"), file("a/b/c.txt", 0),         file("a/b/cd", ~0ULL),
        file("b"), file(std::string(3000, 'x')), file("\xff\n")};
    StatCacheReader reader(write(files), "/home/user/project");
    for (const auto& expected : files) {
        ASSERT_NE(reader.file(), nullptr);
        EXPECT_EQ(reader.file()->path, expected.path);
        EXPECT_EQ(reader.file()->size, expected.size);
        EXPECT_EQ(reader.file()->mtime, expected.mtime);
        EXPECT_EQ(reader.file()->identity, expected.identity);
        EXPECT_EQ(reader.file()->digest, expected.digest);
        reader.next();
    }
    EXPECT_EQ(reader.file(), nullptr);
}

TEST(StatCache, NothingComesFromNothing) {
    EXPECT_THAT(paths(""), ::testing::IsEmpty());
    EXPECT_THAT(paths(write({})), ::testing::IsEmpty());
}

TEST(StatCache, AnotherContextsCacheIsNotRead) {
    EXPECT_THAT(paths(write({file("a")}), "/home/user/projec"), ::testing::IsEmpty());
}

TEST(StatCache, DamageAnywhereMakesItEmpty) {
    const std::string whole = write({file("a"), file("a/b"), file("c")});
    ASSERT_EQ(paths(whole).size(), 3U);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_THAT(paths(whole.substr(0, size)), ::testing::IsEmpty()) << size;
    }
    for (std::size_t i = 0; i < whole.size(); ++i) {
        std::string damaged = whole;
        damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
        EXPECT_THAT(paths(damaged), ::testing::IsEmpty()) << i;
    }
}

// A digest can be forged; what it covers must still not lead outside of the data.
TEST(StatCache, WrongLengthsEndIt) {
    std::mt19937 random(1);
    const std::string whole = write({file("a"), file("a/b"), file("c")});
    for (int round = 0; round < 5000; ++round) {
        std::string damaged = whole.substr(0, whole.size() - Digest::kBytes);
        for (int i = 0; i < 4; ++i)
            damaged[50 + random() % (damaged.size() - 50)] = static_cast<char>(random() & 0xff);
        const auto digest = Digest::of(damaged);
        damaged.append(reinterpret_cast<const char*>(digest.bytes().data()), Digest::kBytes);
        EXPECT_LE(paths(damaged).size(), 3U);
    }
}

}  // namespace
}  // namespace slipway::source
