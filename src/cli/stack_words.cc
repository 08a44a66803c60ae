#include "cli/stack_words.h"

#include "cli/stack_flags.h"
#include "cli/stack_parameters.h"
#include "cli/table.h"
#include "stack/flags.h"

#include <algorithm>

namespace slipway::cli {

namespace {

std::optional<stack::Stack> find_stack(const std::string& name) {
    auto stack = load_stack(name);
    return stack ? std::optional(*std::move(stack)) : std::nullopt;
}

/// What --stack says.
std::string stack_name(std::span<const std::string> words) {
    constexpr std::string_view kFlag = "--stack";
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == kFlag && i + 1 < words.size()) return words[i + 1];
        if (words[i].starts_with(std::string(kFlag) + "="))
            return words[i].substr(kFlag.size() + 1);
    }
    return "";
}

/// Where the command stands behind the global options, which all have a value.
std::size_t command_at(const std::vector<std::string>& words) {
    std::size_t at = 0;
    while (at < words.size() && words[at].starts_with("--"))
        at += words[at].find('=') == std::string::npos ? 2U : 1U;
    return at;
}

std::string with_dashes(std::string name) {
    std::ranges::replace(name, '_', '-');
    return "--" + name;
}

std::string default_of(const stack::Parameter& parameter) {
    std::string text = parameter.derive != stack::Parameter::Derive::kNothing ? "of this user"
                       : parameter.fallback.empty()                           ? "none"
                                                                              : parameter.fallback;
    return parameter.defaults.empty() ? text : text + ", others by condition";
}

}  // namespace

Result<std::vector<std::string>> replace_stack_flags(const std::vector<std::string>& words) {
    const std::size_t at = command_at(words);
    if (at >= words.size() || words[at] != "stack") return words;
    const auto stack = find_stack(stack_name(words));
    if (!stack || stack->flags.empty()) return words;
    return stack::replace_flags(*stack, words);
}

std::string stack_help(const std::string& name) {
    const auto stack = find_stack(name);
    if (!stack) return "";
    Rows rows;
    for (const auto& parameter : stack->parameters) {
        std::string names = flag_of(parameter);
        for (const std::string& alias : parameter.aliases) names += "," + with_dashes(alias);
        const std::string type = parameter.type == stack::Type::kBool ? "" : choices_of(parameter);
        rows.push_back({"  " + names, type,
                        fmt::format("{} (default: {})", parameter.help, default_of(parameter))});
    }
    std::string text =
        fmt::format("Parameters of the stack {}:\n{}", stack->name, format_table(rows));
    if (stack->flags.empty()) return text;
    rows.clear();
    for (const auto& flag : stack->flags) {
        rows.push_back(
            {"  " + with_dashes(flag.name), flag.value ? "VALUE" : "",
             flag.error.empty() ? flag.help : flag.help + " (not there: " + flag.error + ")"});
    }
    return text + fmt::format("Flags of the stack {}:\n{}", stack->name, format_table(rows));
}

ExtraWords stack_words(std::span<const std::string> words) {
    ExtraWords extra;
    const auto stack = find_stack(stack_name(words));
    if (!stack) return extra;
    for (const auto& parameter : stack->parameters) {
        const bool is_bool = parameter.type == stack::Type::kBool;
        extra.flags.push_back({.name = flag_of(parameter),
                               .help = parameter.help,
                               .takes_value = !is_bool,
                               .choices = parameter.choices});
    }
    for (const auto& flag : stack->flags) {
        if (flag.error.empty()) {
            extra.flags.push_back({.name = with_dashes(flag.name),
                                   .help = flag.help,
                                   .takes_value = flag.value,
                                   .choices = {}});
        }
    }
    for (const auto& engine : stack->engines) extra.words.push_back({engine.name, engine.help});
    return extra;
}

}  // namespace slipway::cli
