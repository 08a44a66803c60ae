#include "exec/cdi.h"

#include "exec/internal/yaml.h"
#include "os/file.h"
#include "os/temp.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::exec {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::SizeIs;

class Cdi : public ::testing::Test {
  protected:
    void SetUp() override {
        ASSERT_THAT(dir_, IsOk());
        ASSERT_THAT(os::make_dirs(dir_->path() + "/etc"), IsOk());
        ASSERT_THAT(os::make_dirs(dir_->path() + "/run"), IsOk());
    }
    void write(const std::string& name, std::string_view text) {
        ASSERT_THAT(os::write_file(dir_->path() + "/" + name, text), IsOk());
    }
    CdiRegistry load() {
        return CdiRegistry::load(
            {dir_->path() + "/etc", dir_->path() + "/run", dir_->path() + "/missing"});
    }

    Result<os::TempDir> dir_ = os::TempDir::create("/tmp", "cdi");
};

constexpr const char* kGpu = R"(
cdiVersion: "0.6.0"
kind: nvidia.com/gpu
containerEdits:
  env:
    - NVIDIA_VISIBLE_DEVICES=void
  hooks:
    - hookName: createContainer
      path: /usr/bin/nvidia-cdi-hook
      args: [nvidia-cdi-hook, update-ldcache]
      timeout: 5
  mounts:
    - hostPath: /usr/lib/libcuda.so.1
      containerPath: /usr/lib/libcuda.so.1
      options: [ro, nosuid, nodev, bind]
devices:
  - name: "0"
    containerEdits:
      deviceNodes:
        - path: /dev/nvidia0
          fileMode: 0660
          permissions: rw
          uid: 0
          gid: 44
  - name: "1"
    containerEdits:
      deviceNodes: [{path: /dev/nvidia1, hostPath: /dev/other}]
      additionalGids: [44]
  - name: all
    annotations: {org.mobyproject.buildkit.device.class: gpu}
)";

TEST_F(Cdi, ReadsWhatVendorsToolsWrite) {
    write("etc/nvidia.yaml", kGpu);
    write("etc/readme.txt", "{");
    const CdiRegistry registry = load();
    EXPECT_EQ(registry.problems(), "");
    EXPECT_THAT(registry.names(),
                ElementsAre("nvidia.com/gpu=0", "nvidia.com/gpu=1", "nvidia.com/gpu=all"));
    const auto edits = registry.edits({"nvidia.com/gpu=0", "nvidia.com/gpu=1"});
    ASSERT_THAT(edits, IsOk());
    EXPECT_THAT(edits->env, ElementsAre("NVIDIA_VISIBLE_DEVICES=void")) << "once, for both";
    ASSERT_THAT(edits->hooks, SizeIs(1));
    EXPECT_EQ(edits->hooks[0].when, "createContainer");
    EXPECT_EQ(edits->hooks[0].timeout, 5);
    EXPECT_THAT(edits->hooks[0].args, ElementsAre("nvidia-cdi-hook", "update-ldcache"));
    ASSERT_THAT(edits->mounts, SizeIs(1));
    EXPECT_THAT(edits->mounts[0].options, ElementsAre("ro", "nosuid", "nodev", "bind"));
    ASSERT_THAT(edits->nodes, SizeIs(2));
    EXPECT_EQ(edits->nodes[0].host_path, "/dev/nvidia0");
    EXPECT_EQ(edits->nodes[0].mode, 0660U);
    EXPECT_EQ(edits->nodes[0].gid, 44U);
    EXPECT_EQ(edits->nodes[0].permissions, "rw");
    EXPECT_EQ(edits->nodes[1].host_path, "/dev/other");
    EXPECT_EQ(edits->nodes[1].permissions, "rwm");
    EXPECT_THAT(edits->groups, ElementsAre(44U));
}

