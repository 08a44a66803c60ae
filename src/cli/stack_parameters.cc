#include "cli/stack_parameters.h"

#include "base/text.h"
#include "dockerfile/lint/secret_name.h"
#include "dockerfile/lint/stage_rules.h"

#include <algorithm>
#include <array>

namespace slipway::cli {

namespace {

std::string with_dashes(std::string name) {
    std::ranges::replace(name, '_', '-');
    return name;
}

Error unknown_flag(const std::string& name, const stack::Stack& stack) {
    Error error = make_error(ErrorCode::kUsage, "unknown flag '--{}'", name);
    std::vector<std::string> known;
    for (const auto& parameter : stack.parameters) known.push_back(with_dashes(parameter.name));
    for (const auto& flag : stack.flags) known.push_back(with_dashes(flag.name));
    const auto nearest = find_nearest(with_dashes(name), known);
    if (nearest) return std::move(error).hint("did you mean '--" + *nearest + "'?");
    return std::move(error).hint("'slipway stack params' lists the parameters");
}

bool names_engine(const std::string& word, const stack::Stack& stack) {
    if (equals_ignoring_case(word, "all")) return true;
    return std::ranges::any_of(stack.engines, [&](const stack::Engine& engine) {
        return equals_ignoring_case(engine.name, word) ||
               std::ranges::any_of(engine.aliases, [&](const std::string& alias) {
                   return equals_ignoring_case(alias, word);
               });
    });
}

/// NAME of "NAME=VALUE" and of "NAME".
std::string name_of(const std::string& build_arg) {
    return build_arg.substr(0, build_arg.find('='));
}

const stack::Parameter* find_by_arg(const stack::Stack& stack, const std::string& arg) {
    const auto found = std::ranges::find(stack.parameters, arg, &stack::Parameter::arg);
    return found == stack.parameters.end() ? nullptr : &*found;
}

/// What builders know without a declaration.
bool is_predefined(const std::string& name) {
    static constexpr std::array<std::string_view, 6> kNames = {
        "http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy", "source_date_epoch"};
    return name.starts_with("BUILDKIT_") ||
           std::ranges::find(kNames, to_lower(name)) != kNames.end();
}

}  // namespace

Result<void> read_parameters(const std::vector<std::string>& words, const stack::Stack& stack,
                             stack::Selection& selection) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (!word.starts_with("--")) {
            selection.engines.push_back(word);
            continue;
        }
        const auto pair = split_once(std::string_view(word).substr(2), '=');
        const std::string name(pair ? pair->first : std::string_view(word).substr(2));
        const stack::Parameter* parameter = stack.find_parameter(name);
        if (parameter == nullptr) return unknown_flag(name, stack);
        const bool more = i + 1 < words.size() && !words[i + 1].starts_with("--");
        std::string value;
        if (pair) {
            value = pair->second;
        } else if (parameter->type == stack::Type::kBool) {
            value = "true";
            if (more && !names_engine(words[i + 1], stack)) {
                return make_error(ErrorCode::kUsage, "'{}' behind --{} is no engine", words[i + 1],
                                  name)
                    .hint(fmt::format("a bool needs no value; with one it is --{}={}", name,
                                      words[i + 1]));
            }
        } else if (more) {
            value = words[++i];
        } else {
            return make_error(ErrorCode::kUsage, "--{} needs a value", name).hint(parameter->help);
        }
        selection.values[parameter->name] = std::move(value);
    }
    return {};
}

Result<void> take_build_args(const BuildFlags& flags, const stack::Stack& stack,
                             stack::Selection& selection, BuildPlan& plan) {
    const auto is_set = [&](const stack::Parameter& wanted) {
        return std::ranges::any_of(selection.values, [&](const auto& value) {
            return stack.find_parameter(value.first) == &wanted;
        });
    };
    for (const std::string& text : flags.build_args) {
        const std::string name = name_of(text);
        const stack::Parameter* parameter = find_by_arg(stack, name);
        if (parameter == nullptr && dockerfile::lint::sounds_secret(name)) {
            return make_error(ErrorCode::kUsage,
                              "--build-arg {}: a secret does not belong into a build argument, "
                              "which stays in the image's history and in keys",
                              name)
                .hint(fmt::format("--secret id={},env={}, which a step asks for by "
                                  "--mount=type=secret",
                                  to_lower(name), name));
        }
        if (parameter == nullptr) continue;
        const auto value = plan.request.build_args.find(name);
        if (value == plan.request.build_args.end()) continue;  // of a variable that is not set
        if (!is_set(*parameter)) selection.values[parameter->name] = value->second;
        plan.request.build_args.erase(value);
    }
    return {};
}

Result<void> check_build_args(const BuildFlags& flags, const stack::Stack& stack,
                              const dockerfile::Dockerfile& file) {
    auto declared = dockerfile::lint::collect_args(file).names;
    for (const auto& parameter : stack.parameters) declared.insert(parameter.arg);
    for (const std::string& text : flags.build_args) {
        const std::string name = name_of(text);
        if (declared.contains(name) || is_predefined(name)) continue;
        Error error = make_error(ErrorCode::kUsage,
                                 "--build-arg {}: no parameter and no stage declares it", name);
        const auto nearest =
            find_nearest(name, std::vector<std::string>(declared.begin(), declared.end()));
        if (nearest) return std::move(error).hint("did you mean '" + *nearest + "'?");
        return std::move(error).hint("'slipway stack params' lists the parameters");
    }
    return {};
}

std::string flag_of(const stack::Parameter& parameter) {
    return "--" + with_dashes(parameter.name);
}

std::string choices_of(const stack::Parameter& parameter) {
    return parameter.choices.empty() ? std::string(to_string(parameter.type))
                                     : join(parameter.choices, "|");
}

}  // namespace slipway::cli
