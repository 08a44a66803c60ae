#include "snapshot/manifest.h"

#include "snapshot/internal/lazy_digest.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <unordered_map>

namespace slipway::snapshot {

namespace {

/// Index of the first byte in which `a` and `b` differ, or the shorter size. Eight bytes at a time:
/// sorting and finding paths with long common parents is most of what this room does in memory.
std::size_t common_prefix(std::string_view a, std::string_view b) {
    const std::size_t size = std::min(a.size(), b.size());
    std::size_t i = 0;
    while (i + 8 <= size) {
        std::uint64_t x = 0;
        std::uint64_t y = 0;
        std::memcpy(&x, a.data() + i, 8);
        std::memcpy(&y, b.data() + i, 8);
        if (x != y) {
            const int zeros = std::endian::native == std::endian::little ? std::countr_zero(x ^ y)
                                                                         : std::countl_zero(x ^ y);
            return i + static_cast<std::size_t>(zeros / 8);
        }
        i += 8;
    }
    while (i < size && a[i] == b[i]) ++i;
    return i;
}

unsigned path_rank(char c) {
    return c == '/' ? 0U : static_cast<unsigned char>(c) + 1U;
}

bool is_child_path(std::string_view path, std::string_view dir) {
    if (dir.empty()) return !path.empty();
    return path.size() > dir.size() && path[dir.size()] == '/' && path.starts_with(dir);
}

std::vector<Entry> sorted_unique(std::vector<Entry> entries) {
    const auto less = [](const Entry& a, const Entry& b) { return path_less(a.path, b.path); };
    if (!std::is_sorted(entries.begin(), entries.end(), less)) {
        // Entries are large: indices are sorted, and each entry is moved once.
        std::vector<std::size_t> order(entries.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            if (path_less(entries[a].path, entries[b].path)) return true;
            return a < b && entries[a].path == entries[b].path;
        });
        std::vector<Entry> sorted;
        sorted.reserve(entries.size() + 1);
        for (const std::size_t i : order) sorted.push_back(std::move(entries[i]));
        entries = std::move(sorted);
    }
    const auto same_path = [](const Entry& a, const Entry& b) { return a.path == b.path; };
    if (std::adjacent_find(entries.begin(), entries.end(), same_path) != entries.end()) {
        std::vector<Entry> unique;
        for (auto& entry : entries) {
            if (!unique.empty() && unique.back().path == entry.path) unique.pop_back();
            unique.push_back(std::move(entry));
        }
        entries = std::move(unique);
    }
    return entries;
}

Entry default_directory(std::string path) {
    Entry entry;
    entry.path = std::move(path);
    entry.mode = S_IFDIR | 0755;
    return entry;
}

/// Directories that stand only as prefixes of other paths, in order.
std::vector<Entry> missing_directories(const std::vector<Entry>& entries) {
    std::vector<Entry> missing;
    if (entries.empty() || !entries.front().path.empty()) missing.push_back(default_directory(""));
    std::string_view previous;
    for (const auto& entry : entries) {
        const std::string_view path = entry.path;
        // All parents that the previous path shares were seen there.
        const std::size_t known = common_prefix(previous, path);
        for (std::size_t i = path.find('/', known); i != std::string_view::npos;
             i = path.find('/', i + 1)) {
            if (i == previous.size() && path.starts_with(previous))
                continue;  // the previous one is the parent
            missing.push_back(default_directory(std::string(path.substr(0, i))));
        }
        previous = path;
    }
    return missing;
}

void renumber_hardlinks(std::vector<Entry>& entries) {
    std::unordered_map<std::uint32_t, std::uint32_t> names;
    for (const auto& entry : entries) {
        if (entry.hardlink != 0) ++names[entry.hardlink];
    }
    if (names.empty()) return;
    std::unordered_map<std::uint32_t, std::uint32_t> numbers;
    for (auto& entry : entries) {
        if (entry.hardlink == 0) continue;
        if (names[entry.hardlink] < 2) {
            entry.hardlink = 0;
            continue;
        }
        const auto next = static_cast<std::uint32_t>(numbers.size() + 1);
        entry.hardlink = numbers.try_emplace(entry.hardlink, next).first->second;
    }
}

void append_number(std::string& out, std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(value >> shift & 0xff);
}

void append_text(std::string& out, std::string_view text) {
    append_number(out, text.size());
    out += text;
}

/// Those that llb-facts 3.4 counts as content.
bool xattr_counts(std::string_view name) {
    if (name.starts_with("system.")) return false;
    return !name.starts_with("security.") || name == "security.capability";
}

}  // namespace

