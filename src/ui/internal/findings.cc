#include "ui/internal/findings.h"

#include "ui/internal/terminal_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace slipway::ui::internal {

namespace {

std::string section(std::span<const progress::Warning> findings, std::string_view level) {
    const auto has_level = [level](const progress::Warning& finding) {
        return finding.level == level;
    };
    const auto count = std::ranges::count_if(findings, has_level);
    if (count == 0) return "";
    std::string text = fmt::format("\n {} {}{} found ('slipway build --check' explains {}):\n",
                                   count, level, count == 1 ? "" : "s", count == 1 ? "it" : "them");
    for (const auto& finding : findings) {
        if (!has_level(finding)) continue;
        text += fmt::format(" - {}: {}", finding.rule, one_line(finding.text));
        if (finding.where) text += fmt::format(" (line {})", finding.where->first_line);
        text += '\n';
    }
    return text;
}

}  // namespace

bool is_finding(const progress::Warning& warning) {
    return !warning.rule.empty();
}

std::string summarize_findings(std::span<const progress::Warning> findings) {
    return section(findings, "warning") + section(findings, "note");
}

}  // namespace slipway::ui::internal
