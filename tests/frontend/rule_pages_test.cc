// Each rule has its page, each page a rule; the rule finds the first example of the page and is
// content with the second.
#include "dockerfile/ignore.h"
#include "lint_case.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace slipway::frontend {
namespace {

using dockerfile::lint::RuleInfo;
using ::testing::Contains;
using ::testing::Not;

const std::filesystem::path kPages = std::string(SLIPWAY_SOURCE_DIR) + "/docs/rules";

std::string page_of(std::string_view rule) {
    return read_test_file((kPages / (std::string(rule) + ".md")).string());
}

/// The texts between "```kind" and "```".
std::vector<std::string> blocks(const std::string& page, const std::string& kind) {
    std::vector<std::string> found;
    const std::string open = "```" + kind + "\n";
    for (std::size_t at = page.find(open); at != std::string::npos; at = page.find(open, at)) {
        at += open.size();
        const std::size_t end = page.find("```\n", at);
        found.push_back(page.substr(at, end - at));
        at = end;
    }
    return found;
}

TEST(RulePages, AreThoseOfTheRules) {
    std::set<std::string> pages;
    for (const auto& entry : std::filesystem::directory_iterator(kPages)) {
        if (entry.path().filename() != "README.md") pages.insert(entry.path().stem());
    }
    std::set<std::string> rules;
    for (const RuleInfo& rule : dockerfile::lint::all_rules()) rules.emplace(rule.name);
    EXPECT_EQ(pages, rules);
}

TEST(RulePages, AreInTheIndex) {
    const std::string index = page_of("README");
    for (const RuleInfo& rule : dockerfile::lint::all_rules()) {
        EXPECT_THAT(index, ::testing::HasSubstr(fmt::format("[{0}]({0}.md)", rule.name)));
    }
}

class RulePage : public CheckTest, public ::testing::WithParamInterface<RuleInfo> {
  protected:
    std::set<std::string> rules_found(const std::string& text) {
        std::set<std::string> names;
        for (const auto& finding : check_it(text).findings)
            names.emplace(dockerfile::lint::info(finding.rule).name);
        return names;
    }
};

TEST_P(RulePage, TellsWhatTheRuleFinds) {
    const std::string name(GetParam().name);
    const std::string page = page_of(name);
    EXPECT_TRUE(page.starts_with("# " + name + "\n")) << page;
    const std::vector<std::string> examples = blocks(page, "dockerfile");
    ASSERT_EQ(examples.size(), 2U);
    const image::Platform platform = request.platform;
    if (name == "InvalidBaseImagePlatform") request.platform.architecture = "arm64";
    for (const std::string& ignore : blocks(page, "dockerignore"))
        request.ignore_patterns = dockerfile::parse_ignore_file(ignore);
    EXPECT_THAT(rules_found(examples[0]), Contains(name)) << examples[0];
    request.platform = platform;
    EXPECT_THAT(rules_found(examples[1]), Not(Contains(name))) << examples[1];
    EXPECT_FALSE(check_it(examples[1]).error) << check_it(examples[1]).error->to_string();
}

INSTANTIATE_TEST_SUITE_P(Lint, RulePage, ::testing::ValuesIn(dockerfile::lint::all_rules()),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace slipway::frontend
