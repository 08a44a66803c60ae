#include "content/image_names.h"

#include "content/store_fixture.h"

#include <gmock/gmock.h>

namespace slipway::content {
namespace {

using slipway::testing::FailsWith;
using slipway::testing::IsOk;
using slipway::testing::IsOkAndHolds;
using slipway::testing::StoreTest;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Optional;

NamedImage image(const std::string& name, std::string_view content = "manifest") {
    return {.name = name,
            .target = Digest::of(content),
            .media_type = "application/vnd.oci.image.manifest.v1+json",
            .target_size = content.size(),
            .created_at = 1'700'000'000};
}

class Names : public StoreTest {
  protected:
    [[nodiscard]] ImageNames names() const { return ImageNames(*store_); }
};

TEST_F(Names, ComeBackAsTheyWereSet) {
    ASSERT_THAT(names().set(image("docker.io/library/app:latest")), IsOk());
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto found, names().find("docker.io/library/app:latest"));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->target, Digest::of(std::string_view("manifest")));
    EXPECT_EQ(found->media_type, "application/vnd.oci.image.manifest.v1+json");
    EXPECT_EQ(found->target_size, 8U);
    EXPECT_EQ(found->created_at, 1'700'000'000);
    EXPECT_TRUE(os::path_exists(root() + "/names/docker.io%2Flibrary%2Fapp%3Alatest"));
}

TEST_F(Names, AreReplaced) {
    ASSERT_THAT(names().set(image("a", "old")), IsOk());
    ASSERT_THAT(names().set(image("a", "new")), IsOk());
    EXPECT_THAT(
        names().find("a"),
        IsOkAndHolds(Optional(Field(&NamedImage::target, Digest::of(std::string_view("new"))))));
}

TEST_F(Names, ThatAreMissingAreNothing) {
    EXPECT_THAT(names().find("a"), IsOkAndHolds(Eq(std::nullopt)));
    EXPECT_THAT(names().remove("a"), IsOkAndHolds(false));
}

TEST_F(Names, AreListedByName) {
    for (const char* name : {"b:1", "a/x:1", "a:1"}) ASSERT_THAT(names().set(image(name)), IsOk());
    ASSERT_THAT(os::write_file(root() + "/names/.a.tmp", "half"), IsOk());
    EXPECT_THAT(names().list(), IsOkAndHolds(ElementsAre(Field(&NamedImage::name, "a/x:1"),
                                                         Field(&NamedImage::name, "a:1"),
                                                         Field(&NamedImage::name, "b:1"))));
    EXPECT_THAT(names().remove("a:1"), IsOkAndHolds(true));
    EXPECT_THAT(names().find("a:1"), IsOkAndHolds(Eq(std::nullopt)));
}

TEST_F(Names, MayBeLongAndStrange) {
    const std::vector<std::string> all = {std::string(300, 'a'),
                                          std::string(300, 'a') + "b",
                                          "..",
                                          "../../escape",
                                          "",
                                          "%2F",
                                          "/",
                                          "gr\xc3\xbc\xc3\x9f",
                                          ".hidden"};
    for (const auto& name : all) ASSERT_THAT(names().set(image(name, name)), IsOk()) << name;
    for (const auto& name : all) {
        SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto found, names().find(name));
        ASSERT_TRUE(found) << name;
        EXPECT_EQ(found->target, Digest::of(name)) << name;
    }
    SLIPWAY_ASSERT_OK_AND_ASSIGN(const auto listed, names().list());
    EXPECT_EQ(listed.size(), all.size());
}

TEST_F(Names, OfADamagedFileAreCorrupt) {
    for (const char* text : {"", "{}", "[", R"({"name":"a","target":"sha256:1"})"}) {
        ASSERT_THAT(os::write_file(root() + "/names/a", text), IsOk());
        EXPECT_THAT(names().find("a"), FailsWith(ErrorCode::kCorrupt, HasSubstr("names/a")))
            << text;
    }
}

}  // namespace
}  // namespace slipway::content
