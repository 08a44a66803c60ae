#include "source/internal/apt_listing.h"

#include "base/text.h"

#include <algorithm>

namespace slipway::source {

namespace {

constexpr std::string_view kTar = ".tar.";

struct Listed {
    std::string_view url;
    std::string_view file;
    std::string_view hash;  ///< "SHA256:…"
};

/// 'URL' FILE SIZE HASH; nothing for what is said besides.
std::optional<Listed> parse_listed(std::string_view line) {
    if (!line.starts_with('\'')) return std::nullopt;
    const auto parts = split_once(line.substr(1), '\'');
    if (!parts) return std::nullopt;
    const auto fields = split(trim(parts->second), ' ');
    if (fields.size() < 2) return std::nullopt;
    return Listed{parts->first, fields[0], fields.size() > 2 ? fields[2] : ""};
}

bool is_archive(std::string_view file) {
    const auto at = file.rfind(kTar);
    // Not the signature of one.
    return at != std::string_view::npos && file.find('.', at + kTar.size()) == file.npos;
}

}  // namespace

Result<std::vector<AptEntry>> source_entries(const AptMachine& machine, const std::string& suite) {
    const std::string base = suite.substr(0, suite.find('-'));
    auto entries = choose_entries(machine, machine.distribution, base);
    if (!entries) {
        // Its hint is of another command.
        return Error(entries.error().code(), entries.error().message());
    }
    if (base == suite) return entries;
    std::erase_if(*entries, [&](const AptEntry& entry) { return entry.suite != base; });
    for (AptEntry& entry : *entries) entry.suite = suite;
    return entries;
}

std::string source_lines(const std::vector<AptEntry>& entries) {
    std::string text;
    for (const AptEntry& entry : entries)
        text += "deb-src" + entry.line().substr(std::string_view("deb").size()) + "\n";
    return text;
}

Result<AptArchive> choose_archive(std::string_view printed) {
    std::vector<Listed> archives;
    for (const auto line : split(printed, '\n')) {
        const auto listed = parse_listed(line);
        if (listed && is_archive(listed->file)) archives.push_back(*listed);
    }
    auto chosen = std::ranges::find_if(archives, [](const Listed& listed) {
        return listed.file.find(".orig.tar.") != std::string_view::npos;
    });
    if (chosen == archives.end() && archives.size() == 1) chosen = archives.begin();
    if (chosen == archives.end())
        return Error(ErrorCode::kNotFound, "the source package has no upstream archive");
    if (!chosen->url.starts_with("http://") && !chosen->url.starts_with("https://")) {
        return make_error(ErrorCode::kUnsupported, "'{}' is not fetched by http", chosen->url);
    }
    const auto hash = split_once(chosen->hash, ':');
    if (!hash || hash->first != "SHA256") {
        return make_error(ErrorCode::kUnsupported, "the archive tells no SHA-256 of '{}'",
                          chosen->file);
    }
    SLIPWAY_ASSIGN(const auto digest, Digest::parse("sha256:" + std::string(hash->second)));
    return AptArchive{.url = std::string(chosen->url), .digest = digest};
}

}  // namespace slipway::source
