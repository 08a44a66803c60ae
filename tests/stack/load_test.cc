#include "small_stack.h"
#include "stack/stack.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace slipway::stack {
namespace {

using ::slipway::testing::FailsWith;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Of the first thing that is wrong.
Error error_of(const std::string& more) {
    auto stack = parse(small_stack(more), "", "/s");
    EXPECT_FALSE(stack.has_value()) << more;
    return stack ? Error(ErrorCode::kInternal, "none") : std::move(stack).error();
}

int lines_before() {
    const std::string text = small_stack();
    return static_cast<int>(std::ranges::count(text, '\n'));
}

TEST(StackLoad, ReadsEveryTable) {
    const auto stack = parse(small_stack(), kSmallLock, "/s");
    ASSERT_TRUE(stack) << stack.error().to_string();
    EXPECT_EQ(stack->name, "small");
    EXPECT_EQ(stack->image, "small");
    EXPECT_THAT(stack->stages, ElementsAre("base.dockerfile", "app.dockerfile"));
    EXPECT_EQ(stack->engines.size(), 2U);
    EXPECT_EQ(stack->platforms[1].names.at("ARCH"), "arm64");
    EXPECT_EQ(stack->components[0].locked.at("v1").size(), 40U);
    EXPECT_EQ(stack->components[1].locked.count("3"), 1U);
    const Parameter* cuda = stack->find_parameter("cuda-version");
    ASSERT_NE(cuda, nullptr);
    EXPECT_EQ(cuda->name, "cuda");
    EXPECT_EQ(cuda->defaults.size(), 1U);
    EXPECT_EQ(stack->find_parameter("jobs")->fallback, "16");
    EXPECT_EQ(stack->find_parameter("kvbm")->arg, "KVBM");
}

TEST(StackLoad, NamesTheLineOfWhatIsWrong) {
    const Error error = error_of("\n[[engine]]\nname = \"x\"\nhelp = \"y\"\ncolour = \"red\"\n");
    EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
    EXPECT_THAT(error.message(), HasSubstr("[[engine]] has no 'colour'"));
    EXPECT_EQ(error.where(),
              (SourceRange{"/s/stack.toml", lines_before() + 5, lines_before() + 5}));
}

TEST(StackLoad, RefusesWhatItDoesNotKnow) {
    EXPECT_THAT(error_of("[[engin]]\nname = \"x\"\n").hint(), "did you mean 'engine'?");
    EXPECT_THAT(error_of("[[engine]]\nname = \"x\"\n").message(), HasSubstr("needs 'help'"));
    EXPECT_THAT(error_of("[[engine]]\nname = \"X Y\"\nhelp = \"h\"\n").message(),
                HasSubstr("is no name"));
    EXPECT_THAT(error_of("[[engine]]\nname = 3\nhelp = \"h\"\n").message(),
                HasSubstr("'name' is not a string"));
    EXPECT_THAT(error_of("[[engine]]\nname = \"none\"\nhelp = \"h\"\n").message(),
                HasSubstr("two engines have the name 'none'"));
    EXPECT_THAT(
        error_of("[[rule]]\nwhen = {cudda = \"13.0\"}\nerror = true\nmessage = \"m\"\n").hint(),
        "did you mean 'cuda'?");
    EXPECT_THAT(
        error_of("[[rule]]\nwhen = {cuda = \"13.1\"}\nerror = true\nmessage = \"m\"\n").message(),
        HasSubstr("'13.1' is none of none, 12.9, 13.0"));
    EXPECT_THAT(
        error_of("[[rule]]\nwhen = {engine = \"x\"}\nerror = true\nmessage = \"m\"\n").message(),
        HasSubstr("no engine 'x'"));
    EXPECT_THAT(error_of("[[rule]]\nwhen = {cuda = \"13.0\"}\nmessage = \"m\"\n").message(),
                HasSubstr("one of 'require'"));
    EXPECT_THAT(
        error_of("[[parameter]]\nname = \"p\"\ntype = \"colour\"\nhelp = \"h\"\n").message(),
        HasSubstr("none of the types"));
    EXPECT_THAT(
        error_of("[[parameter]]\nname = \"p\"\ntype = \"int\"\ndefault = \"x\"\nhelp = \"h\"\n")
            .message(),
        HasSubstr("is no integer"));
    EXPECT_THAT(error_of("[[component]]\nname = \"c\"\nlicence = \"l\"\n").message(),
                HasSubstr("from 'git' or from a 'url'"));
    EXPECT_THAT(error_of("= 3\n").where()->first_line, lines_before() + 1);
}

TEST(StackLoad, ReadsTheLockThatItWrites) {
    auto stack = parse(small_stack(), kSmallLock, "/s");
    ASSERT_TRUE(stack);
    stack->components[0].locked["v1.2/x"] = std::string(40, 'a');
    const auto again = parse(small_stack(), lock_text(*stack), "/s");
    ASSERT_TRUE(again) << again.error().to_string();
    for (std::size_t i = 0; i < stack->components.size(); ++i)
        EXPECT_EQ(again->components[i].locked, stack->components[i].locked);
    EXPECT_THAT(parse(small_stack(), "[[component]]\nname = \"ucx\"\nlocke = {}\n", "/s"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("no 'locke'")));
}

TEST(StackLoad, AFolderWithoutAStackIsNone) {
    EXPECT_THAT(load("/nowhere"), FailsWith(ErrorCode::kNotFound, HasSubstr("stack.toml")));
}

TEST(StackValues, AreWrittenOneWay) {
    const auto stack = parse(small_stack(), "", "/s");
    const auto check = [&](const char* name, const char* value) {
        const auto checked = check_value(*stack->find_parameter(name), value);
        return checked ? *checked : "error: " + checked.error().message();
    };
    EXPECT_EQ(check("kvbm", "True"), "true");
    EXPECT_EQ(check("kvbm", "0"), "false");
    EXPECT_EQ(check("kvbm", "maybe"), "error: kvbm: 'maybe' is neither true nor false");
    EXPECT_EQ(check("jobs", "4"), "4");
    EXPECT_EQ(check("jobs", "0"), "error: jobs: '0' is less than 1");
    EXPECT_EQ(check("ucx_ref", "a b"), "error: ucx_ref: 'a b' is no ref");
}

TEST(StackLoad, AFolderBecomesAContext) {
    const std::string head = "[[parameter]]\nname = \"wheel_dir\"\nhelp = \"h\"\n";
    const auto stack = parse(
        small_stack(head + "type = \"path\"\ncontext = \"wheel\"\n"
                           "wheels = {package = \"p\", machine = \"${ARCH}\", python = \"cp3\"}\n"),
        "", "/s");
    ASSERT_TRUE(stack) << stack.error().to_string();
    const Parameter& parameter = *stack->find_parameter("wheel-dir");
    EXPECT_EQ(parameter.context, "wheel");
    ASSERT_TRUE(parameter.wheels);
    EXPECT_EQ(parameter.wheels->machine, "${ARCH}");
    EXPECT_EQ(parameter.wheels->commit, "");

    EXPECT_THAT(error_of(head + "type = \"string\"\ncontext = \"wheel\"\n").message(),
                HasSubstr("'context' is for type = \"path\""));
    EXPECT_THAT(
        error_of(head + "type = \"path\"\nwheels = {package = \"p\", machine = \"m\"}\n").message(),
        HasSubstr("'wheels' needs 'context'"));
    EXPECT_THAT(
        error_of(head + "type = \"path\"\ncontext = \"wheel\"\ndefault = \"/tmp\"\n").message(),
        HasSubstr("has no default"));
    EXPECT_THAT(
        error_of(head + "type = \"path\"\ncontext = \"w\"\nwheels = {package = \"p\"}\n").message(),
        HasSubstr("[wheels] needs 'machine'"));
}

TEST(StackLoad, AFlavourHasSourcesOfItsOwn) {
    const std::string flavour = "[[flavour]]\nname = \"suse\"\nhelp = \"h\"\n";
    const auto stack = parse(small_stack(flavour + "sources = {ucx = \"apt:ucx\"}\n"), "", "/s");
    ASSERT_TRUE(stack) << stack.error().to_string();
    EXPECT_EQ(stack->flavours.back().sources.at("ucx"), "apt:ucx");
    const Error error = error_of(flavour + "sources = {ucxx = \"apt:ucx\"}\n");
    EXPECT_EQ(error.message(), "there is no component 'ucxx'");
    EXPECT_EQ(error.hint(), "did you mean 'ucx'?");
}

}  // namespace
}  // namespace slipway::stack
