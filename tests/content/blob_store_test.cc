#include "content/blob_store.h"

#include "content/store_fixture.h"

#include <gmock/gmock.h>

namespace slipway::content {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using slipway::testing::IsOkAndHolds;
using slipway::testing::StoreTest;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const Digest kHello = Digest::of(std::string_view("hello"));

class Blobs : public StoreTest {
  protected:
    [[nodiscard]] BlobStore blobs() const { return BlobStore(*store_); }

    [[nodiscard]] std::size_t temporaries() const {
        std::size_t count = 0;
        const auto tmp = store_->dir().list(*RelPath::parse("tmp"));
        for (const auto& process : *tmp) {
            const auto path = *RelPath::parse("tmp/" + process.name);
            if (!store_->dir().stat(path)->is_dir()) continue;
            count += store_->dir().list(path)->size() - 1;  // its lock
        }
        return count;
    }
};

TEST_F(Blobs, AreFoundByDigest) {
    EXPECT_FALSE(blobs().has(kHello));
    EXPECT_THAT(blobs().put("hello"), IsOkAndHolds(kHello));
    EXPECT_TRUE(blobs().has(kHello));
    EXPECT_THAT(blobs().size(kHello), IsOkAndHolds(5U));
    EXPECT_THAT(blobs().read(kHello), IsOkAndHolds("hello"));
    EXPECT_THAT(os::read_file(blobs().host_path(kHello)), IsOkAndHolds("hello"));
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto fd, blobs().open(kHello));
    os::FdReader reader(fd);
    EXPECT_THAT(read_text(reader, 100), IsOkAndHolds("hello"));
}

TEST_F(Blobs, ThatAreMissingAreNotFound) {
    EXPECT_THAT(blobs().open(kHello), FailsWith(ErrorCode::kNotFound, HasSubstr(kHello.hex())));
    EXPECT_THAT(blobs().size(kHello), FailsWith(ErrorCode::kNotFound, HasSubstr(kHello.hex())));
    EXPECT_THAT(blobs().read(kHello), FailsWith(ErrorCode::kNotFound, HasSubstr(kHello.hex())));
    EXPECT_THAT(blobs().remove(kHello), IsOk());
}

TEST_F(Blobs, ComeInPieces) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(auto ingest, blobs().ingest());
    ASSERT_THAT(ingest.write("hel"), IsOk());
    Ingest moved = std::move(ingest);
    ASSERT_THAT(moved.write("lo"), IsOk());
    EXPECT_EQ(moved.size(), 5U);
    EXPECT_FALSE(blobs().has(kHello));
    EXPECT_THAT(moved.commit(kHello), IsOkAndHolds(kHello));
    EXPECT_TRUE(blobs().has(kHello));
    EXPECT_EQ(temporaries(), 0U);
}

TEST_F(Blobs, WithAnotherDigestAreRefused) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(auto ingest, blobs().ingest());
    ASSERT_THAT(ingest.write("hallo"), IsOk());
    EXPECT_THAT(ingest.commit(kHello), FailsWith(ErrorCode::kCorrupt, HasSubstr(kHello.hex())));
    EXPECT_THAT(blobs().list(), IsOkAndHolds(IsEmpty()));
    EXPECT_EQ(temporaries(), 0U);
}

TEST_F(Blobs, MayComeTwice) {
    ASSERT_THAT(blobs().put("hello"), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(auto ingest, blobs().ingest());
    ASSERT_THAT(ingest.write("hello"), IsOk());
    EXPECT_THAT(ingest.commit(), IsOkAndHolds(kHello));
    EXPECT_EQ(temporaries(), 0U);
}

TEST_F(Blobs, AbandonedLeaveNothing) {
    {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(auto ingest, blobs().ingest());
        ASSERT_THAT(ingest.write("hel"), IsOk());
        SLIPWAY_ASSERT_OK_AND_ASSIGN(auto other, blobs().ingest());
        other = std::move(ingest);
        EXPECT_GE(temporaries(), 1U);
    }
    EXPECT_EQ(temporaries(), 0U);
    EXPECT_THAT(blobs().list(), IsOkAndHolds(IsEmpty()));
}

TEST_F(Blobs, ThatWereDamagedAreCorrupt) {
    ASSERT_THAT(blobs().put("hello"), IsOk());
    ASSERT_THAT(os::write_file(blobs().host_path(kHello), "hallo"), IsOk());
    EXPECT_THAT(blobs().read(kHello), FailsWith(ErrorCode::kCorrupt, HasSubstr("damaged")));
}

TEST_F(Blobs, AboveTheLimitAreNotRead) {
    ASSERT_THAT(blobs().put("hello"), IsOk());
    EXPECT_THAT(blobs().read(kHello, 4), FailsWith(ErrorCode::kInvalidInput, HasSubstr("limit")));
}

TEST_F(Blobs, AreListedAndRemoved) {
    ASSERT_THAT(blobs().put("hello"), IsOk());
    ASSERT_THAT(blobs().put("world"), IsOk());
    ASSERT_THAT(os::write_file(root() + "/blobs/sha256/not-a-digest", ""), IsOk());
    const Digest world = Digest::of(std::string_view("world"));
    EXPECT_THAT(blobs().list(), IsOkAndHolds(UnorderedElementsAre(kHello, world)));
    ASSERT_THAT(blobs().remove(kHello), IsOk());
    EXPECT_THAT(blobs().list(), IsOkAndHolds(UnorderedElementsAre(world)));
}

}  // namespace
}  // namespace slipway::content
