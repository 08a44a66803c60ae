#include "source/local_context.h"

#include "async/single_flight.h"
#include "base/check.h"
#include "base/log.h"
#include "base/pattern.h"
#include "os/file.h"
#include "os/system.h"
#include "source/internal/context_scan.h"
#include "source/internal/context_scope.h"
#include "source/internal/stat_cache.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace slipway::source {

namespace {

using snapshot::Entry;

constexpr std::size_t kReadBuffer = 256U << 10;
constexpr std::size_t kCacheLimit = std::size_t{4} << 30;
constexpr std::int64_t kRacySeconds = 2;

Error changed(const std::string& path, std::string_view how) {
    return make_error(ErrorCode::kConflict, "'{}' of the build context {} while it was being read",
                      path, how);
}

/// Until the end of the file, which should be after `size` bytes.
Result<Digest> hash_file(const os::Fd& file, std::uint64_t size, const std::string& path) {
    const auto capacity = static_cast<std::size_t>(std::min<std::uint64_t>(size + 1, kReadBuffer));
    const auto buffer = std::make_unique_for_overwrite<std::byte[]>(capacity);
    os::FdReader reader(file);
    Sha256 hash;
    std::uint64_t total = 0;
    while (true) {
        SLIPWAY_ASSIGN(const auto count, reader.read(std::span(buffer.get(), capacity)));
        if (count == 0) break;
        hash.update(std::span<const std::byte>(buffer.get(), count));
        total += count;
        if (total > size) return changed(path, "grew");
    }
    if (total < size) return changed(path, "shrank");
    return hash.finish();
}

}  // namespace

struct LocalContext::Impl {
    enum Known : std::uint8_t { kUnknown, kKnown };

    os::Dir root;
    std::string cache_path;
    ContextScope scope;
    std::int64_t scanned_at;  ///< Unix seconds
    snapshot::Manifest manifest;
    std::vector<FileIdentity> identities;  ///< of each entry
    /// Of files with several names: the first one by number, which alone is read.
    std::vector<std::size_t> first_names;
    std::vector<Digest> digests;  ///< of each entry; written once, before `known` says so
    std::vector<std::atomic<Known>> known;
    std::atomic<bool> learnt = false;  ///< something that the cache does not have
    async::SingleFlight<std::size_t, Digest> hashing;

    Impl(os::Dir root_dir, std::string cache, ContextScope context_scope, std::int64_t now,
         ContextScan scan)
        : root(std::move(root_dir)),
          cache_path(std::move(cache)),
          scope(std::move(context_scope)),
          scanned_at(now),
          manifest(snapshot::Manifest::from_entries(std::move(scan.entries))),
          identities(std::move(scan.identities)),
          digests(identities.size()),
          known(identities.size()) {
        const auto entries = manifest.entries();
        SLIPWAY_CHECK(entries.size() == identities.size(), "the scan was in order and complete");
        for (std::size_t i = 0; i < entries.size(); ++i) {
            if (entries[i].hardlink > first_names.size()) first_names.push_back(i);
        }
    }

    /// Where what is known of a file stands.
    [[nodiscard]] std::size_t index_of(const Entry& entry) const {
        return entry.hardlink == 0 ? manifest.index_of(entry) : first_names[entry.hardlink - 1];
    }

    [[nodiscard]] bool is_same(std::size_t index, const CachedFile& file) const {
        const Entry& entry = manifest.entries()[index];
        return entry.is_regular() && entry.size == file.size && entry.mtime == file.mtime &&
               identities[index] == file.identity;
    }
    /// Changed so recently that it may change again without a trace in its times.
    [[nodiscard]] bool is_racy(std::size_t index) const {
        return identities[index].ctime.seconds + kRacySeconds > scanned_at;
    }
    void remember(std::size_t index, const Digest& digest) {
        digests[index] = digest;
        known[index].store(kKnown, std::memory_order_release);
    }
    void load_cache();
    Result<Digest> hash(std::size_t index);
    [[nodiscard]] std::string merged_cache(StatCacheReader old) const;
};

/// Both lists are in the same order: one pass finds all files that are as they were. A cache that
/// cannot be read costs time, no more.
void LocalContext::Impl::load_cache() {
    auto data = os::find_file(cache_path, kCacheLimit);
    if (!data) log_debug("source", "{}", data.error().to_string());
    if (!data || !*data) return;
    StatCacheReader cache(std::move(**data), root.host_path());
    const auto entries = manifest.entries();
    for (std::size_t i = 0; i < entries.size() && cache.file() != nullptr;) {
        if (entries[i].path == cache.file()->path) {
            if (is_same(i, *cache.file())) remember(i, cache.file()->digest);
            cache.next();
            ++i;
        } else if (snapshot::path_less(entries[i].path, cache.file()->path)) {
            ++i;
        } else {
            cache.next();
        }
    }
}

