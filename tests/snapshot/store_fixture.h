// A store in a temporary directory, and ways to look at trees on disk and in views alike.
#pragma once

#include "async/thread_pool.h"
#include "content/blob_store.h"
#include "content/store.h"
#include "os/child.h"
#include "os/file.h"
#include "os/system.h"
#include "os/temp.h"
#include "snapshot/layer_store.h"
#include "support/result_matchers.h"

#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <string>

namespace slipway::snapshot::testing {

/// Path -> type, mode, owner, size or target, content: everything but times.
using Listing = std::map<std::string, std::string>;

inline std::string describe(const Entry& entry, const Digest& content) {
    const std::string what = entry.is_regular()
                                 ? content.short_hex() + " " + std::to_string(entry.size)
                             : entry.is_symlink() ? "-> " + entry.link_target
                             : entry.is_dir()     ? "dir"
                                                  : "node " + std::to_string(entry.rdev);
    const std::uint32_t mode = entry.is_symlink() ? S_IFLNK | 0777U : entry.mode;
    std::string text = fmt::format("{:o} {}:{} {}", mode, entry.uid, entry.gid, what);
    for (const auto& [name, value] : entry.xattrs) text += fmt::format(" {}={}", name, value);
    return text;
}

inline Listing listing(const View& view, const std::string& path = "") {
    Listing found;
    view.walk(path, [&](const std::string& at, const Located& located) {
        Digest content;
        if (located->is_regular())
            content = located.tree->content_of(*located.entry).value_or(Digest());
        found[at] = describe(*located.entry, content);
        return true;
    });
    return found;
}

inline void list_below(const os::Dir& root, const RelPath& path, Listing& found) {
    const auto info = root.stat(path);
    ASSERT_THAT(info, slipway::testing::IsOk());
    Entry entry;
    entry.mode = info->mode;
    entry.uid = info->uid;
    entry.gid = info->gid;
    if (info->is_regular()) entry.size = info->size;
    if (!info->is_dir() && !info->is_regular() && !info->is_symlink()) entry.rdev = info->rdev;
    if (info->is_symlink()) entry.link_target = root.read_link(path).value_or("?");
    for (const auto& [name, value] : root.xattrs(path).value_or(os::Xattrs())) {
        if (name.find("overlay.") == std::string::npos) entry.xattrs[name] = value;
    }
    Digest content;
    if (info->is_regular()) {
        const auto file = root.open_file(path);
        ASSERT_THAT(file, slipway::testing::IsOk());
        os::FdReader reader(*file);
        content = Digest::of(read_text(reader, 1U << 30).value_or("?"));
    }
    found[path.text()] = describe(entry, content);
    if (!info->is_dir()) return;
    const auto names = root.list(path);
    ASSERT_THAT(names, slipway::testing::IsOk());
    for (const auto& name : *names) list_below(root, path.child(name.name), found);
}

/// A directory of the host.
inline Listing listing(const std::string& host_path) {
    Listing found;
    const auto root = os::Dir::open(host_path);
    EXPECT_THAT(root, slipway::testing::IsOk());
    if (root) list_below(*root, RelPath(), found);
    return found;
}

class StoreTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!os::is_root()) GTEST_SKIP() << "needs root: owners, device nodes and overlay mounts";
        auto dir = os::TempDir::create(::testing::TempDir(), "snapshot-test");
        ASSERT_THAT(dir, slipway::testing::IsOk());
        dir_ = std::make_unique<os::TempDir>(std::move(*dir));
        auto store = content::Store::open(path("store"), os::LockMode::kShared);
        ASSERT_THAT(store, slipway::testing::IsOk());
        store_ = std::move(*store);
        blobs_ = std::make_unique<content::BlobStore>(*store_);
        layers_ = std::make_unique<LayerStore>(*store_, *blobs_, pool_);
    }

    [[nodiscard]] std::string path(const std::string& below) const {
        return dir_->path() + "/" + below;
    }

    /// Runs a shell script in `cwd`, which must succeed.
    static std::string shell(const std::string& script, const std::string& cwd) {
        auto output = os::run_command({.argv = {"/bin/bash", "-euc", script}, .cwd = cwd});
        EXPECT_THAT(output, slipway::testing::IsOk());
        if (!output) return "";
        EXPECT_TRUE(output->status.ok()) << script << "\n" << output->out << output->err;
        return output->out;
    }

    /// A layer from what a script makes in an empty directory.
    LayerId layer_by(const std::string& script) {
        auto draft = layers_->begin();
        EXPECT_THAT(draft, slipway::testing::IsOk());
        shell(script, draft->diff().host_path());
        auto id = layers_->commit(std::move(*draft));
        EXPECT_THAT(id, slipway::testing::IsOk());
        return id.value_or("");
    }

    /// A layer from what a script does in a mount of `below`.
    LayerId layer_on(const Snapshot& below, const std::string& script) {
        auto draft = layers_->begin();
        EXPECT_THAT(draft, slipway::testing::IsOk());
        EXPECT_THAT(os::make_dirs(path("mnt")), slipway::testing::IsOk());
        {
            auto mount = layers_->mount(below, path("mnt"), &*draft);
            EXPECT_THAT(mount, slipway::testing::IsOk());
            if (!mount) return "";
            shell(script, path("mnt"));
        }
        auto id = layers_->commit(std::move(*draft));
        EXPECT_THAT(id, slipway::testing::IsOk());
        return id.value_or("");
    }

    /// What the kernel shows.
    Listing mounted(const Snapshot& snapshot) {
        EXPECT_THAT(os::make_dirs(path("mnt")), slipway::testing::IsOk());
        auto mount = layers_->mount(snapshot, path("mnt"), nullptr);
        EXPECT_THAT(mount, slipway::testing::IsOk());
        return mount ? listing(path("mnt")) : Listing();
    }

    View view(const Snapshot& snapshot) {
        auto found = layers_->view(snapshot);
        EXPECT_THAT(found, slipway::testing::IsOk());
        return found.value_or(View());
    }

    const Manifest& manifest(const LayerId& id) {
        auto layer = layers_->load(id);
        EXPECT_THAT(layer, slipway::testing::IsOk());
        return layer ? (*layer)->manifest() : none_;
    }

    std::unique_ptr<os::TempDir> dir_;
    async::ThreadPool pool_{2};
    std::unique_ptr<content::Store> store_;
    std::unique_ptr<content::BlobStore> blobs_;
    std::unique_ptr<LayerStore> layers_;
    Manifest none_;
};

}  // namespace slipway::snapshot::testing
