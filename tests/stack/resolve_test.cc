#include "stack/resolve.h"

#include "small_stack.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::stack {
namespace {

using ::slipway::testing::FailsWith;
using ::testing::HasSubstr;

Selection on_amd64() {
    Selection selection;
    selection.platforms = {"linux/amd64"};
    return selection;
}

Result<std::vector<Variant>> resolve_it(const Selection& selection, const std::string& more = "") {
    auto stack = parse(small_stack(more), kSmallLock, "/s");
    if (!stack) return std::move(stack).error();
    return resolve(*stack, selection);
}

TEST(StackResolve, TakesDefaults) {
    const auto variants = resolve_it(on_amd64());
    ASSERT_TRUE(variants) << variants.error().to_string();
    ASSERT_EQ(variants->size(), 1U);
    const Variant& variant = variants->front();
    EXPECT_EQ(variant.name(), "none-runtime");
    EXPECT_EQ(variant.stage, "none_runtime");
    EXPECT_EQ(variant.flavour, "debian");
    EXPECT_EQ(variant.values.at("cuda").text, "none");
    EXPECT_EQ(variant.values.at("cuda").origin, Origin::kDefault);
    EXPECT_EQ(variant.args.at("ARCH"), "amd64");
    EXPECT_EQ(variant.args.at("TORCH_BACKEND"), "");
    EXPECT_EQ(variant.args.at("PACKAGES"), "g++ make");
    EXPECT_EQ(variant.args.at("JOBS"), "16");
}

TEST(StackResolve, GivenStandsAboveConditionalAboveDefault) {
    Selection selection = on_amd64();
    selection.flavour = "upstream";
    auto variants = resolve_it(selection);
    ASSERT_TRUE(variants);
    EXPECT_EQ(variants->front().values.at("cuda").text, "12.9");
    EXPECT_EQ(variants->front().values.at("cuda").origin, Origin::kConditional);
    EXPECT_EQ(variants->front().args.at("TORCH_BACKEND"), "cu129");

    selection.values = {{"cuda-version", "13.0"}, {"kvbm", "1"}};
    variants = resolve_it(selection);
    ASSERT_TRUE(variants) << variants.error().to_string();
    EXPECT_EQ(variants->front().values.at("cuda").origin, Origin::kGiven);
    EXPECT_EQ(variants->front().args.at("TORCH_BACKEND"), "cu130");
    EXPECT_EQ(variants->front().args.at("KVBM"), "true");

    selection.flavour = "debian";
    variants = resolve_it(selection);
    ASSERT_TRUE(variants);
    EXPECT_EQ(variants->front().args.at("PACKAGES"), "g++ make libkv");
}

TEST(StackResolve, MakesEveryCombination) {
    Selection selection;
    selection.engines = {"PLAIN", "vllm", "none"};
    selection.platforms = {"all"};
    auto variants = resolve_it(selection);
    ASSERT_TRUE(variants);
    EXPECT_EQ(variants->size(), 4U);
    selection.engines = {"all"};
    selection.targets = {"all"};
    EXPECT_THAT(resolve_it(selection),
                FailsWith(ErrorCode::kUsage, HasSubstr("'none' has no target 'framework'")));
    selection.engines = {"vllm"};
    variants = resolve_it(selection);
    ASSERT_TRUE(variants);
    EXPECT_EQ(variants->size(), 4U);
}

TEST(StackResolve, RefusesNamesThatThereAreNot) {
    const auto fails = [](auto change, const char* message) {
        Selection selection = on_amd64();
        change(selection);
        EXPECT_THAT(resolve_it(selection), FailsWith(ErrorCode::kUsage, HasSubstr(message)));
    };
    fails([](Selection& s) { s.engines = {"vlm"}; }, "no engine 'vlm'");
    fails([](Selection& s) { s.targets = {"x"}; }, "no target 'x'");
    fails([](Selection& s) { s.platforms = {"linux/riscv64"}; }, "no platform");
    fails([](Selection& s) { s.flavour = "x"; }, "no flavour 'x'");
    fails([](Selection& s) { s.values = {{"x", "1"}}; }, "no parameter 'x'");
    fails([](Selection& s) { s.values = {{"cuda", "11"}}; }, "'11' is none of");
}

TEST(StackResolve, RulesForce) {
    const char* rule =
        "[[rule]]\nwhen = {engine = \"vllm\"}\nforce = {kvbm = true}\nmessage = \"vllm wants "
        "it\"\n";
    Selection selection = on_amd64();
    selection.engines = {"all"};
    auto variants = resolve_it(selection, rule);
    ASSERT_TRUE(variants) << variants.error().to_string();
    EXPECT_EQ((*variants)[0].values.at("kvbm").text, "false");
    EXPECT_EQ((*variants)[1].values.at("kvbm").text, "true");
    EXPECT_EQ((*variants)[1].values.at("kvbm").origin, Origin::kForced);
    selection.values["kvbm"] = "false";
    const auto refused = resolve_it(selection, rule);
    EXPECT_THAT(refused, FailsWith(ErrorCode::kUsage, HasSubstr("must be 'true' here")));
    EXPECT_EQ(refused.error().hint(), "vllm wants it");
}

TEST(StackResolve, RulesRequireAndForbidAndRefuse) {
    Selection selection = on_amd64();
    selection.values["kvbm"] = "true";
    const std::string bucket =
        "[[parameter]]\nname = \"bucket\"\ntype = \"string\"\nhelp = \"h\"\n";
    const std::string require =
        bucket +
        "[[rule]]\nwhen = {kvbm = true}\nrequire = [\"bucket\"]\nmessage = \"to put it in\"\n";
    EXPECT_THAT(resolve_it(selection, require),
                FailsWith(ErrorCode::kUsage, HasSubstr("bucket is needed: to put it in")));
    const std::string forbid =
        bucket +
        "[[rule]]\nwhen = {kvbm = true}\nforbid = [\"bucket\"]\nmessage = \"they clash\"\n";
    EXPECT_TRUE(resolve_it(selection, forbid));
    selection.values["bucket"] = "b";
    EXPECT_TRUE(resolve_it(selection, require));
    EXPECT_THAT(resolve_it(selection, forbid),
                FailsWith(ErrorCode::kUsage, HasSubstr("bucket cannot be given: they clash")));
    EXPECT_THAT(
        resolve_it(selection, bucket +
                                  "[[rule]]\nwhen = {kvbm = true, cuda = \"none\"}\nerror = true\n"
                                  "message = \"KVBM needs CUDA\"\n"),
        FailsWith(ErrorCode::kUsage, HasSubstr("KVBM needs CUDA")));
}

TEST(StackResolve, ADerivedValueNamesOnlyArgumentsThatThereAre) {
    EXPECT_THAT(resolve_it(on_amd64(), "[[derived]]\narg = \"X\"\nvalue = \"${NOTHING}\"\n"),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("'NOTHING'")));
}

TEST(StackResolve, TheTextOfAFolderIsNoBuildArgument) {
    const char* parameter =
        "[[parameter]]\nname = \"wheel_dir\"\ntype = \"path\"\ncontext = \"wheel\"\nhelp = \"h\"\n";
    Selection selection = on_amd64();
    auto variants = resolve_it(selection, parameter);
    ASSERT_TRUE(variants) << variants.error().to_string();
    EXPECT_EQ(variants->front().args.at("WHEEL_DIR"), "");
    selection.values["wheel_dir"] = "/home/me/wheels";
    variants = resolve_it(selection, parameter);
    ASSERT_TRUE(variants);
    EXPECT_EQ(variants->front().args.at("WHEEL_DIR"), "true");
    EXPECT_EQ(variants->front().values.at("wheel_dir").text, "/home/me/wheels");
}

}  // namespace
}  // namespace slipway::stack