Result<Digest> LocalContext::Impl::hash(std::size_t index) {
    const Entry& entry = manifest.entries()[index];
    const auto at = RelPath::in_root(entry.path);
    const auto file = root.open_file(at);
    if (!file) {
        if (file.error().code() == ErrorCode::kNotFound) return changed(entry.path, "vanished");
        return file.error();
    }
    SLIPWAY_ASSIGN(const auto digest, hash_file(*file, entry.size, entry.path));
    SLIPWAY_ASSIGN(const auto now, root.find(at));
    if (!now) return changed(entry.path, "vanished");
    const FileIdentity identity{.ctime = now->ctime, .inode = now->inode};
    if (now->size != entry.size || now->mtime != entry.mtime || identity != identities[index]) {
        return changed(entry.path, "changed");
    }
    remember(index, digest);
    if (!is_racy(index)) learnt = true;
    return digest;
}

/// What is known now, and of the old cache what this scan did not look at.
std::string LocalContext::Impl::merged_cache(StatCacheReader old) const {
    StatCacheWriter writer(root.host_path());
    const auto entries = manifest.entries();
    const auto add_old_before = [&](const Entry* limit) {
        while (old.file() != nullptr &&
               (limit == nullptr || snapshot::path_less(old.file()->path, limit->path))) {
            if (!scope.takes_file(old.file()->path)) writer.add(*old.file());
            old.next();
        }
    };
    for (std::size_t i = 0; i < entries.size(); ++i) {
        add_old_before(&entries[i]);
        if (old.file() != nullptr && old.file()->path == entries[i].path) old.next();
        if (known[i].load(std::memory_order_acquire) != kKnown || is_racy(i)) continue;
        writer.add({.path = entries[i].path,
                    .size = entries[i].size,
                    .mtime = entries[i].mtime,
                    .identity = identities[i],
                    .digest = digests[i]});
    }
    add_old_before(nullptr);
    return writer.finish();
}

LocalContext::LocalContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LocalContext::~LocalContext() = default;

Result<std::shared_ptr<LocalContext>> LocalContext::scan(const ContextOptions& options,
                                                         const content::Store& store,
                                                         async::ThreadPool& pool,
                                                         std::stop_token stop) {
    SLIPWAY_ASSIGN(const auto path, os::real_path(options.host_path).context("build context"));
    SLIPWAY_ASSIGN(auto root, os::Dir::open(path).context("build context"));
    SLIPWAY_ASSIGN(auto ignore, PatternList::parse(options.ignore_patterns));
    SLIPWAY_ASSIGN(auto follow, FollowSet::resolve(root, options.follow_paths));
    ContextScope scope(std::move(follow), std::move(ignore));
    const std::int64_t now =
        options.testing_only_now.value_or(os::now_unix_nanoseconds() / 1'000'000'000);
    SLIPWAY_ASSIGN(auto found, scan_context(root, scope, {.seconds = now}, pool, stop));
    auto impl =
        std::make_unique<Impl>(std::move(root), store.path("contexts/" + Digest::of(path).hex()),
                               std::move(scope), now, std::move(found));
    impl->load_cache();
    return std::shared_ptr<LocalContext>(new LocalContext(std::move(impl)));
}

const snapshot::Manifest& LocalContext::manifest() const {
    return impl_->manifest;
}

const os::Dir& LocalContext::root() const {
    return impl_->root;
}

Result<Digest> LocalContext::content_of(const Entry& entry) const {
    SLIPWAY_CHECK(impl_->manifest.index_of(entry) < impl_->identities.size() && entry.is_regular(),
                  "a regular file of this tree");
    const std::size_t index = impl_->index_of(entry);
    if (impl_->known[index].load(std::memory_order_acquire) == Impl::kKnown)
        return impl_->digests[index];
    return impl_->hashing.run(index, {}, [&](std::stop_token) -> Result<Digest> {
        if (impl_->known[index].load(std::memory_order_acquire) == Impl::kKnown)
            return impl_->digests[index];
        return impl_->hash(index);
    });
}

Result<void> LocalContext::save() const {
    if (!impl_->learnt.exchange(false)) return {};
    SLIPWAY_ASSIGN(auto old, os::find_file(impl_->cache_path, kCacheLimit));
    const StatCacheReader reader(old ? std::move(*old) : std::string(), impl_->root.host_path());
    return os::write_file(impl_->cache_path, impl_->merged_cache(reader));
}

}  // namespace slipway::source
