// What every CacheStore must do. Include once per implementation:
//
//   INSTANTIATE_TYPED_TEST_SUITE_P(Memory, CacheStoreContract, MemoryStoreMaker);
//
// where the maker has `CacheStore& store()`.
#pragma once

#include "solver/solver.h"
#include "support/result_matchers.h"

#include <string>
#include <thread>
#include <vector>

namespace slipway::solver {

inline Record contract_record(const std::string& key,
                              const std::string& slot = "Dockerfile:app:1") {
    return {.key = Digest::of(key),
            .by_content = false,
            .slot = slot,
            .name = "[app 1/2] RUN " + key,
            .outputs = {"output of " + key, std::string("with \0 zero", 11)},
            .ingredients = {{"instruction", "RUN " + key}, {"env PATH", "/bin\n:'x'"}},
            .created_at = 1700000000,
            .duration_ns = 5'000'000'000};
}

template <typename Maker>
class CacheStoreContract : public ::testing::Test {
  protected:
    CacheStore& store() { return maker_.store(); }

    std::optional<Record> find(const std::string& key) {
        auto found = store().find(Digest::of(key));
        EXPECT_THAT(found, slipway::testing::IsOk());
        return found ? *found : std::nullopt;
    }
    std::optional<Record> latest(const std::string& slot) {
        auto found = store().latest_in_slot(slot);
        EXPECT_THAT(found, slipway::testing::IsOk());
        return found ? *found : std::nullopt;
    }
    void add(const Record& record) { ASSERT_THAT(store().add(record), slipway::testing::IsOk()); }

    static void expect_equal(const Record& found, const Record& record) {
        EXPECT_EQ(found.key, record.key);
        EXPECT_EQ(found.by_content, record.by_content);
        EXPECT_EQ(found.slot, record.slot);
        EXPECT_EQ(found.name, record.name);
        EXPECT_EQ(found.outputs, record.outputs);
        EXPECT_EQ(found.created_at, record.created_at);
        EXPECT_EQ(found.duration_ns, record.duration_ns);
    }

    Maker maker_;
};

TYPED_TEST_SUITE_P(CacheStoreContract);

TYPED_TEST_P(CacheStoreContract, AnEmptyStoreHasNothing) {
    EXPECT_FALSE(this->find("x").has_value());
    EXPECT_FALSE(this->latest("Dockerfile:app:1").has_value());
}

TYPED_TEST_P(CacheStoreContract, WhatWasAddedIsFoundWithoutIngredients) {
    const auto record = contract_record("make");
    this->add(record);
    const auto found = this->find("make");
    ASSERT_TRUE(found.has_value());
    this->expect_equal(*found, record);
    EXPECT_THAT(found->ingredients, ::testing::IsEmpty());
    EXPECT_FALSE(this->find("other").has_value());
}

TYPED_TEST_P(CacheStoreContract, TheLatestOfASlotHasItsIngredients) {
    const auto record = contract_record("make");
    this->add(record);
    const auto found = this->latest(record.slot);
    ASSERT_TRUE(found.has_value());
    this->expect_equal(*found, record);
    EXPECT_EQ(found->ingredients, record.ingredients);
    EXPECT_FALSE(this->latest("Dockerfile:app:2").has_value());
}

TYPED_TEST_P(CacheStoreContract, AddingReplacesTheRecordOfTheKey) {
    this->add(contract_record("make"));
    auto second = contract_record("make");
    second.outputs = {"another"};
    second.ingredients = {{"only", "one"}};
    this->add(second);
    EXPECT_THAT(this->find("make")->outputs, ::testing::ElementsAre("another"));
    EXPECT_EQ(this->latest(second.slot)->ingredients, second.ingredients);
}

TYPED_TEST_P(CacheStoreContract, TheLatestIsTheOneAddedLastEvenWithinASecond) {
    this->add(contract_record("one"));
    this->add(contract_record("two"));
    EXPECT_EQ(this->latest("Dockerfile:app:1")->key, Digest::of("two"));
    this->add(contract_record("one"));
    EXPECT_EQ(this->latest("Dockerfile:app:1")->key, Digest::of("one"));
}

TYPED_TEST_P(CacheStoreContract, ContentRecordsAreFoundButAreNoLatest) {
    this->add(contract_record("definition"));
    auto content = contract_record("content");
    content.by_content = true;
    this->add(content);
    ASSERT_TRUE(this->find("content").has_value());
    EXPECT_TRUE(this->find("content")->by_content);
    EXPECT_EQ(this->latest("Dockerfile:app:1")->key, Digest::of("definition"));
}

TYPED_TEST_P(CacheStoreContract, NoOutputsAndNoIngredientsAreFine) {
    Record record{.key = Digest::of("bare"), .slot = "s"};
    this->add(record);
    EXPECT_THAT(this->find("bare")->outputs, ::testing::IsEmpty());
    EXPECT_THAT(this->latest("s")->ingredients, ::testing::IsEmpty());
}

TYPED_TEST_P(CacheStoreContract, TextOfAnyKindComesBackAsItWas) {
    auto record = contract_record("odd");
    record.slot = std::string("quote ' \" ; -- \n \0 \xff end", 24);
    record.name = "\xc3\xa4\xf0\x9f\x90\xb3 \xff";
    record.outputs = {"", std::string(100'000, 'x'), "\xff\xfe"};
    record.ingredients = {{"", ""}, {"\xff", std::string(3, '\0')}};
    this->add(record);
    ASSERT_TRUE(this->find("odd").has_value());
    this->expect_equal(*this->find("odd"), record);
    ASSERT_TRUE(this->latest(record.slot).has_value());
    EXPECT_EQ(this->latest(record.slot)->ingredients, record.ingredients);
}

TYPED_TEST_P(CacheStoreContract, SeveralThreadsMayUseIt) {
    constexpr int kThreads = 4;
    constexpr int kEach = 25;
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([this, t] {
            for (int i = 0; i < kEach; ++i) {
                const auto key = fmt::format("{} {}", t, i);
                EXPECT_THAT(this->store().add(contract_record(key)), slipway::testing::IsOk());
                EXPECT_TRUE(this->find(key).has_value()) << key;
                EXPECT_TRUE(this->latest("Dockerfile:app:1").has_value());
            }
        });
    }
    threads.clear();
    for (int t = 0; t < kThreads; ++t) {
        for (int i = 0; i < kEach; ++i)
            EXPECT_TRUE(this->find(fmt::format("{} {}", t, i)).has_value());
    }
}

REGISTER_TYPED_TEST_SUITE_P(CacheStoreContract, AnEmptyStoreHasNothing,
                            WhatWasAddedIsFoundWithoutIngredients,
                            TheLatestOfASlotHasItsIngredients, AddingReplacesTheRecordOfTheKey,
                            TheLatestIsTheOneAddedLastEvenWithinASecond,
                            ContentRecordsAreFoundButAreNoLatest, NoOutputsAndNoIngredientsAreFine,
                            TextOfAnyKindComesBackAsItWas, SeveralThreadsMayUseIt);

}  // namespace slipway::solver
