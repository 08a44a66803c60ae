#include "source/internal/apt_sources.h"

#include "base/text.h"
#include "os/dir.h"
#include "os/file.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>

namespace slipway::source {

namespace {

constexpr std::array<std::string_view, 3> kWantedParts = {"", "-updates", "-security"};
constexpr std::array<std::string_view, 5> kKnownParts = {"-updates", "-security", "-backports",
                                                         "-proposed-updates", "-proposed"};

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> result;
    while (true) {
        text = trim(text);
        if (text.empty()) return result;
        const auto end = std::min(text.find_first_of(" \t\n"), text.size());
        result.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
}

/// "[arch=amd64 signed-by=/path]" -> the value of signed-by.
std::string signed_by_option(std::string_view options) {
    for (const auto& word : words(options)) {
        const auto parts = split_once(word, '=');
        if (parts && to_lower(parts->first) == "signed-by") return std::string(parts->second);
    }
    return {};
}

std::optional<AptEntry> parse_line(std::string_view line) {
    line = trim(line.substr(0, line.find('#')));
    if (!line.starts_with("deb ") && !line.starts_with("deb\t")) return std::nullopt;
    line = trim(line.substr(4));
    AptEntry entry;
    if (line.starts_with('[')) {
        const auto end = line.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        entry.signed_by = signed_by_option(line.substr(1, end - 1));
        line.remove_prefix(end + 1);
    }
    auto fields = words(line);
    if (fields.size() < 2) return std::nullopt;
    entry.uri = fields[0];
    entry.suite = fields[1];
    entry.components.assign(fields.begin() + 2, fields.end());
    return entry;
}

using Stanza = std::map<std::string, std::string>;

void add_stanza(const Stanza& stanza, std::vector<AptEntry>& entries) {
    const auto field = [&](const std::string& name) {
        const auto found = stanza.find(name);
        return found == stanza.end() ? std::string() : found->second;
    };
    const auto types = words(field("types"));
    if (std::ranges::find(types, "deb") == types.end()) return;
    const std::string enabled = to_lower(trim(field("enabled")));
    if (enabled == "no" || enabled == "false" || enabled == "0") return;
    if (field("signed-by").find("BEGIN PGP") != std::string::npos) return;
    const std::string signed_by = join(words(field("signed-by")), ",");
    for (const auto& uri : words(field("uris"))) {
        for (const auto& suite : words(field("suites"))) {
            entries.push_back({.uri = uri,
                               .suite = suite,
                               .components = words(field("components")),
                               .signed_by = signed_by});
        }
    }
}

/// "bookworm-security" -> "bookworm"
std::string_view base_suite(std::string_view suite) {
    for (const auto part : kKnownParts) {
        if (suite.ends_with(part)) return suite.substr(0, suite.size() - part.size());
    }
    return suite;
}

/// Another's archive may use the same suite names, but neither the component nor the distribution's
/// keys.
bool is_own_archive(const AptEntry& entry, const std::string& distribution) {
    if (std::ranges::find(entry.components, "main") == entry.components.end()) return false;
    return entry.signed_by.empty() ||
           entry.signed_by.find(distribution + "-archive") != std::string::npos;
}

std::string os_release_value(const std::string& text, std::string_view key) {
    for (const auto line : split(text, '\n')) {
        const auto parts = split_once(line, '=');
        if (!parts || parts->first != key) continue;
        std::string_view value = trim(parts->second);
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        return std::string(value);
    }
    return {};
}

/// The first archive of a list of mirrors; "" when there is none.
std::string first_mirror(const std::string& root, std::string_view uri) {
    std::string_view path = uri.substr(uri.find(':') + 1);
    while (path.starts_with("//")) path.remove_prefix(1);
    const auto text = os::find_file(root + std::string(path));
    if (!text || !*text) return {};
    for (const auto line : split(**text, '\n')) {
        const auto fields = words(line.substr(0, line.find('#')));
        if (!fields.empty()) return fields[0];
    }
    return {};
}

Result<std::vector<AptEntry>> read_entries(const std::string& apt_dir) {
    std::vector<AptEntry> entries;
    const auto append = [&](std::vector<AptEntry> more) {
        entries.insert(entries.end(), more.begin(), more.end());
    };
    SLIPWAY_ASSIGN(const auto main_list, os::find_file(apt_dir + "/sources.list"));
    if (main_list) append(parse_one_line_sources(*main_list));
    const std::string parts_dir = apt_dir + "/sources.list.d";
    if (!os::path_exists(parts_dir)) return entries;
    SLIPWAY_ASSIGN(const auto dir, os::Dir::open(parts_dir));
    SLIPWAY_ASSIGN(const auto files, dir.list(RelPath()));
    for (const auto& file : files) {
        const bool one_line = file.name.ends_with(".list");
        if (!one_line && !file.name.ends_with(".sources")) continue;
        SLIPWAY_ASSIGN(const auto text, os::read_file(parts_dir + "/" + file.name));
        append(one_line ? parse_one_line_sources(text) : parse_deb822_sources(text));
    }
    return entries;
}

}  // namespace

std::string AptEntry::line() const {
    std::string text = signed_by.empty() ? "deb " : "deb [signed-by=" + signed_by + "] ";
    text += uri + " " + suite;
    for (const auto& component : components) text += " " + component;
    return text;
}

std::vector<AptEntry> parse_one_line_sources(std::string_view text) {
    std::vector<AptEntry> entries;
    for (const auto line : split(text, '\n')) {
        if (auto entry = parse_line(line)) entries.push_back(*std::move(entry));
    }
    return entries;
}

std::vector<AptEntry> parse_deb822_sources(std::string_view text) {
    std::vector<AptEntry> entries;
    Stanza stanza;
    std::string name;
    for (const auto line : split(text, '\n')) {
        if (line.starts_with('#')) continue;
        if (trim(line).empty()) {
            add_stanza(stanza, entries);
            stanza.clear();
            name.clear();
        } else if (line.starts_with(' ') || line.starts_with('\t')) {
            if (!name.empty()) stanza[name] += "\n" + std::string(trim(line));
        } else if (const auto field = split_once(line, ':')) {
            name = to_lower(trim(field->first));
            stanza[name] = trim(field->second);
        }
    }
    add_stanza(stanza, entries);
    return entries;
}

Result<AptMachine> AptMachine::read(const std::string& root) {
    AptMachine machine;
    SLIPWAY_ASSIGN(const auto release, os::find_file(root + "/etc/os-release"));
    machine.distribution = os_release_value(release.value_or(""), "ID");
    machine.suite = os_release_value(release.value_or(""), "VERSION_CODENAME");
    SLIPWAY_ASSIGN(machine.entries, read_entries(root + "/etc/apt"));
    for (auto& entry : machine.entries) {
        if (entry.uri.starts_with("mirror+file:")) entry.uri = first_mirror(root, entry.uri);
    }
    std::erase_if(machine.entries, [](const AptEntry& entry) {
        return entry.uri.empty() || entry.uri.starts_with("cdrom:");
    });
    return machine;
}

Result<std::vector<AptEntry>> choose_entries(const AptMachine& machine,
                                             const std::string& distribution,
                                             const std::string& suite) {
    const auto no_mirror = [&](const std::string& why) -> Error {
        return Error(ErrorCode::kInvalidInput, why).hint("name an archive with --mirror URL");
    };
    if (machine.distribution != distribution) {
        return no_mirror(
            fmt::format("this machine runs '{}', so its apt knows no mirror for '{}'",
                        machine.distribution.empty() ? "an unknown system" : machine.distribution,
                        distribution));
    }
    std::vector<AptEntry> own;
    std::ranges::copy_if(machine.entries, std::back_inserter(own), [&](const AptEntry& entry) {
        return is_own_archive(entry, distribution);
    });
    const auto has_base = [&](std::string_view base) {
        return std::ranges::any_of(
            own, [&](const AptEntry& entry) { return base_suite(entry.suite) == base; });
    };
    const std::string base = has_base(suite)           ? suite
                             : has_base(machine.suite) ? machine.suite
                             : own.empty()             ? ""
                                                       : std::string(base_suite(own.front().suite));
    std::vector<AptEntry> chosen;
    for (AptEntry entry : own) {
        if (base_suite(entry.suite) != base) continue;
        const std::string part = entry.suite.substr(base.size());
        if (std::ranges::find(kWantedParts, part) == kWantedParts.end()) continue;
        // unstable has neither updates nor security updates
        if (!part.empty() && (suite == "sid" || suite == "unstable")) continue;
        entry.suite = suite + part;
        if (std::ranges::find(chosen, entry) == chosen.end()) chosen.push_back(std::move(entry));
    }
    const bool has_main_suite =
        std::ranges::any_of(chosen, [&](const AptEntry& entry) { return entry.suite == suite; });
    if (!has_main_suite) {
        return no_mirror(
            fmt::format("apt's sources on this machine name no archive of {}", distribution));
    }
    return chosen;
}

}  // namespace slipway::source
