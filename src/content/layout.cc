#include "content/internal/layout.h"

#include "base/check.h"
#include "base/text.h"
#include "os/file.h"
#include "os/temp.h"

#include <algorithm>
#include <array>

namespace slipway::content {

namespace {

constexpr std::string_view kVersion = "1";
constexpr std::array kFolders = {"blobs/sha256", "layers",    "chains", "names", "mounts",
                                 "contexts",     "downloads", "git",    "trash", "tmp"};
/// Folders with one file for each thing. Names are not among them: each is on disk before anybody
/// is told of it, and one whose blobs were dropped says so when it is used.
constexpr std::array kFoldersOfFiles = {"blobs/sha256", "chains", "contexts", "downloads"};
/// What is worth a wait for the disk; stat caches are not.
constexpr std::array kPrecious = {"blobs/sha256", "layers", "chains"};

std::string host_path(const os::Dir& root, std::string_view below) {
    return root.host_path() + "/" + std::string(below);
}

std::int64_t nanoseconds(const os::Timestamp& time) {
    return time.seconds * 1'000'000'000 + time.nanoseconds;
}

/// By ctime, which moves with the last write and with the rename into place, and which nobody can
/// set.
Result<bool> is_younger(const os::Dir& root, const RelPath& path, std::int64_t limit) {
    SLIPWAY_ASSIGN(const auto info, root.find(path));
    return info && nanoseconds(info->ctime) > limit;
}

Result<void> sweep_files(const os::Dir& root, const RelPath& folder, std::int64_t limit) {
    SLIPWAY_ASSIGN(const auto entries, root.list(folder));
    for (const auto& entry : entries) {
        const RelPath path = folder.child(entry.name);
        SLIPWAY_ASSIGN(const bool young, is_younger(root, path, limit));
        if (young) SLIPWAY_TRY(move_to_trash(root, path));
    }
    return {};
}

/// A layer's manifest is written after its files, so it tells the age of them all. What was added
/// later (blob.json) goes alone.
Result<void> sweep_layers(const os::Dir& root, std::int64_t limit) {
    const RelPath layers = known_path("layers");
    SLIPWAY_ASSIGN(const auto entries, root.list(layers));
    for (const auto& entry : entries) {
        const RelPath layer = layers.child(entry.name);
        const RelPath manifest = layer.child("manifest");
        SLIPWAY_ASSIGN(const auto info, root.find(manifest));
        if (!info || nanoseconds(info->ctime) > limit) {
            SLIPWAY_TRY(move_to_trash(root, layer));
            continue;
        }
        SLIPWAY_ASSIGN(const auto parts, root.list(layer));
        for (const auto& part : parts) {
            if (part.name == "diff") continue;
            SLIPWAY_ASSIGN(const bool young, is_younger(root, layer.child(part.name), limit));
            if (young) SLIPWAY_TRY(move_to_trash(root, layer.child(part.name)));
        }
    }
    return {};
}

/// A mirror of a git repository has a mark that is written after every change.
Result<void> sweep_mirrors(const os::Dir& root, std::int64_t limit) {
    const RelPath mirrors = known_path("git");
    SLIPWAY_ASSIGN(const auto entries, root.list(mirrors));
    for (const auto& entry : entries) {
        const RelPath mirror = mirrors.child(entry.name);
        SLIPWAY_ASSIGN(const auto info, root.find(mirror));
        if (!info || !info->is_dir()) continue;
        SLIPWAY_ASSIGN(const auto mark, root.find(mirror.child("slipway-mirror")));
        if (!mark || nanoseconds(mark->ctime) > limit) SLIPWAY_TRY(move_to_trash(root, mirror));
    }
    return {};
}

Result<void> sweep_after_power_cut(const os::Dir& root, std::int64_t limit) {
    for (const auto* folder : kFoldersOfFiles) {
        SLIPWAY_TRY(sweep_files(root, known_path(folder), limit));
    }
    SLIPWAY_TRY(sweep_mirrors(root, limit));
    return sweep_layers(root, limit);
}

/// Nothing when there is none yet.
Result<std::optional<std::string>> load_version(const os::Dir& root) {
    SLIPWAY_ASSIGN(const auto text, os::find_file(host_path(root, "version"), 100));
    if (!text) return std::optional<std::string>();
    return std::optional(std::string(trim(*text)));
}

Result<void> check_version(const os::Dir& root, const std::string& version) {
    if (version == kVersion) return {};
    return make_error(ErrorCode::kUnsupported,
                      "the store '{}' has layout version '{}', this program knows '{}'",
                      root.host_path(), version, kVersion);
}

/// A folder that is empty but for our lock becomes a store; nothing of anybody else's does.
Result<void> check_unused(const os::Dir& root) {
    SLIPWAY_ASSIGN(const auto entries, root.list({}));
    const bool unused = std::all_of(entries.begin(), entries.end(),
                                    [](const os::DirEntry& entry) { return entry.name == "lock"; });
    if (unused) return {};
    return make_error(ErrorCode::kInvalidInput, "'{}' is neither empty nor a store of Slipway",
                      root.host_path());
}

}  // namespace

RelPath known_path(std::string_view path) {
    auto parsed = RelPath::parse(path);
    SLIPWAY_CHECK(parsed.has_value(), "our own paths stay below the root");
    return *std::move(parsed);
}

Result<std::optional<Synced>> load_synced(const os::Dir& root) {
    SLIPWAY_ASSIGN(const auto text, os::find_file(host_path(root, "synced"), 1000));
    if (!text) return std::optional<Synced>();
    const auto parts = split_once(trim(*text), ' ');
    const auto time = parts ? parse_int(parts->second) : std::nullopt;
    if (!time) {
        return make_error(ErrorCode::kCorrupt, "'{}' is damaged", host_path(root, "synced"));
    }
    return std::optional(Synced{std::string(parts->first), *time});
}

Result<void> save_synced(const os::Dir& root, const Synced& synced) {
    return os::write_file(host_path(root, "synced"),
                          fmt::format("{} {}\n", synced.boot_id, synced.unix_nanoseconds),
                          os::Durability::kPowerCut);
}

Result<bool> is_ready(const os::Dir& root, const std::string& boot_id) {
    SLIPWAY_ASSIGN(const auto version, load_version(root));
    if (!version) return false;
    SLIPWAY_TRY(check_version(root, *version));
    const auto synced = load_synced(root);
    return synced && *synced && (*synced)->boot_id == boot_id;
}

Result<void> make_ready(const os::Dir& root, const std::string& boot_id) {
    SLIPWAY_ASSIGN(const auto version, load_version(root));
    if (version) {
        SLIPWAY_TRY(check_version(root, *version));
    } else {
        SLIPWAY_TRY(check_unused(root));
        SLIPWAY_TRY(os::write_file(host_path(root, "version"), fmt::format("{}\n", kVersion),
                                   os::Durability::kPowerCut));
    }
    for (const auto* folder : kFolders) SLIPWAY_TRY(root.make_dirs(known_path(folder), 0755));
    // Never recorded, or not readable: then nothing is known to be on disk.
    const auto recorded = load_synced(root);
    Synced synced = recorded && *recorded ? **recorded : Synced{};
    if (synced.boot_id == boot_id) return {};
    SLIPWAY_TRY(sweep_after_power_cut(root, synced.unix_nanoseconds));
    synced.boot_id = boot_id;
    return save_synced(root, synced);
}

Result<bool> has_news(const os::Dir& root, const Synced& synced) {
    for (const auto* folder : kPrecious) {
        SLIPWAY_ASSIGN(const bool young,
                       is_younger(root, known_path(folder), synced.unix_nanoseconds));
        if (young) return true;
    }
    return false;
}

Result<void> move_to_trash(const os::Dir& root, const RelPath& path) {
    return root.rename(path, root, known_path("trash").child(os::random_id()))
        .context("trash '{}'", path.text());
}

}  // namespace slipway::content
