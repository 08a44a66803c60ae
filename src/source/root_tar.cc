#include "source/internal/root_tar.h"

#include "base/path.h"
#include "base/pattern.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace slipway::source {

namespace {

constexpr std::uint64_t kTextLimit = 4U << 20;
constexpr std::int64_t kSecondsPerDay = 86'400;

/// The directories stay, what is in them goes.
constexpr std::array<std::string_view, 6> kEmptied = {"dev", "proc", "run",
                                                      "sys", "tmp",  "var/tmp"};
/// The directories below them stay, all other files go.
constexpr std::array<std::string_view, 2> kWithoutFiles = {"var/cache", "var/lib/apt/lists"};
/// debconf keeps its answers in var/cache.
constexpr std::array<std::string_view, 3> kKeptCaches = {"var/cache/debconf/config.dat",
                                                         "var/cache/debconf/passwords.dat",
                                                         "var/cache/debconf/templates.dat"};
/// Single files, as base/pattern.h matches them.
constexpr std::array<std::string_view, 14> kDropped = {"etc/hostname",
                                                       "etc/resolv.conf",
                                                       "etc/passwd-",
                                                       "etc/group-",
                                                       "etc/shadow-",
                                                       "etc/gshadow-",
                                                       "etc/subuid-",
                                                       "etc/subgid-",
                                                       "etc/ssh/ssh_host_*_key*",
                                                       "var/lib/dbus/machine-id",
                                                       "var/lib/dpkg/*-old",
                                                       "var/lib/systemd/catalog/database",
                                                       "var/lib/systemd/credential.secret",
                                                       "var/lib/systemd/random-seed"};

bool is_strictly_below(std::string_view path, std::string_view dir) {
    return path != dir && is_below(path, dir);
}

bool is_dropped(const archive::TarEntry& entry) {
    const std::string_view path = entry.path;
    if (path.empty()) return true;  // the root itself
    const auto contains = [&](std::string_view dir) { return is_strictly_below(path, dir); };
    if (std::ranges::any_of(kEmptied, contains)) return true;
    if (entry.type == archive::EntryType::kDirectory) return false;
    if (std::ranges::find(kKeptCaches, path) != kKeptCaches.end()) return false;
    if (std::ranges::any_of(kWithoutFiles, contains)) return true;
    if (is_below(path, "var/log"))
        return entry.size > 0;  // empty ones are there for login and its like
    return std::ranges::any_of(kDropped, [&](std::string_view pattern) {
        return match_wildcard(pattern, path).value_or(false);
    });
}

/// The third field is the day of the last change of the password: for a fresh account, the day of
/// the run.
std::string clamp_shadow(std::string_view text, std::int64_t epoch) {
    const std::int64_t last_day = epoch / kSecondsPerDay;
    std::string result;
    for (const auto line : split(text, '\n')) {
        std::vector<std::string> fields;
        for (const auto field : split(line, ':')) fields.emplace_back(field);
        if (fields.size() > 2 && parse_int(fields[2]).value_or(0) > last_day)
            fields[2] = std::to_string(last_day);
        result += join(fields, ":") + "\n";
    }
    result.pop_back();  // split() gave one more than there are line ends
    return result;
}

class EntryReader final : public Reader {
  public:
    explicit EntryReader(archive::TarReader& tar) : tar_(tar) {}
    Result<std::size_t> read(std::span<std::byte> buffer) override { return tar_.read(buffer); }

  private:
    archive::TarReader& tar_;
};

Result<void> copy_data(archive::TarReader& in, archive::TarWriter& out,
                       std::vector<std::byte>& buffer) {
    while (true) {
        SLIPWAY_ASSIGN(const std::size_t size, in.read(buffer));
        if (size == 0) return {};
        SLIPWAY_TRY(out.write(std::span(buffer).first(size)));
    }
}

Result<void> rewrite_entry(archive::TarReader& in, archive::TarWriter& out, archive::TarEntry entry,
                           const RootChanges& changes, std::vector<std::byte>& buffer) {
    const bool later = entry.mtime_seconds > changes.epoch;
    entry.mtime_seconds = later ? changes.epoch : entry.mtime_seconds;
    entry.mtime_nanoseconds = 0;
    if (entry.type == archive::EntryType::kHardlink) {
        SLIPWAY_ASSIGN(const auto target, RelPath::parse(entry.link_target));
        entry.link_target = target.text();
    }
    const bool regular = entry.type == archive::EntryType::kRegular;
    if (regular && entry.path == "etc/machine-id") return out.add_file(std::move(entry), "");
    if (regular && entry.path == "etc/apt/sources.list")
        return out.add_file(std::move(entry), changes.sources_list);
    if (regular && entry.path == "etc/shadow") {
        EntryReader data(in);
        SLIPWAY_ASSIGN(const std::string text, read_text(data, kTextLimit));
        return out.add_file(std::move(entry), clamp_shadow(text, changes.epoch));
    }
    SLIPWAY_TRY(out.add(entry));
    return regular ? copy_data(in, out, buffer) : Result<void>();
}

/// The next entry with its path cleaned ("./etc/" -> "etc").
Result<std::optional<archive::TarEntry>> next_entry(archive::TarReader& tar) {
    SLIPWAY_ASSIGN(auto entry, tar.next());
    if (!entry) return entry;
    SLIPWAY_ASSIGN(const auto path, RelPath::parse(entry->path));
    entry->path = path.text();
    return entry;
}

}  // namespace

Result<RootFacts> scan_root(archive::TarReader& tar, std::int64_t run_started) {
    RootFacts facts;
    while (true) {
        SLIPWAY_ASSIGN(const auto entry, next_entry(tar));
        if (!entry) return facts;
        if (entry->type != archive::EntryType::kRegular || is_dropped(*entry)) continue;
        if (entry->mtime_seconds < run_started) {
            facts.newest_shipped = std::max(facts.newest_shipped, entry->mtime_seconds);
        }
        if (entry->path == "usr/bin/bash" || entry->path == "bin/bash") facts.has_bash = true;
        if (is_strictly_below(entry->path, "usr/share/keyrings"))
            facts.keyrings.push_back("/" + entry->path);
    }
}

Result<void> rewrite_root(archive::TarReader& in, archive::TarWriter& out,
                          const RootChanges& changes) {
    std::vector<std::byte> buffer(256UL * 1024);
    while (true) {
        SLIPWAY_ASSIGN(auto entry, next_entry(in));
        if (!entry) return out.finish();
        if (is_dropped(*entry)) continue;
        const std::string path = entry->path;
        SLIPWAY_TRY(
            rewrite_entry(in, out, *std::move(entry), changes, buffer).context("'{}'", path));
    }
}

}  // namespace slipway::source
