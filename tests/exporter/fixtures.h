// A store in a temporary folder, trees to export, and running other people's programs on the
// result.
#pragma once

#include "content/blob_store.h"
#include "content/image_names.h"
#include "content/store.h"
#include "os/child.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/temp.h"
#include "snapshot/tree.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace slipway::testing {

class ExportTest : public ::testing::Test {
  protected:
    void SetUp() override {
        auto dir = os::TempDir::create(::testing::TempDir(), "exporter");
        ASSERT_THAT(dir, IsOk());
        dir_.emplace(*std::move(dir));
        auto store = content::Store::open(path("store"), os::LockMode::kShared);
        ASSERT_THAT(store, IsOk());
        store_ = *std::move(store);
        blobs_.emplace(*store_);
        names_.emplace(*store_);
    }

    [[nodiscard]] std::string path(const std::string& name) const {
        return dir_->path() + "/" + name;
    }
    [[nodiscard]] std::string text_of(const std::string& name) const {
        const auto text = os::read_file(path(name));
        EXPECT_THAT(text, IsOk());
        return text.value_or("");
    }
    [[nodiscard]] os::FileInfo stat(const std::string& name) const {
        const auto parsed = RelPath::parse(name);
        const auto dir = os::Dir::open(dir_->path());
        EXPECT_THAT(dir, IsOk());
        const auto info = dir->stat(*parsed);
        EXPECT_THAT(info, IsOk()) << name;
        return info.value_or(os::FileInfo{});
    }
    [[nodiscard]] std::vector<std::string> names_in(const std::string& folder) const {
        std::vector<std::string> names;
        const auto dir = os::Dir::open(path(folder));
        EXPECT_THAT(dir, IsOk());
        const auto entries = dir->list({});
        EXPECT_THAT(entries, IsOk());
        for (const auto& entry : *entries) names.push_back(entry.name);
        return names;
    }

    /// Standard output of a command that must succeed.
    static std::string run(std::vector<std::string> argv) {
        os::SpawnOptions options;
        options.argv = std::move(argv);
        auto output = os::run_command(options, {}, 64U << 20);
        EXPECT_THAT(output, IsOk());
        if (!output) return "";
        EXPECT_TRUE(output->status.ok()) << options.argv[0] << ": " << output->err;
        return output->out;
    }

    std::optional<os::TempDir> dir_;
    std::unique_ptr<content::Store> store_;
    std::optional<content::BlobStore> blobs_;
    std::optional<content::ImageNames> names_;
    async::ThreadPool pool_{2};
};

/// A directory whose entries are told, not found; data comes from real files of the same path.
class FakeTree final : public snapshot::Tree {
  public:
    FakeTree(os::Dir root, std::vector<snapshot::Entry> entries)
        : root_(std::move(root)), manifest_(snapshot::Manifest::from_entries(std::move(entries))) {}
    [[nodiscard]] const snapshot::Manifest& manifest() const override { return manifest_; }
    [[nodiscard]] const os::Dir& root() const override { return root_; }
    [[nodiscard]] bool linkable() const override { return false; }
    [[nodiscard]] Result<Digest> content_of(const snapshot::Entry& entry) const override {
        return entry.content;
    }

  private:
    os::Dir root_;
    snapshot::Manifest manifest_;
};

}  // namespace slipway::testing
