#include "engine/entitlements.h"

#include "os/file.h"
#include "os/temp.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::engine {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;

Entitlements allowing(const std::vector<std::string>& texts) {
    Entitlements allowed;
    for (const auto& text : texts) EXPECT_THAT(add_entitlement(text, allowed), IsOk());
    return allowed;
}

TEST(Entitlements, AreNamedAsBuildxNamesThem) {
    const Entitlements allowed = allowing({"network.host", "security.insecure", "device=a/b=c"});
    EXPECT_TRUE(allowed.network_host && allowed.security_insecure && !allowed.all_devices);
    EXPECT_TRUE(allowing({"device"}).all_devices);
    Entitlements none;
    const auto unknown = add_entitlement("network.hots", none);
    ASSERT_THAT(unknown, FailsWith(ErrorCode::kUsage, HasSubstr("network.hots")));
    EXPECT_THAT(unknown.error().hint().value_or(""), HasSubstr("network.host"));
    EXPECT_THAT(add_entitlement("device=a/b=c,x=y", none),
                FailsWith(ErrorCode::kUsage, HasSubstr("x=y")));
}

TEST(Entitlements, AreNeededForTheHostsNetworkAndForNoSandbox) {
    pb::ExecOp op;
    EXPECT_THAT(check_allowed(op, {}), IsOk());
    op.set_network(pb::NONE);
    EXPECT_THAT(check_allowed(op, {}), IsOk());
    op.set_network(pb::HOST);
    EXPECT_THAT(check_allowed(op, {}),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("network.host is not allowed")));
    EXPECT_THAT(check_allowed(op, allowing({"network.host"})), IsOk());
    op.set_security(pb::INSECURE);
    EXPECT_THAT(check_allowed(op, allowing({"network.host"})),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("security.insecure is not allowed")));
}

class DeviceChoice : public ::testing::Test {
  protected:
    void SetUp() override {
        auto dir = os::TempDir::create("/tmp", "cdi");
        ASSERT_THAT(dir, IsOk());
        ASSERT_THAT(os::write_file(dir->path() + "/a.json", R"({
            "cdiVersion": "0.6.0", "kind": "example.com/gpu",
            "devices": [{"name": "0"}, {"name": "1"},
                        {"name": "free", "annotations":
                            {"org.mobyproject.buildkit.device.autoallow": "true"}}]})"),
                    IsOk());
        registry_ = exec::CdiRegistry::load({dir->path()});
    }

    Result<std::vector<std::string>> choose(const std::string& name, const Entitlements& allowed,
                                            bool optional = false) {
        pb::ExecOp op;
        op.add_cdidevices()->set_name(name);
        op.mutable_cdidevices(0)->set_optional(optional);
        missing_.clear();
        return choose_devices(op, allowed, registry_, &missing_);
    }

    exec::CdiRegistry registry_;
    std::vector<std::string> missing_;
};

TEST_F(DeviceChoice, WhatIsNotAllowedIsRefused) {
    EXPECT_THAT(choose("example.com/gpu=1", {}),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("device example.com/gpu=1 is")));
    EXPECT_THAT(choose("example.com/gpu=1", allowing({"device=example.com/gpu=0"})),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("not allowed")));
    EXPECT_THAT(choose("example.com/gpu=1", allowing({"device=example.com/gpu=1"})),
                IsOkAndHolds(ElementsAre("example.com/gpu=1")));
    EXPECT_THAT(choose("example.com/gpu=*", allowing({"device"})),
                IsOkAndHolds(
                    ElementsAre("example.com/gpu=0", "example.com/gpu=1", "example.com/gpu=free")));
    EXPECT_THAT(choose("example.com/gpu=free", {}),
                IsOkAndHolds(ElementsAre("example.com/gpu=free")));
    EXPECT_THAT(choose("card", allowing({"device=example.com/gpu=1,alias=card"})),
                IsOkAndHolds(ElementsAre("example.com/gpu=1")));
}

TEST_F(DeviceChoice, WhatIsMissingIsAnErrorOnlyWhenRequired) {
    const auto required = choose("other.com/x=1", allowing({"device"}));
    ASSERT_THAT(required, FailsWith(ErrorCode::kNotFound, HasSubstr("'other.com/x=1'")));
    EXPECT_THAT(required.error().hint().value_or(""), HasSubstr("example.com/gpu=0"));
    EXPECT_THAT(choose("other.com/x=1", {}, true), IsOkAndHolds(IsEmpty()));
    EXPECT_THAT(missing_, ElementsAre("other.com/x=1"));
}

}  // namespace
}  // namespace slipway::engine
