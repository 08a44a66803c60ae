#include "solver/internal/explain.h"

#include "support/result_matchers.h"

namespace slipway::solver {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = Change::Kind;

TEST(Compare, FindsAddedRemovedAndChangedLabels) {
    const std::vector<Ingredient> before = {{"a", "1"}, {"b", "2"}, {"c", "3"}};
    const std::vector<Ingredient> now = {{"d", "4"}, {"a", "1"}, {"b", "two"}};
    EXPECT_THAT(compare(before, now),
                ElementsAre(Change{Kind::kAdded, "d"}, Change{Kind::kChanged, "b"},
                            Change{Kind::kRemoved, "c"}));
}

TEST(Compare, EqualListsHaveNoChangesInAnyOrder) {
    const std::vector<Ingredient> before = {{"a", "1"}, {"b", "2"}};
    const std::vector<Ingredient> now = {{"b", "2"}, {"a", "1"}};
    EXPECT_THAT(compare(before, now), IsEmpty());
}

TEST(Compare, TakesRepeatedLabelsInTurn) {
    const std::vector<Ingredient> before = {{"mount", "1"}, {"mount", "2"}, {"mount", "3"}};
    const std::vector<Ingredient> now = {{"mount", "1"}, {"mount", "two"}};
    EXPECT_THAT(compare(before, now),
                ElementsAre(Change{Kind::kChanged, "mount"}, Change{Kind::kRemoved, "mount"}));
}

TEST(ShortName, KeepsTheBeginningOfALongOne) {
    EXPECT_EQ(short_name("[app 1/2] RUN make"), "[app 1/2] RUN make");
    const std::string name = short_name(std::string(71, 'x') + "ü" + std::string(9, 'x'));
    EXPECT_EQ(name, std::string(71, 'x') + "…");
}

TEST(ExplainMiss, AnInputOutsideTheInputsIsNamedAsItStands) {
    const Record previous{.ingredients = {{"input 1", "x"}, {"input 99", "x"}, {"input x", "x"}}};
    const Key now{.digest = Digest::of("now"), .ingredients = {{"input 1", "x"}}};
    const std::vector<InputFate> inputs = {{.name = "base"}};
    const auto why = explain_miss(now, {.previous = &previous, .inputs = inputs});
    EXPECT_EQ(why.reason, progress::Reason::kMissInputs);
    EXPECT_EQ(why.detail, "input 99 removed, input x removed");
}

TEST(ExplainMiss, ASummaryIsToldWhenNothingElseIs) {
    const Record previous{
        .ingredients = {{"context file 'a'", "1"}, {"context (names)", "1"}, {"env A (b)", "1"}}};
    const auto detail = [&](std::vector<Ingredient> now) {
        return explain_miss({.digest = Digest::of("now"), .ingredients = std::move(now)},
                            {.previous = &previous, .inputs = {}})
            .detail;
    };
    EXPECT_EQ(detail({{"context file 'a'", "2"}, {"context (names)", "2"}, {"env A (b)", "1"}}),
              "context file 'a' changed");
    EXPECT_EQ(detail({{"context file 'a'", "1"}, {"context (names)", "2"}, {"env A (b)", "2"}}),
              "context (names) changed, env A (b) changed");
}

}  // namespace
}  // namespace slipway::solver
