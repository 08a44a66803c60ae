#include "cli/sccache_sink.h"

#include "support/recording_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kLine =
    R"(=== SCCACHE_JSON === {"section": "ucx", "sccache_stats": {"stats": {"compile_requests": 15,)"
    R"("cache_hits": {"counts": {"C/C++": 12, "Rust": 3}, "adv_counts": {}},)"
    R"("cache_misses": {"counts": {"C/C++": 4}}, "cache_errors": {"counts": {}}},)"
    R"("cache_location": "Local disk"}})"
    "\n";

class SccacheSinkTest : public ::testing::Test {
  protected:
    SccacheSinkTest() { sink_.emit(progress::StepQueued{step_, "[a 2/3] RUN make", {}}); }

    void log(const std::string& text, int stream = 1) {
        sink_.emit(progress::StepLog{step_, stream, text});
    }
    std::string logged() { return seen_.log_of(step_); }

    Digest step_ = Digest::of("step");
    testing::RecordingSink seen_;
    SccacheSink sink_{seen_};
};

TEST_F(SccacheSinkTest, TakesTheLineOut) {
    log("before\n" + kLine + "after\n");
    EXPECT_EQ(logged(), "before\nafter\n");
    const auto sections = sink_.sections();
    ASSERT_EQ(sections.size(), 1U);
    EXPECT_EQ(sections[0].section, "ucx");
    EXPECT_EQ(sections[0].step, "[a 2/3] RUN make");
    EXPECT_EQ(sections[0].stats.at("cache_location"), "Local disk");
}

TEST_F(SccacheSinkTest, ChunksMayEndAnywhere) {
    const std::string text = "a\n" + kLine + "b";
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
        testing::RecordingSink seen;
        SccacheSink sink(seen);
        sink.emit(progress::StepLog{step_, 1, text.substr(0, cut)});
        sink.emit(progress::StepLog{step_, 1, text.substr(cut)});
        EXPECT_EQ(seen.log_of(step_), "a\nb") << cut;
        EXPECT_EQ(sink.sections().size(), 1U) << cut;
    }
    for (const char c : kLine) log(std::string(1, c));
    EXPECT_EQ(logged(), "");
    EXPECT_EQ(sink_.sections().size(), 1U);
}

TEST_F(SccacheSinkTest, OtherTextPassesUndelayed) {
    log("pro");
    EXPECT_EQ(logged(), "pro");
    log("gress 10 %\r");
    EXPECT_EQ(logged(), "progress 10 %\r");
    log("\n\n===");
    EXPECT_EQ(logged(), "progress 10 %\r\n\n") << "it may be the beginning";
    log("= no");
    EXPECT_EQ(logged(), "progress 10 %\r\n\n==== no");
    log(" === SCCACHE_JSON === {}\n");
    EXPECT_THAT(logged(), HasSubstr("==== no === SCCACHE_JSON === {}\n")) << "not at its beginning";
    EXPECT_THAT(sink_.sections(), IsEmpty());
}

TEST_F(SccacheSinkTest, StreamsAreApart) {
    log(kLine.substr(0, 30), 1);
    log("warning\n", 2);
    log(kLine.substr(30), 1);
    EXPECT_EQ(logged(), "warning\n");
    EXPECT_EQ(sink_.sections().size(), 1U);
}

TEST_F(SccacheSinkTest, WhatIsMalformedIsOrdinaryText) {
    std::string all;
    for (const char* json : {"{", "[]", "{\"section\": 3}", "{\"section\": \"x\"}",
                             R"({"section": "x", "sccache_stats": {"stats": 3}})"}) {
        const std::string line = std::string("=== SCCACHE_JSON === ") + json + "\n";
        log(line);
        all += line;
    }
    EXPECT_EQ(logged(), all);
    EXPECT_THAT(sink_.sections(), IsEmpty());
}

TEST_F(SccacheSinkTest, ALastLineNeedsNoEnd) {
    log(kLine.substr(0, kLine.size() - 1), 1);
    log("=== SCC", 2);
    EXPECT_THAT(sink_.sections(), IsEmpty());
    sink_.emit(progress::StepDone{.step = step_, .reason = {}, .detail = {}, .error = {}});
    EXPECT_EQ(sink_.sections().size(), 1U);
    EXPECT_EQ(logged(), "=== SCC");
    EXPECT_TRUE(std::holds_alternative<progress::StepDone>(seen_.events().back()));
}

TEST_F(SccacheSinkTest, TheTableHasLanguagesAndSums) {
    EXPECT_EQ(sccache_table({}), "");
    log(kLine);
    log(R"(=== SCCACHE_JSON === {"section": "idle", "sccache_stats": {"stats": {}}})"
        "\n");
    log(R"(=== SCCACHE_JSON === {"section": "nixl", "sccache_stats": {"stats": {"cache_misses": )"
        R"({"counts": {"C/C++": 4}}, "cache_hits": "?", "cache_errors": {"counts": {"C/C++": -1}}}}})"
        "\n");
    EXPECT_EQ(sccache_table(sink_.sections()),
              "SCCACHE  LANGUAGE  HITS  MISSES  ERRORS  RATE\n"
              "ucx      C/C++     12    4       0       75.0 %\n"
              "ucx      Rust      3     0       0       100.0 %\n"
              "idle     -         0     0       0       -\n"
              "nixl     C/C++     0     4       0       0.0 %\n"
              "total    C/C++     12    8       0       60.0 %\n"
              "total    Rust      3     0       0       100.0 %\n");
    const Json json = sccache_json(sink_.sections());
    EXPECT_EQ(json.size(), 3U);
    EXPECT_EQ(json[0].at("section"), "ucx");
    EXPECT_EQ(json[0].at("stats").at("stats").at("compile_requests"), 15);
}

TEST_F(SccacheSinkTest, TheTableTellsCAndCxxApartWhereItCan) {
    log(R"(=== SCCACHE_JSON === {"section": "x", "sccache_stats": {"stats": {)"
        R"("cache_hits": {"counts": {"C/C++": 3}, "adv_counts": {"c [gcc]": 1, "c++ [gcc]": 2}},)"
        R"("cache_misses": {"counts": {"Rust": 5}, "adv_counts": {"rust": 5}}}}})"
        "\n");
    const std::string table = sccache_table(sink_.sections());
    EXPECT_THAT(table, HasSubstr("x        C         1     0"));
    EXPECT_THAT(table, HasSubstr("x        C++       2     0"));
    EXPECT_THAT(table, HasSubstr("x        Rust      0     5"));
}

}  // namespace
}  // namespace slipway::cli
