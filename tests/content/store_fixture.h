// A store in a temporary folder.
#pragma once

#include "content/store.h"
#include "os/file.h"
#include "os/temp.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>

#include <memory>
#include <optional>
#include <string>

namespace slipway::testing {

class StoreTest : public ::testing::Test {
  protected:
    void SetUp() override {
        auto dir = os::TempDir::create(::testing::TempDir(), "content");
        ASSERT_THAT(dir, IsOk());
        dir_.emplace(*std::move(dir));
        reopen();
    }

    /// As another process would after this one has ended, in this boot of the kernel or another.
    void reopen(const std::string& boot_id = "boot-1") {
        store_.reset();
        auto store = content::Store::testing_only_open(root(), os::LockMode::kShared, boot_id);
        ASSERT_THAT(store, IsOk());
        store_ = *std::move(store);
    }

    [[nodiscard]] std::string root() const { return dir_->path() + "/store"; }

    std::optional<os::TempDir> dir_;
    std::unique_ptr<content::Store> store_;
};

}  // namespace slipway::testing
