#include "dockerfile/internal/flags.h"

#include "base/text.h"

#include <algorithm>
#include <set>

namespace slipway::dockerfile::internal {

namespace {

Error unknown_flag(std::string_view name, std::span<const FlagSpec> specs) {
    Error error = make_error(ErrorCode::kInvalidInput, "unknown flag '--{}'", name);
    std::vector<std::string> known;
    for (const auto& spec : specs) known.emplace_back(spec.name);
    if (const auto nearest = find_nearest(name, known)) {
        return std::move(error).hint("did you mean '--" + *nearest + "'?");
    }
    return error;
}

Result<void> check_value(const Flag& flag, FlagType type) {
    if (type != FlagType::kBool) {
        if (!flag.value)
            return make_error(ErrorCode::kInvalidInput, "flag '--{}' needs a value", flag.name);
        return {};
    }
    if (!flag.value || equals_ignoring_case(*flag.value, "true") ||
        equals_ignoring_case(*flag.value, "false")) {
        return {};
    }
    return make_error(ErrorCode::kInvalidInput, "flag '--{}' is true or false, not '{}'", flag.name,
                      *flag.value);
}

}  // namespace

Result<FlagSet> FlagSet::check(std::span<const Flag> flags, std::span<const FlagSpec> specs) {
    std::set<std::string_view> seen;
    for (const auto& flag : flags) {
        const auto spec = std::find_if(specs.begin(), specs.end(),
                                       [&](const FlagSpec& s) { return s.name == flag.name; });
        if (spec == specs.end()) return unknown_flag(flag.name, specs);
        if (!seen.insert(flag.name).second && spec->type != FlagType::kList) {
            return make_error(ErrorCode::kInvalidInput, "flag '--{}' is given twice", flag.name);
        }
        SLIPWAY_TRY(check_value(flag, spec->type));
    }
    return FlagSet(flags);
}

std::optional<std::string> FlagSet::find_text(std::string_view name) const {
    for (const auto& flag : flags_) {
        if (flag.name == name) return flag.value;
    }
    return std::nullopt;
}

std::string FlagSet::text(std::string_view name) const {
    return find_text(name).value_or("");
}

std::optional<bool> FlagSet::find_bool(std::string_view name) const {
    for (const auto& flag : flags_) {
        if (flag.name == name) return !flag.value || equals_ignoring_case(*flag.value, "true");
    }
    return std::nullopt;
}

std::vector<std::string> FlagSet::list(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& flag : flags_) {
        if (flag.name == name) values.push_back(flag.value.value_or(""));
    }
    return values;
}

}  // namespace slipway::dockerfile::internal
