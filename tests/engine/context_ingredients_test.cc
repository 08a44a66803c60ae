#include "engine/internal/context_ingredients.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::engine {
namespace {

using ::testing::ElementsAre;

NamedFiles files_of(std::initializer_list<const char*> paths) {
    NamedFiles files;
    for (const char* path : paths) files.emplace_back(path, Digest::of(path));
    return files;
}

std::vector<std::string> labels(const std::vector<solver::Ingredient>& ingredients) {
    std::vector<std::string> all;
    for (const auto& each : ingredients) all.push_back(each.label);
    return all;
}

const NamedFiles kTree =
    files_of({"a", "src/one/x.c", "src/one/y.c", "src/two/deep/z.c", "src/two/x.c", "test/x.c"});

TEST(NameFiles, FewAreNamedOneByOne) {
    const auto named = name_files("context", files_of({"a", "src/x.c"}), 2);
    EXPECT_THAT(labels(named), ElementsAre("context file 'a'", "context file 'src/x.c'"));
    EXPECT_EQ(named[0].value, Digest::of("a").to_string());
}

TEST(NameFiles, ManyAreNamedByTheirFolders) {
    EXPECT_THAT(labels(name_files("context", kTree, 5)),
                ElementsAre("context files", "context files below 'src/one'",
                            "context files below 'src/two/deep'", "context files below 'src/two'",
                            "context files below 'test'"));
    EXPECT_THAT(labels(name_files("context", kTree, 4)),
                ElementsAre("context files", "context files below 'src/one'",
                            "context files below 'src/two'", "context files below 'test'"));
    EXPECT_THAT(
        labels(name_files("context", kTree, 3)),
        ElementsAre("context files", "context files below 'src'", "context files below 'test'"));
    EXPECT_THAT(labels(name_files("context", kTree, 1)), ElementsAre("context files"));
}

TEST(NameFiles, AFolderChangesWithItsFilesAlone) {
    NamedFiles changed = kTree;
    changed[2].second = Digest::of("other");
    const auto before = name_files("context", kTree, 4);
    const auto after = name_files("context", changed, 4);
    ASSERT_EQ(before.size(), after.size());
    for (std::size_t i = 0; i < before.size(); ++i)
        EXPECT_EQ(before[i].value == after[i].value, i != 1) << before[i].label;
}

}  // namespace
}  // namespace slipway::engine
