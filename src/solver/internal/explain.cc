#include "solver/internal/explain.h"

#include "base/text.h"
#include "base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace slipway::solver {

namespace {

using progress::Reason;

constexpr std::string_view kInputPrefix = "input ";
constexpr std::string_view kContextPrefix = "context ";
constexpr std::size_t kNamedAtMost = 3;

bool is_input(const Change& change) {
    return change.label.starts_with(kInputPrefix) || change.label.starts_with(kContextPrefix);
}

std::string_view verb(Change::Kind kind) {
    switch (kind) {
        case Change::Kind::kAdded:
            return "added";
        case Change::Kind::kRemoved:
            return "removed";
        case Change::Kind::kChanged:
            break;
    }
    return "changed";
}

/// "context (names, modes)" only says what "context file 'a'" says better, when that changed too.
bool is_told_by_another(const Change& change, std::span<const Change> changes) {
    const auto summary = change.label.find(" (");
    if (summary == std::string::npos || !change.label.ends_with(')')) return false;
    const std::string part = change.label.substr(0, summary) + " ";
    return std::any_of(changes.begin(), changes.end(), [&](const Change& other) {
        return &other != &change && other.label.starts_with(part);
    });
}

/// The input that "input 2" stands for; nothing for other labels.
std::optional<std::size_t> input_position(std::string_view label, std::size_t inputs) {
    if (!label.starts_with(kInputPrefix)) return std::nullopt;
    const auto number = parse_uint(label.substr(kInputPrefix.size()));
    if (!number || *number == 0 || *number > inputs) return std::nullopt;
    return *number - 1;
}

std::string remade(const InputFate& input, Mode mode) {
    const bool dry = mode == Mode::kDryRun;
    if (input.kind == InputFate::Kind::kFetched) {
        return fmt::format("input '{}' {}", input.name,
                           dry ? "would be fetched" : "was fetched again");
    }
    return fmt::format("input '{}' {} ({})", input.name, dry ? "would run" : "ran again",
                       input.cause);
}

std::string list_some(std::span<const std::string> texts) {
    std::string list;
    for (std::size_t i = 0; i < std::min(texts.size(), kNamedAtMost); ++i) {
        if (i > 0) list += ", ";
        list += texts[i];
    }
    if (texts.size() > kNamedAtMost)
        list += fmt::format(", and {} more", texts.size() - kNamedAtMost);
    return list;
}

/// The key is that of the record, yet the record was not to be used: an input was told to run, and
/// did.
Explanation explain_by_inputs(const Circumstances& circumstances) {
    std::vector<std::string> texts;
    std::optional<std::size_t> through;
    for (std::size_t i = 0; i < circumstances.inputs.size(); ++i) {
        const auto& input = circumstances.inputs[i];
        if (input.kind == InputFate::Kind::kKept) continue;
        if (!through) through = i;
        texts.push_back(remade(input, circumstances.mode));
    }
    if (texts.empty()) return {};
    return {Reason::kMissInputs, list_some(texts), through};
}

Explanation explain_by_changes(std::span<const Change> changes,
                               const Circumstances& circumstances) {
    Explanation explanation;
    explanation.reason = std::all_of(changes.begin(), changes.end(), is_input) ? Reason::kMissInputs
                                                                               : Reason::kMissOp;
    std::vector<std::string> texts;
    for (const auto& change : changes) {
        if (is_told_by_another(change, changes)) continue;
        const auto position = input_position(change.label, circumstances.inputs.size());
        if (!position) {
            texts.push_back(fmt::format("{} {}", change.label, verb(change.kind)));
            continue;
        }
        const auto& input = circumstances.inputs[*position];
        if (change.kind == Change::Kind::kChanged && input.kind == InputFate::Kind::kRan) {
            if (texts.empty()) explanation.through = position;
            texts.push_back(remade(input, circumstances.mode));
        } else {
            texts.push_back(fmt::format("input '{}' {}", input.name, verb(change.kind)));
        }
    }
    explanation.detail = list_some(texts);
    return explanation;
}

}  // namespace

std::string input_label(std::size_t position) {
    return fmt::format("{}{}", kInputPrefix, position + 1);
}

std::string short_name(std::string_view name) {
    constexpr std::size_t kLongest = 72;  // bytes
    if (name.size() <= kLongest) return std::string(name);
    name = name.substr(0, kLongest);
    name.remove_suffix(incomplete_utf8_tail(name));
    return std::string(name) + "…";
}

std::vector<Change> compare(std::span<const Ingredient> before, std::span<const Ingredient> now) {
    struct Old {
        std::vector<std::string_view> values;
        std::size_t used = 0;
    };
    std::unordered_map<std::string_view, Old> old;
    old.reserve(before.size());
    for (const auto& ingredient : before) old[ingredient.label].values.push_back(ingredient.value);

    std::vector<Change> changes;
    for (const auto& ingredient : now) {
        const auto found = old.find(ingredient.label);
        if (found == old.end() || found->second.used == found->second.values.size()) {
            changes.push_back({Change::Kind::kAdded, ingredient.label});
        } else if (found->second.values[found->second.used++] != ingredient.value) {
            changes.push_back({Change::Kind::kChanged, ingredient.label});
        }
    }
    for (const auto& ingredient : before) {
        auto& entry = old[ingredient.label];
        if (entry.used == entry.values.size()) continue;
        ++entry.used;
        changes.push_back({Change::Kind::kRemoved, ingredient.label});
    }
    return changes;
}

Explanation explain_miss(const Key& now, const Circumstances& circumstances) {
    if (circumstances.evicted) {
        return {Reason::kMissEvicted, "its result is gone from the store", std::nullopt};
    }
    if (circumstances.previous == nullptr) return {};
    const auto changes = compare(circumstances.previous->ingredients, now.ingredients);
    auto explanation = changes.empty() ? explain_by_inputs(circumstances)
                                       : explain_by_changes(changes, circumstances);
    if (circumstances.mode == Mode::kDryRun && explanation.through &&
        explanation.reason == Reason::kMissInputs) {
        explanation.detail += "; runs unless its inputs come out as before";
    }
    return explanation;
}

std::string_view reason_text(Reason reason) {
    switch (reason) {
        case Reason::kMissFirst:
            return "never built before";
        case Reason::kMissOp:
            return "its operation changed";
        case Reason::kMissInputs:
            return "its inputs changed";
        case Reason::kMissEvicted:
            return "its result is gone from the store";
        case Reason::kNoCacheAsked:
            return "asked to run without cache";
        case Reason::kSource:
            return "fetched";
        case Reason::kHitLocal:
        case Reason::kHitContent:
        case Reason::kOutput:
        case Reason::kFailed:
        case Reason::kCancelled:
            break;
    }
    return "made anew";
}

}  // namespace slipway::solver
