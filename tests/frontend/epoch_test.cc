// SOURCE_DATE_EPOCH that names the source whose time it is.
#include "lowered_graph.h"
#include "support/result_matchers.h"

namespace slipway::frontend {
namespace {

using slipway::testing::FailsWith;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr std::int64_t kTime = 1700000000;

class EpochTest : public LowerTest {
  protected:
    void SetUp() override {
        request.source_time = [this](const llb::SourceSpec& source) {
            asked.push_back(source);
            return Result<std::optional<std::int64_t>>(answer);
        };
    }
    void set(const std::string& value) { request.build_args["SOURCE_DATE_EPOCH"] = value; }

    std::vector<llb::SourceSpec> asked;
    std::optional<std::int64_t> answer = kTime;
};

TEST_F(EpochTest, OfTheContextIsThatOfARepository) {
    set("context");
    request.remote_context = *RemoteContext::find_git("https://example.com/x.git#v1", false, true);
    lower_ok("FROM busybox\nARG SOURCE_DATE_EPOCH\nRUN x\n");
    EXPECT_EQ(lowered.source_date_epoch, kTime);
    EXPECT_THAT(env("RUN x"), ElementsAre("SOURCE_DATE_EPOCH=1700000000"));
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].identifier, "git://example.com/x.git#v1");
}

TEST_F(EpochTest, OfADirectoryIsNone) {
    set("context");
    lower_ok("FROM busybox\nARG SOURCE_DATE_EPOCH\nRUN x\n");
    EXPECT_EQ(lowered.source_date_epoch, std::nullopt);
    EXPECT_THAT(env("RUN x"), IsEmpty());
    EXPECT_THAT(asked, IsEmpty());
}

TEST_F(EpochTest, OfANamedContext) {
    request.named_contexts = {{"web", "https://example.com/c.tar"},
                              {"here", "local:here"},
                              {"image", "docker-image://busybox"}};
    set("web");
    lower_ok("FROM busybox\n");
    EXPECT_EQ(lowered.source_date_epoch, kTime);
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].identifier, "https://example.com/c.tar");
    for (const char* name : {"here", "image"}) {
        set(name);
        lower_ok("FROM busybox\n");
        EXPECT_EQ(lowered.source_date_epoch, std::nullopt) << name;
    }
    EXPECT_EQ(asked.size(), 1U);
}

TEST_F(EpochTest, OfAStageIsThatOfItsOneAdd) {
    lower_ok(
        "ARG SOURCE_DATE_EPOCH=Source\nARG NAME=data\nFROM scratch AS source\nARG EXT=tar\n"
        "ADD https://example.com/$NAME.$EXT /\nFROM busybox\nARG SOURCE_DATE_EPOCH\nRUN x\n");
    EXPECT_EQ(lowered.source_date_epoch, kTime);
    EXPECT_THAT(env("RUN x"), ElementsAre("SOURCE_DATE_EPOCH=1700000000"));
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].identifier, "https://example.com/data.tar");
    EXPECT_THAT(asked[0].attrs, ElementsAre(Pair("http.filename", "data.tar")));
}

TEST_F(EpochTest, OfAStageWithAChecksum) {
    const std::string sum(64, 'a');
    set("one");
    lower_ok("FROM scratch AS one\nADD --checksum=sha256:" + sum +
             " https://example.com/f /\nFROM busybox\n");
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_THAT(asked[0].attrs, UnorderedElementsAre(Pair("http.filename", "f"),
                                                     Pair("http.checksum", "sha256:" + sum)));
}

TEST_F(EpochTest, OfAStageThatIsMoreThanASourceIsRefusedWithItsLine) {
    set("one");
    const auto refuses = [&](const std::string& stage, const std::string& why) {
        const auto made = lower_it(stage + "\nFROM busybox\n");
        EXPECT_THAT(made, FailsWith(ErrorCode::kInvalidInput, HasSubstr(why))) << stage;
        ASSERT_FALSE(made.has_value());
        EXPECT_EQ(made.error().where().value_or(SourceRange()).first_line, 1) << stage;
    };
    refuses("FROM busybox AS one\nADD https://example.com/f /", "must use FROM scratch");
    refuses("FROM scratch AS one", "exactly one remote ADD");
    refuses("FROM scratch AS one\nADD https://example.com/f /\nADD https://example.com/f /",
            "exactly one remote ADD");
    refuses("FROM scratch AS one\nADD https://example.com/f https://example.com/g /",
            "exactly one remote ADD source");
    refuses("FROM scratch AS one\nADD https://example.com/f /\nENV a=b", "no ENV");
    refuses("FROM scratch AS one\nCOPY f /", "no COPY");
    refuses("FROM scratch AS one\nADD f /", "from a URL or a git repository");
    EXPECT_THAT(asked, IsEmpty());
}

TEST_F(EpochTest, ANameOfNothingIsRefused) {
    set("nothing");
    EXPECT_THAT(lower_it("FROM busybox\n"),
                FailsWith(ErrorCode::kInvalidInput,
                          AllOf(HasSubstr("SOURCE_DATE_EPOCH=nothing"), HasSubstr("seconds"))));
}

TEST_F(EpochTest, WhatTheSourceSaysOfItselfIsTold) {
    set("context");
    request.remote_context = RemoteContext::of_url("https://example.com/c.tar");
    request.source_time = [](const llb::SourceSpec&) -> Result<std::optional<std::int64_t>> {
        return Error(ErrorCode::kUnavailable, "status 500");
    };
    EXPECT_THAT(lower_it("FROM busybox\n"),
                FailsWith(ErrorCode::kUnavailable, HasSubstr("status 500")));
}

}  // namespace
}  // namespace slipway::frontend
