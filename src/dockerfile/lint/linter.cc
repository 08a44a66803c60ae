#include "dockerfile/lint/linter.h"

#include "base/text.h"
#include "dockerfile/internal/statements.h"
#include "dockerfile/internal/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace slipway::dockerfile::lint {

namespace {

using Names = std::set<std::string, std::less<>>;

/// "A, B" into `names`, or "all" into `all`.
void read_names(std::string_view value, Names& names, bool& all) {
    if (value == "all") {
        all = true;
        return;
    }
    for (const auto name : split(value, ',')) names.emplace(trim(name));
}

/// What a "check=…" above one instruction adds; nothing in one that cannot be read.
Options options_above(std::span<const std::string> comments) {
    for (const std::string& comment : comments) {
        if (comment.find('=') == std::string::npos) continue;
        const auto directive = internal::parse_directive("#" + comment);
        if (!directive || directive->name != "check") continue;
        const std::string_view value = directive->value;
        return parse_options(value.substr(0, value.find(' '))).value_or(Options());
    }
    return {};
}

}  // namespace

std::string one_line(const Finding& finding) {
    return fmt::format("{}: {} (line {})", info(finding.rule).name, finding.message,
                       finding.lines.first);
}

bool Options::wants(Rule rule) const {
    const RuleInfo& about = info(rule);
    if (about.stability == Stability::kExperimental)
        return experimental_all || experimental.contains(about.name);
    return !skip_all && !skip.contains(about.name);
}

Result<Options> parse_options(std::string_view text) {
    Options options;
    if (trim(text).empty()) return options;
    for (const auto part : split(trim(text), ';')) {
        const auto cut = split_once(part, '=');
        const std::string_view name = cut ? trim(cut->first) : trim(part);
        const std::string_view value = cut ? trim(cut->second) : std::string_view();
        if (cut && name == "skip") {
            read_names(value, options.skip, options.skip_all);
        } else if (cut && name == "experimental") {
            read_names(value, options.experimental, options.experimental_all);
        } else if (cut && name == "error") {
            const auto error = internal::parse_bool(value);
            if (!error) {
                return make_error(ErrorCode::kInvalidInput,
                                  "check option '{}': '{}' is neither true nor false", name, value);
            }
            options.error = *error;
        } else {
            return make_error(ErrorCode::kInvalidInput, "invalid check option '{}'", trim(part))
                .hint("check=skip=RULE,RULE;error=true, or skip=all");
        }
    }
    return options;
}

void Linter::report(Rule rule, Lines lines, std::string message,
                    std::span<const std::string> comments) {
    const bool wanted = info(rule).stability == Stability::kExperimental
                            ? options_.wants(rule) || options_above(comments).wants(rule)
                            : options_.wants(rule) && options_above(comments).wants(rule);
    if (wanted) findings_.push_back({rule, std::move(message), lines});
}

Result<void> Linter::verdict() const {
    if (!options_.error) return {};
    std::vector<std::string> names;
    for (const Finding& finding : findings_) {
        const RuleInfo& about = info(finding.rule);
        if (about.level != Level::kWarning) continue;
        if (std::ranges::find(names, about.name) == names.end()) names.emplace_back(about.name);
    }
    if (names.empty()) return {};
    return make_error(ErrorCode::kInvalidInput, "lint violation found for rules: {}",
                      join(names, ", "));
}

}  // namespace slipway::dockerfile::lint
