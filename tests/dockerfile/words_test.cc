#include "dockerfile/words.h"

#include "base/text.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // false, with sanitizers
#endif
#include <regex>

namespace slipway::dockerfile {
namespace {

using slipway::testing::FailsWith;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Values = std::map<std::string, std::string, std::less<>>;

Lookup look_up_in(const Values& values) {
    return [&values](std::string_view name) -> std::optional<std::string> {
        const auto found = values.find(name);
        return found == values.end() ? std::nullopt : std::optional(found->second);
    };
}

Result<std::string> evaluate(char mode, const std::string& input, const Lookup& lookup,
                             char escape) {
    if (mode == 'L') {
        SLIPWAY_ASSIGN(const auto words, expand_words(input, lookup, escape));
        return join(words, "|");
    }
    const Quotes quotes = mode == 'B'   ? Quotes::kKeepRaw
                          : mode == 'D' ? Quotes::kKeepShown
                                        : Quotes::kRemove;
    const Unset unset = mode == 'D' ? Unset::kLeave : Unset::kEmpty;
    SLIPWAY_ASSIGN(auto expanded, expand_word(input, lookup, escape, quotes, unset));
    return std::move(expanded.text);
}

TEST(Words, ExpandAsTheTableSays) {
    std::ifstream table(SLIPWAY_SOURCE_DIR "/tests/dockerfile/words.txt");
    ASSERT_TRUE(table.is_open());
    const std::regex row(R"(^([WLBD]) \[(.*)\] => (?:\[(.*)\]|error (.*))$)");
    Values values;
    const Lookup lookup = look_up_in(values);
    char escape = '\\';
    int cases = 0;
    int number = 0;
    for (std::string line; std::getline(table, line);) {
        SCOPED_TRACE(fmt::format("words.txt:{}: {}", ++number, line));
        std::smatch match;
        if (line.empty() || line[0] == '#') continue;
        if (line.starts_with("set ")) {
            const auto cut = split_once(std::string_view(line).substr(4), '=');
            ASSERT_TRUE(cut);
            values[std::string(cut->first)] = cut->second;
        } else if (line.starts_with("escape ")) {
            escape = line.back();
        } else {
            ASSERT_TRUE(std::regex_match(line, match, row)) << "not a case";
            ++cases;
            const auto result = evaluate(match[1].str()[0], match[2], lookup, escape);
            if (match[4].matched) {
                EXPECT_THAT(result, FailsWith(ErrorCode::kInvalidInput, HasSubstr(match[4].str())));
            } else {
                ASSERT_TRUE(result) << result.error().to_string();
                EXPECT_EQ(*result, match[3].str());
            }
        }
    }
    EXPECT_GT(cases, 100);
}

TEST(Words, TellWhichVariablesWereUsedAndWhichAreUnset) {
    const Values values = {{"a", "1"}, {"b", ""}};
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Expanded expanded,
                                 expand_word("$a ${b:-$c} ${d:-x} '$e'", look_up_in(values)));
    EXPECT_EQ(expanded.text, "1  x $e");
    EXPECT_THAT(expanded.used, ElementsAre("a", "b"));
    EXPECT_THAT(expanded.unset, ElementsAre("c", "d"));
}

TEST(Words, StarsDoNotCrossLineEnds) {
    const Values values = {{"v", "ab\ncd"}};
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Expanded cut,
                                 expand_word("${v##*}|${v%%*}|${v//*/x}", look_up_in(values)));
    EXPECT_EQ(cut.text, "\ncd|ab\n|x\nx");
}

TEST(Words, KeepBytesThatAreNotUtf8) {
    const Values values = {{"v", "\xFFz"}};
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Expanded kept,
                                 expand_word("\xE4$v\xC3", look_up_in(values)));
    EXPECT_EQ(kept.text, "\xE4\xFFz\xC3");
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Expanded cut, expand_word("${v#?}", look_up_in(values)));
    EXPECT_EQ(cut.text, "z");
}

TEST(Words, RefuseDeepNesting) {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += "${x:-";
    EXPECT_THAT(expand_word(deep, look_up_in({})),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("nested too deeply")));
    std::string quoted;
    for (int i = 0; i < 100'000; ++i) quoted += "\"${x:-";
    EXPECT_THAT(expand_word(quoted, look_up_in({})),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("too deeply")));
}

TEST(Words, RefuseResultsThatGrowWithoutBound) {
    const Values values = {{"big", std::string(100'000, 'x')}};
    const auto lookup = look_up_in(values);
    std::string many;
    for (int i = 0; i < 100; ++i) many += "$big";
    EXPECT_THAT(expand_word(many, lookup),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("larger than")));
    EXPECT_THAT(expand_word("\"" + many + "\"", lookup),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("larger than")));
    EXPECT_THAT(expand_word("${big//?/$big}", lookup),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("larger than")));
}

TEST(Words, RefusePatternsThatTakeTooLong) {
    const Values values = {{"value", std::string(100'000, 'a')},
                           {"pattern", std::string(50'000, 'a') + "b"}};
    EXPECT_THAT(expand_word("${value/$pattern/}", look_up_in(values)),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("takes too long")));
    EXPECT_THAT(expand_word("${value##*$pattern*}", look_up_in(values)),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("takes too long")));
}

TEST(Words, ManyStarsCostNoMoreThanOne) {
    const Values values = {{"value", std::string(10'000, 'a')}};
    std::string word = "${value##";
    for (int i = 0; i < 1000; ++i) word += "*a";
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Expanded expanded,
                                 expand_word(word + "*b}", look_up_in(values)));
    EXPECT_EQ(expanded.text.size(), 10'000);
}

}  // namespace
}  // namespace slipway::dockerfile
