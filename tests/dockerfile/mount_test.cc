#include "base/text.h"
#include "dockerfile/ast.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::dockerfile {
namespace {

using slipway::testing::FailsWith;
using ::testing::HasSubstr;

TEST(ParseMount, IsABindMountUnlessToldOtherwise) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Mount mount, parse_mount("target=/src"));
    EXPECT_EQ(mount.type, Mount::Type::kBind);
    EXPECT_EQ(mount.target, "/src");
    EXPECT_EQ(mount.readonly, std::nullopt);
    EXPECT_EQ(mount.env, std::nullopt);
}

TEST(ParseMount, ReadsEveryKey) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Mount cache,
                                 parse_mount("type=cache,from=base,source=/c,target=/"
                                             "t,id=x,sharing=locked,mode=0750,uid=1000,gid=0,ro"));
    EXPECT_EQ(cache.type, Mount::Type::kCache);
    EXPECT_EQ(cache.from, "base");
    EXPECT_EQ(cache.source, "/c");
    EXPECT_EQ(cache.target, "/t");
    EXPECT_EQ(cache.id, "x");
    EXPECT_EQ(cache.sharing, Mount::Sharing::kLocked);
    EXPECT_EQ(cache.mode, 0750U);
    EXPECT_EQ(cache.uid, 1000U);
    EXPECT_EQ(cache.gid, 0U);
    EXPECT_EQ(cache.readonly, true);

    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Mount secret,
                                 parse_mount("type=secret,id=token,env=TOKEN,required"));
    EXPECT_EQ(secret.type, Mount::Type::kSecret);
    EXPECT_EQ(secret.env, "TOKEN");
    EXPECT_TRUE(secret.required);

    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Mount tmpfs, parse_mount("type=tmpfs,dst=/tmp,size=64m"));
    EXPECT_EQ(tmpfs.size, 64U << 20U);
}

TEST(ParseMount, KnowsTheOtherNamesOfKeys) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Mount mount,
                                 parse_mount("TYPE=BIND,src=a,destination=/b,rw=true"));
    EXPECT_EQ(mount.source, "a");
    EXPECT_EQ(mount.target, "/b");
    EXPECT_EQ(mount.readonly, false);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Mount written, parse_mount("target=/b,readonly=0"));
    EXPECT_EQ(written.readonly, false);
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Mount optional, parse_mount("required=false,id=x,type=ssh"));
    EXPECT_FALSE(optional.required);
}

TEST(ParseMount, FieldsInQuotesMayHoldCommas) {
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Mount mount,
                                 parse_mount(R"("target=/a,b","source=say ""x""")"));
    EXPECT_EQ(mount.target, "/a,b");
    EXPECT_EQ(mount.source, "say \"x\"");
}

TEST(ParseMount, ExpandsValuesAfterCuttingTheFields) {
    const Expander expand = [](std::string_view text) -> Result<std::string> {
        return text == "$x" ? std::string("a,id=b") : std::string(text);
    };
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const Mount mount,
                                 parse_mount("type=cache,target=$x,from=$x", expand));
    EXPECT_EQ(mount.target, "a,id=b");
    EXPECT_EQ(mount.from, "$x");
    EXPECT_EQ(mount.id, "");
}

TEST(ParseMount, PassesOnAnErrorOfTheExpansion) {
    const Expander fail = [](std::string_view) -> Result<std::string> {
        return make_error(ErrorCode::kInvalidInput, "x is unset");
    };
    EXPECT_THAT(parse_mount("target=$x", fail),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("x is unset")));
}

TEST(ParseMount, NamesTheNearestKeyTypeAndSharing) {
    const auto key = parse_mount("type=cache,targte=/x");
    EXPECT_THAT(key, FailsWith(ErrorCode::kInvalidInput, HasSubstr("unknown key 'targte'")));
    EXPECT_EQ(key.error().hint(), "did you mean 'target'?");
    const auto type = parse_mount("type=cahce,target=/x");
    EXPECT_THAT(type, FailsWith(ErrorCode::kInvalidInput, HasSubstr("unknown mount type 'cahce'")));
    EXPECT_EQ(type.error().hint(), "did you mean 'cache'?");
    const auto sharing = parse_mount("type=cache,target=/x,sharing=loked");
    EXPECT_THAT(sharing,
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("unknown mount sharing 'loked'")));
    EXPECT_EQ(sharing.error().hint(), "did you mean 'locked'?");
}

struct Refusal {
    const char* value;
    const char* message;
};

class RefusedMount : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusedMount, SaysWhy) {
    EXPECT_THAT(parse_mount(GetParam().value),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    ParseMount, RefusedMount,
    ::testing::Values(Refusal{"", "it is empty"}, Refusal{"target", "'target' needs a value"},
                      Refusal{"target=/x,", "unknown key ''"},
                      Refusal{"ro=maybe", "neither true nor false"},
                      Refusal{"type=cache,mode=9", "no octal number"},
                      Refusal{"type=cache,mode=-1", "no octal number"},
                      Refusal{"type=cache,uid=4294967296", "no decimal number"},
                      Refusal{"type=cache,gid=root", "no decimal number"},
                      Refusal{"mode=0755", "a bind mount has no 'mode'"},
                      Refusal{"uid=1", "a bind mount has no 'uid'"},
                      Refusal{"type=tmpfs,gid=1", "a tmpfs mount has no 'gid'"},
                      Refusal{"type=tmpfs,size=much", "no size"},
                      Refusal{"type=cache,size=1m", "has no 'size'"},
                      Refusal{"type=bind,sharing=locked", "a bind mount has no 'sharing'"},
                      Refusal{"type=secret,sharing=shared,id=x", "a secret mount has no 'sharing'"},
                      Refusal{"type=secret,from=a,id=x", "a secret mount has no 'from'"},
                      Refusal{"type=secret", "needs an id, a source or a target"},
                      Refusal{"type=secret,id=a,source=b", "not by both"},
                      Refusal{"type=cache,required", "a cache mount has no 'required'"},
                      Refusal{"target=\"/x\"", "a quote inside an unquoted field"},
                      Refusal{"\"target=/x", "a closing quote is missing"},
                      Refusal{"\"target=/x\"y", "text behind a closing quote"}));

}  // namespace
}  // namespace slipway::dockerfile
