// Files that grow without bound by what they say are refused; files that are only long are not.
#include "frontend/internal/env_list.h"
#include "lowered_graph.h"
#include "support/result_matchers.h"

#include <fmt/format.h>

namespace slipway::frontend {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Limits : public LowerTest {
  protected:
    static std::string repeat(int times, const std::string& line) {
        std::string text;
        for (int i = 0; i < times; ++i) text += line;
        return text;
    }
    /// $BIG holds almost 1 MiB, which is what a word may grow to.
    static std::string doubling(const std::string& keyword) {
        return keyword + " BIG=x\n" + repeat(19, keyword + " BIG=$BIG$BIG\n");
    }
    void grows_too_much(const std::string& text) {
        const auto result = lower_it(text);
        ASSERT_FALSE(result.has_value());
        EXPECT_EQ(result.error().code(), ErrorCode::kInvalidInput);
        EXPECT_THAT(result.error().to_string(), HasSubstr("grow to more than 256 MiB"));
        EXPECT_TRUE(result.error().where());
    }
};

TEST_F(Limits, OfVariablesThatEveryStepGets) {
    std::string text = "FROM busybox\n" + doubling("ENV");
    for (int i = 0; i < 10; ++i) text += fmt::format("ENV E{}=$BIG\n", i);
    grows_too_much(text + repeat(200, "RUN x\n"));
}

TEST_F(Limits, OfHistory) {
    grows_too_much("FROM busybox\n" + doubling("ARG") + repeat(2000, "LABEL l=$BIG\n"));
}

TEST_F(Limits, OfGlobalArguments) {
    std::string text = doubling("ARG");
    for (int i = 0; i < 2000; ++i) text += fmt::format("ARG A{}=$BIG\n", i);
    grows_too_much(text + "FROM busybox\n");
}

TEST_F(Limits, OfStagesThatInherit) {
    std::string text = "FROM busybox AS s0\n" + doubling("ENV");
    for (int i = 1; i < 1000; ++i) text += fmt::format("FROM s{} AS s{}\n", i - 1, i);
    grows_too_much(text);
}

TEST_F(Limits, OfInlineFiles) {
    grows_too_much("FROM busybox\n" + doubling("ENV") +
                   repeat(100, "COPY <<E /e\n$BIG$BIG$BIG$BIG$BIG$BIG$BIG$BIG\nE\n"));
}

TEST_F(Limits, AreFarFromLongFiles) {
    std::string text = "FROM busybox\n";
    for (int i = 0; i < 20'000; ++i) {
        text += fmt::format("ENV VARIABLE_{}=value\n", i);
        if (i % 1000 == 0) text += "RUN make\n";
    }
    lower_ok(text);
    EXPECT_EQ(lowered.config.env.size(), 20'001U);
    text = "FROM busybox\n";
    for (int i = 0; i < 20'000; ++i) text += fmt::format("VOLUME /v{}\nEXPOSE {}\n", i, i + 1);
    lower_ok(text);
    EXPECT_EQ(lowered.config.volumes.size(), 20'000U);
    text.clear();
    for (int i = 0; i < 5000; ++i) {
        text += fmt::format("FROM busybox AS s{}\nCOPY --from={} /a /a\n", i,
                            i == 0 ? "busybox" : fmt::format("s{}", i - 1));
    }
    lower_ok(text);
}

TEST(EnvListTest, KeepsTheOrderInWhichVariablesWereLastSet) {
    EnvList list;
    for (int i = 0; i < 100; ++i) {
        list.set("A", std::to_string(i));
        list.set("B" + std::to_string(i % 3), "x");
    }
    list.set("C", "");
    list.erase("B1");
    list.erase("nothing");
    EXPECT_THAT(list.to_list(), ElementsAre("B2=x", "A=99", "B0=x", "C="));
    EXPECT_EQ(list.find("A"), "99");
    EXPECT_EQ(list.find("B1"), std::nullopt);
    EXPECT_EQ(list.size(), 3U + 3U + 3U + 1U);
    const EnvList copy = list;
    list.set("A", "changed");
    EXPECT_EQ(copy.find("A"), "99");
}

}  // namespace
}  // namespace slipway::frontend