bool path_less(std::string_view a, std::string_view b) {
    const std::size_t i = common_prefix(a, b);
    if (i == a.size() || i == b.size()) return a.size() < b.size();
    return path_rank(a[i]) < path_rank(b[i]);
}

Manifest::Manifest(std::vector<Entry> sorted_entries, std::shared_ptr<LazyDigest> digest)
    : entries_(std::move(sorted_entries)), content_digest_(std::move(digest)) {
    subtree_end_.resize(entries_.size(), entries_.size());
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        while (!open.empty() && !is_child_path(entries_[i].path, entries_[open.back()].path)) {
            subtree_end_[open.back()] = i;
            open.pop_back();
        }
        open.push_back(i);
    }
}

Manifest Manifest::from_entries(std::vector<Entry> entries) {
    entries = sorted_unique(std::move(entries));
    std::vector<Entry> missing = missing_directories(entries);
    if (!missing.empty()) {
        entries.insert(entries.end(), std::make_move_iterator(missing.begin()),
                       std::make_move_iterator(missing.end()));
        entries = sorted_unique(std::move(entries));
    }
    renumber_hardlinks(entries);
    return Manifest(std::move(entries), std::make_shared<LazyDigest>());
}

const Entry* Manifest::find(std::string_view path) const {
    const auto at = std::lower_bound(
        entries_.begin(), entries_.end(), path,
        [](const Entry& entry, std::string_view wanted) { return path_less(entry.path, wanted); });
    return at != entries_.end() && at->path == path ? &*at : nullptr;
}

const Entry* Manifest::find_child(const Entry& dir, std::string_view name) const {
    const std::size_t index = index_of(dir);
    const std::size_t skip = dir.path.empty() ? 0 : dir.path.size() + 1;
    const auto below = [skip](const Entry& entry) {
        return std::string_view(entry.path).substr(skip);
    };
    const auto first = entries_.begin() + static_cast<std::ptrdiff_t>(index + 1);
    const auto last = entries_.begin() + static_cast<std::ptrdiff_t>(subtree_end_[index]);
    const auto at =
        std::lower_bound(first, last, name, [&](const Entry& entry, std::string_view wanted) {
            return path_less(below(entry), wanted);
        });
    return at != last && below(*at) == name ? &*at : nullptr;
}

const Digest& Manifest::content_digest() const {
    std::call_once(content_digest_->once, [this] {
        if (!content_digest_->digest.is_zero()) return;  // came with the serialized form
        Sha256 hash;
        std::string buffer;
        for (const auto& entry : entries_) {
            append_text(buffer, entry.path);
            append_identity(buffer, entry, entry.content);
            append_number(buffer, entry.hardlink * 2U + (entry.opaque ? 1U : 0U));
            if (buffer.size() > std::size_t{64} * 1024) {
                hash.update(buffer);
                buffer.clear();
            }
        }
        content_digest_->digest = hash.update(buffer).finish();
    });
    return content_digest_->digest;
}

std::uint64_t Manifest::total_size() const {
    std::uint64_t total = 0;
    std::uint32_t seen = 0;  // numbers start with 1 in the order of first names
    for (const auto& entry : entries_) {
        if (!entry.is_regular()) continue;
        if (entry.hardlink != 0 && entry.hardlink <= seen) continue;
        seen = std::max(seen, entry.hardlink);
        total += entry.size;
    }
    return total;
}

bool same_metadata(const Entry& a, const Entry& b) {
    return a.mode == b.mode && a.uid == b.uid && a.gid == b.gid && a.size == b.size &&
           a.rdev == b.rdev && a.link_target == b.link_target && a.xattrs == b.xattrs &&
           (a.is_dir() || a.mtime == b.mtime);
}

void append_identity(std::string& out, const Entry& entry, const Digest& content) {
    append_number(out, entry.is_symlink() ? entry.mode | 0777U : entry.mode);
    append_number(out, std::uint64_t{entry.uid} << 32 | entry.gid);
    append_number(out, entry.is_regular() ? entry.size : entry.rdev);
    append_text(out, entry.link_target);
    std::uint64_t counted = 0;
    for (const auto& [name, value] : entry.xattrs) counted += xattr_counts(name) ? 1U : 0U;
    append_number(out, counted);
    for (const auto& [name, value] : entry.xattrs) {
        if (!xattr_counts(name)) continue;
        append_text(out, name);
        append_text(out, value);
    }
    if (!entry.is_regular()) return;
    for (const unsigned char byte : content.bytes()) out += static_cast<char>(byte);
}

Digest entry_digest(const Entry& entry, const Digest& content) {
    std::string identity;
    append_identity(identity, entry, content);
    return Digest::of(identity);
}

}  // namespace slipway::snapshot
