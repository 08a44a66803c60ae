#include "cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CompletionTest : public ::testing::Test {
  protected:
    CompletionTest() {
        auto* build = app_.add_subcommand("build", "Build an image");
        build->add_option("PATH", text_)->required();
        build->add_option("-f,--file", text_, "Dockerfile");
        build->add_option("--progress", text_, "How\nprogress is shown")->type_name("auto|plain");
        build->add_option("--call", text_)->type_name("METHOD[,format=json]");
        build->add_flag("--pull", flag_, "Ask for newer images");
        auto* run = app_.add_subcommand("run", "Run a command");
        run->add_option("-u,--user", text_);
        run->prefix_command();
        auto* tag = app_.add_subcommand("tag", "Name an image");
        tag->add_option("IMAGE", text_);
        tag->add_option("NAME", text_);
        app_.add_subcommand("rmi", "Remove names")->add_option("IMAGE", list_);
        app_.add_subcommand("__hidden", "")->group("");
        app_.add_option("--root", text_, "The store");
    }

    std::vector<std::string> texts(const std::vector<std::string>& words) {
        std::vector<std::string> found;
        const auto completion = complete(app_, words, [] {
            return std::vector<std::string>{"app:1", "base:2"};
        });
        for (const auto& candidate : completion.candidates) found.push_back(candidate.text);
        if (completion.files) found.emplace_back("<files>");
        return found;
    }

    CLI::App app_;
    std::string text_;
    std::vector<std::string> list_;
    bool flag_ = false;
};

TEST_F(CompletionTest, CommandsButNotHiddenOnes) {
    EXPECT_THAT(texts({""}), ElementsAre("build", "rmi", "run", "tag"));
    EXPECT_THAT(texts({"r"}), ElementsAre("rmi", "run"));
    EXPECT_THAT(texts({"--root", "/x", "b"}), ElementsAre("build"));
    EXPECT_THAT(texts({"x"}), IsEmpty());
    EXPECT_THAT(texts({}), IsEmpty());
}

TEST_F(CompletionTest, FlagsOfTheCommand) {
    EXPECT_THAT(texts({"--"}), ElementsAre("--help", "--root"));
    EXPECT_THAT(texts({"build", "--p"}), ElementsAre("--progress", "--pull"));
    EXPECT_THAT(texts({"build", "--", "--p"}), ElementsAre("<files>")) << "no flag after --";
}

TEST_F(CompletionTest, HelpIsOneLine) {
    const std::vector<std::string> words = {"build", "--prog"};
    const auto completion = complete(app_, words, [] { return std::vector<std::string>(); });
    EXPECT_THAT(completion.candidates, ElementsAre(Candidate{"--progress", "How"}));
}

TEST_F(CompletionTest, ValuesOfFlags) {
    EXPECT_THAT(texts({"build", "--progress", ""}), ElementsAre("auto", "plain"));
    EXPECT_THAT(texts({"build", "--progress=p"}), ElementsAre("--progress=plain"));
    EXPECT_THAT(texts({"build", "-f", ""}), ElementsAre("<files>"));
    EXPECT_THAT(texts({"build", "--call", ""}), ElementsAre("<files>")) << "no list of choices";
    EXPECT_THAT(texts({"build", "--pull=x"}), IsEmpty());
    EXPECT_THAT(texts({"build", "--no-such=x"}), IsEmpty());
}

TEST_F(CompletionTest, FilesAndImages) {
    EXPECT_THAT(texts({"build", ""}), ElementsAre("<files>"));
    EXPECT_THAT(texts({"build", ".", ""}), IsEmpty()) << "there is one PATH";
    EXPECT_THAT(texts({"tag", "a"}), ElementsAre("app:1"));
    EXPECT_THAT(texts({"tag", "app:1", ""}), ElementsAre("<files>"));
    EXPECT_THAT(texts({"rmi", "app:1", ""}), ElementsAre("app:1", "base:2"));
}

TEST_F(CompletionTest, WhatFollowsAnImageIsItsOwnBusiness) {
    EXPECT_THAT(texts({"run", ""}), ElementsAre("app:1", "base:2"));
    EXPECT_THAT(texts({"run", "-u", "1000", "b"}), ElementsAre("base:2"));
    EXPECT_THAT(texts({"run", "app:1", "--p"}), ElementsAre("<files>"));
}

TEST_F(CompletionTest, WhatACommandTakesBesides) {
    app_.add_subcommand("stack", "Build stacks")->allow_extras();
    const auto found = [&](const std::vector<std::string>& words) {
        const auto completion = complete(
            app_, words, [] { return std::vector<std::string>(); },
            [] {
                return ExtraWords{
                    .flags = {{.name = "--cuda",
                               .help = "CUDA",
                               .takes_value = true,
                               .choices = {"12.9", "13.0"}},
                              {.name = "--kvbm", .help = "", .takes_value = false, .choices = {}}},
                    .words = {{"none", "an engine"}}};
            });
        std::vector<std::string> all;
        for (const auto& candidate : completion.candidates) all.push_back(candidate.text);
        return all;
    };
    EXPECT_THAT(found({"stack", "n"}), ElementsAre("none"));
    EXPECT_THAT(found({"stack", "--"}), ElementsAre("--cuda", "--help", "--kvbm"));
    EXPECT_THAT(found({"stack", "--cuda", ""}), ElementsAre("12.9", "13.0"));
    EXPECT_THAT(found({"stack", "--cuda=13"}), ElementsAre("--cuda=13.0"));
    EXPECT_THAT(found({"stack", "--kvbm", ""}), ElementsAre("none"));
    EXPECT_THAT(found({"build", "--cu"}), IsEmpty()) << "the command takes no others";
}

}  // namespace
}  // namespace slipway::cli
