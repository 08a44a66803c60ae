#include "image/history.h"

#include <gmock/gmock.h>

namespace slipway::image {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::Field;
using ::testing::Optional;

auto created(const char* time) {
    return Field(&HistoryEntry::created, Optional(Eq(time)));
}
auto made_by(const char* what) {
    return Field(&HistoryEntry::created_by, what);
}
auto empty(bool is) {
    return Field(&HistoryEntry::empty_layer, is);
}

HistoryEntry layer(std::string by, std::optional<std::string> time = std::nullopt) {
    return {.created = std::move(time), .created_by = std::move(by)};
}
HistoryEntry metadata(std::string by, std::optional<std::string> time = std::nullopt) {
    return {.created = std::move(time), .created_by = std::move(by), .empty_layer = true};
}

constexpr const char* kBaseTime = "2020-01-01T00:00:00Z";
const std::vector<LayerOrigin> kThree = {
    {1'600'000'000, "l0"}, {1'700'000'000, "l1"}, {1'800'000'000, "l2"}};

TEST(History, GivesTimesToNewEntriesOnly) {
    ImageConfig config;
    config.history = {layer("base", kBaseTime), metadata("CMD", kBaseTime), metadata("ENV"),
                      layer("RUN a"),           metadata("USER"),           layer("RUN b")};
    complete_history(config, kThree, std::nullopt);
    EXPECT_THAT(config.history,
                ElementsAre(created(kBaseTime), created(kBaseTime), created("2023-11-14T22:13:20Z"),
                            created("2023-11-14T22:13:20Z"), created("2023-11-14T22:13:20Z"),
                            created("2027-01-15T08:00:00Z")));
    EXPECT_THAT(config.created, Optional(Eq("2027-01-15T08:00:00Z")));
}

TEST(History, OfMetadataOnlyTakesTheTimeOfTheBase) {
    ImageConfig config;
    config.history = {layer("base", kBaseTime), metadata("ENV")};
    complete_history(config, std::span(kThree).first(1), std::nullopt);
    EXPECT_THAT(config.history, ElementsAre(created(kBaseTime), created(kBaseTime)));
}

TEST(History, SurplusEntriesBecomeEmpty) {
    ImageConfig config;
    config.history = {layer("a"), layer("b"), metadata("c"), layer("d")};
    complete_history(config, std::span(kThree).first(1), std::nullopt);
    EXPECT_THAT(config.history, ElementsAre(empty(false), empty(true), empty(true), empty(true)));
}

TEST(History, MissingEntriesAreAdded) {
    ImageConfig config;
    config.history = {metadata("ENV"), layer("RUN a")};
    complete_history(config, kThree, std::nullopt);
    EXPECT_THAT(config.history,
                ElementsAre(made_by("ENV"), made_by("RUN a"), made_by("l1"), made_by("l2")));
    EXPECT_THAT(config.history[3], created("2027-01-15T08:00:00Z"));
}

TEST(History, EpochLeavesTheBaseAlone) {
    ImageConfig config;
    config.history = {layer("base", kBaseTime), layer("RUN a"),
                      metadata("late", "2030-01-01T00:00:00Z"),
                      metadata("early", "1971-01-01T00:00:00Z")};
    complete_history(config, std::span(kThree).first(2), 86400 * 365);
    EXPECT_THAT(config.history,
                ElementsAre(created(kBaseTime), created("1971-01-01T00:00:00Z"),
                            created("1971-01-01T00:00:00Z"), created("1971-01-01T00:00:00Z")));
    EXPECT_THAT(config.created, Optional(Eq("1971-01-01T00:00:00Z")));
}

TEST(History, EpochDoesNotDependOnWhenLayersWereMade) {
    const auto build = [](std::int64_t made) {
        ImageConfig config;
        config.history = {layer("RUN a"), metadata("ENV")};
        complete_history(config, std::vector<LayerOrigin>{{made, "x"}}, 1'700'000'000);
        return config.dump();
    };
    EXPECT_EQ(build(1), build(1'900'000'000));
}

TEST(History, CreatedIsKeptWhenTheFrontendSetIt) {
    ImageConfig config;
    config.created = "2021-06-01T00:00:00Z";
    config.history = {layer("RUN a")};
    complete_history(config, std::span(kThree).first(1), std::nullopt);
    EXPECT_THAT(config.created, Optional(Eq("2021-06-01T00:00:00Z")));
}

}  // namespace
}  // namespace slipway::image
