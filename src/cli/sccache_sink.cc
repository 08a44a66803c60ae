#include "cli/sccache_sink.h"

#include "base/text.h"
#include "base/utf8.h"
#include "cli/table.h"

#include <algorithm>
#include <set>

namespace slipway::cli {

namespace {

constexpr std::string_view kMarker = "=== SCCACHE_JSON === ";
constexpr std::size_t kMaxLine = 1U << 20;

/// May a line that begins so be one of ours?
bool may_be_ours(std::string_view beginning) {
    return kMarker.starts_with(beginning) ||
           (beginning.starts_with(kMarker) && beginning.size() <= kMaxLine);
}

struct Counts {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t errors = 0;

    void add(const Counts& other) {
        hits += other.hits;
        misses += other.misses;
        errors += other.errors;
    }
};
using ByLanguage = std::map<std::string, Counts>;

/// "c++ [gcc]" -> "C++"
std::string language_of(std::string_view name) {
    name = name.substr(0, name.find(" ["));
    if (name == "c") return "C";
    if (name == "c++") return "C++";
    if (name == "rust") return "Rust";
    return std::string(name);
}

/// {"cache_hits": {"counts": {"C/C++": 12}, "adv_counts": {"c [gcc]": 8, "c++ [gcc]": 4}}}; the
/// second one tells C and C++ apart where it is there.
void read_counts(const Json& stats, const char* key, std::uint64_t Counts::*field,
                 ByLanguage& all) {
    const auto numbers = stats.find(key);
    if (numbers == stats.end() || !numbers->is_object()) return;
    auto counts = numbers->find("adv_counts");
    if (counts == numbers->end() || counts->empty()) counts = numbers->find("counts");
    if (counts == numbers->end() || !counts->is_object()) return;
    for (const auto& [name, count] : counts->items())
        if (count.is_number_unsigned()) all[language_of(name)].*field += count.get<std::uint64_t>();
}

ByLanguage counts_of(const SccacheSection& section) {
    ByLanguage all;
    const Json& stats = section.stats.at("stats");
    read_counts(stats, "cache_hits", &Counts::hits, all);
    read_counts(stats, "cache_misses", &Counts::misses, all);
    read_counts(stats, "cache_errors", &Counts::errors, all);
    return all;
}

std::vector<std::string> row(const std::string& section, const std::string& language,
                             const Counts& counts) {
    const std::uint64_t asked = counts.hits + counts.misses;
    const std::string rate =
        asked == 0 ? "-"
                   : fmt::format("{:.1f} %", 100.0 * static_cast<double>(counts.hits) /
                                                 static_cast<double>(asked));
    return {printable(section),
            printable(language),
            std::to_string(counts.hits),
            std::to_string(counts.misses),
            std::to_string(counts.errors),
            rate};
}

}  // namespace

void SccacheSink::emit(const progress::Event& event) {
    if (const auto* log = std::get_if<progress::StepLog>(&event)) {
        std::string rest = take(*log);
        if (!rest.empty()) next_.emit(progress::StepLog{log->step, log->stream, std::move(rest)});
        return;
    }
    if (const auto* queued = std::get_if<progress::StepQueued>(&event)) {
        const std::lock_guard lock(mutex_);
        names_[queued->step] = queued->name;
    } else if (const auto* done = std::get_if<progress::StepDone>(&event)) {
        for (const auto& rest : end(done->step)) next_.emit(rest);
    }
    next_.emit(event);
}

std::vector<SccacheSection> SccacheSink::sections() const {
    const std::lock_guard lock(mutex_);
    return sections_;
}

std::string SccacheSink::take(const progress::StepLog& log) {
    const std::lock_guard lock(mutex_);
    Line& line = lines_[{log.step, log.stream}];
    std::string rest;
    for (const auto part : split(log.text, '\n')) {
        const bool ends = part.data() + part.size() != log.text.data() + log.text.size();
        if (!line.passes) {
            line.held += part;
            if (!may_be_ours(line.held) || (ends && !read_line(log.step, line.held))) {
                line.passes = true;
                rest += line.held;
            }
        } else {
            rest += part;
        }
        if (!ends) break;
        if (line.passes) rest += '\n';
        line = {};
    }
    return rest;
}

bool SccacheSink::read_line(const Digest& step, std::string_view line) {
    if (!line.starts_with(kMarker)) return false;
    auto json = parse_json(trim(line.substr(kMarker.size())));
    if (!json || !json->is_object()) return false;
    const auto section = json_string(*json, "section");
    const auto stats = json->find("sccache_stats");
    if (!section || section->empty() || stats == json->end() || !stats->is_object()) return false;
    if (!stats->contains("stats") || !stats->at("stats").is_object()) return false;
    sections_.push_back({*section, names_[step], std::move(*stats)});
    return true;
}

std::vector<progress::StepLog> SccacheSink::end(const Digest& step) {
    const std::lock_guard lock(mutex_);
    std::vector<progress::StepLog> rest;
    for (auto at = lines_.lower_bound({step, 0}); at != lines_.end() && at->first.first == step;
         at = lines_.erase(at)) {
        const Line& line = at->second;
        if (!line.held.empty() && !line.passes && !read_line(step, line.held))
            rest.push_back({step, at->first.second, line.held});
    }
    return rest;
}

std::string sccache_table(const std::vector<SccacheSection>& sections) {
    if (sections.empty()) return "";
    Rows rows = {{"SCCACHE", "LANGUAGE", "HITS", "MISSES", "ERRORS", "RATE"}};
    ByLanguage totals;
    for (const SccacheSection& section : sections) {
        const ByLanguage counts = counts_of(section);
        if (counts.empty()) rows.push_back(row(section.section, "-", {}));
        for (const auto& [language, each] : counts) {
            rows.push_back(row(section.section, language, each));
            totals[language].add(each);
        }
    }
    for (const auto& [language, total] : totals) rows.push_back(row("total", language, total));
    return format_table(rows);
}

Json sccache_json(const std::vector<SccacheSection>& sections) {
    Json all = Json::array();
    for (const SccacheSection& each : sections)
        all.push_back({{"section", each.section}, {"step", each.step}, {"stats", each.stats}});
    return all;
}

}  // namespace slipway::cli