TEST_F(Cdi, FindsByNameKindAndClass) {
    write("etc/nvidia.yaml", kGpu);
    const CdiRegistry registry = load();
    EXPECT_THAT(registry.find("nvidia.com/gpu=1"), ElementsAre("nvidia.com/gpu=1"));
    EXPECT_THAT(registry.find("nvidia.com/gpu"), ElementsAre("nvidia.com/gpu=0"));
    EXPECT_THAT(registry.find("nvidia.com/gpu=*"), SizeIs(3));
    EXPECT_THAT(registry.find("gpu"), ElementsAre("nvidia.com/gpu=all"));
    EXPECT_THAT(registry.find("nvidia.com/gpu=9"), IsEmpty());
    EXPECT_THAT(registry.find("nvidia.com"), IsEmpty());
    EXPECT_THAT(registry.edits({"nvidia.com/gpu=9"}),
                FailsWith(ErrorCode::kNotFound, HasSubstr("gpu=9")));
}

TEST_F(Cdi, ALaterDirectoryReplacesAndTwoOfOneAreNone) {
    const auto spec = [](const std::string& value) {
        return R"({"kind":"a.com/b","devices":[{"name":"c","containerEdits":{"env":["X=)" + value +
               R"("]}}]})";
    };
    write("etc/one.json", spec("etc"));
    write("run/one.json", spec("run"));
    const auto edits = load().edits({"a.com/b=c"});
    ASSERT_THAT(edits, IsOk());
    EXPECT_THAT(edits->env, ElementsAre("X=run"));
    write("run/two.json", spec("again"));
    const CdiRegistry registry = load();
    EXPECT_THAT(registry.names(), IsEmpty());
    EXPECT_THAT(registry.problems(), HasSubstr("'a.com/b=c' stands in two files"));
}

TEST_F(Cdi, AMalformedFileIsLeftOutAndRemembered) {
    write("etc/good.json", R"({"kind":"a.com/b","devices":[{"name":"c"}]})");
    write("etc/bad.json", R"({"kind":"a.com/b","devices":[{"name":"d","containerEdits":
        {"deviceNodes":[{"path":"relative"}]}}]})");
    write("etc/broken.yaml", "kind: [");
    write("etc/kind.json", R"({"kind":"none","devices":[]})");
    const CdiRegistry registry = load();
    EXPECT_THAT(registry.names(), ElementsAre("a.com/b=c"));
    for (const char* const part : {"bad.json", "'path' is malformed", "broken.yaml", "kind.json"})
        EXPECT_THAT(registry.problems(), HasSubstr(part));
}

TEST(Yaml, IsReadAsTextsListsAndMaps) {
    const auto json = parse_yaml("a: 1\nb: [x, 'y z', {c: null}]\nd: &d {e: f}\ng: *d\n");
    ASSERT_THAT(json, IsOk());
    EXPECT_EQ(json->dump(),
              R"({"a":"1","b":["x","y z",{"c":"null"}],"d":{"e":"f"},"g":{"e":"f"}})");
    EXPECT_THAT(parse_yaml("a: [1"), FailsWith(ErrorCode::kInvalidInput, HasSubstr("line 2")));
}

TEST(Yaml, GrowsWithinBounds) {
    std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 9; ++i) {
        bomb += fmt::format("a{}: &a{} [", i, i);
        for (int j = 0; j < 10; ++j) bomb += fmt::format("{}*a{}", j == 0 ? "" : ",", i - 1);
        bomb += "]\n";
    }
    EXPECT_THAT(parse_yaml(bomb), FailsWith(ErrorCode::kInvalidInput, HasSubstr("too large")));
    EXPECT_THAT(parse_yaml(std::string(1000, '[')),
                FailsWith(ErrorCode::kInvalidInput, HasSubstr("YAML")));
    EXPECT_THAT(parse_yaml("a: &a [*a]\n"), FailsWith(ErrorCode::kInvalidInput, HasSubstr("too")));
}

}  // namespace
}  // namespace slipway::exec
