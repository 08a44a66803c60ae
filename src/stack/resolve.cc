#include "stack/resolve.h"

#include "base/text.h"
#include "dockerfile/words.h"
#include "stack/internal/names.h"

#include <algorithm>
#include <functional>

namespace slipway::stack {

namespace {

/// The value of a parameter, or of "engine", "target", "platform", "flavour".
const std::string* value_of(const std::string& name, const Variant& variant) {
    if (name == "engine") return &variant.engine;
    if (name == "target") return &variant.target;
    if (name == "platform") return &variant.platform;
    if (name == "flavour") return &variant.flavour;
    const auto found = variant.values.find(name);
    return found == variant.values.end() ? nullptr : &found->second.text;
}

Error usage(std::string message) {
    return Error(ErrorCode::kUsage, std::move(message));
}

Error not_known(std::string_view what, const std::string& name,
                const std::vector<std::string>& known) {
    Error error = usage(fmt::format("there is no {} '{}'", what, name));
    if (const auto nearest = find_nearest(name, known))
        return std::move(error).hint("did you mean '" + *nearest + "'?");
    return std::move(error).hint(fmt::format("known: {}", join(known, ", ")));
}

/// The names of `known`, without repetitions, in the order given; "all" is all of them.
Result<std::vector<std::string>> choose(std::string_view what,
                                        const std::vector<std::string>& given,
                                        const std::vector<std::string>& known) {
    std::vector<std::string> chosen;
    const auto add = [&](const std::string& name) {
        if (std::ranges::find(chosen, name) == chosen.end()) chosen.push_back(name);
    };
    for (const std::string& name : given) {
        if (name == "all") {
            std::ranges::for_each(known, add);
        } else if (std::ranges::find(known, name) != known.end()) {
            add(name);
        } else {
            return not_known(what, name, known);
        }
    }
    return chosen;
}

/// An alias, in any case, by its name.
std::string engine_name(const Stack& stack, const std::string& given) {
    for (const Engine& engine : stack.engines) {
        if (equals_ignoring_case(engine.name, given)) return engine.name;
        for (const std::string& alias : engine.aliases)
            if (equals_ignoring_case(alias, given)) return engine.name;
    }
    return equals_ignoring_case(given, "all") ? "all" : given;
}

class Resolver {
  public:
    Resolver(const Stack& stack, const Selection& selection)
        : stack_(stack), selection_(selection) {}

    Result<std::vector<Variant>> run() {
        SLIPWAY_TRY(check_given());
        SLIPWAY_ASSIGN(const auto engines, choose_engines());
        SLIPWAY_ASSIGN(const auto targets, choose_targets());
        SLIPWAY_ASSIGN(const auto platforms,
                       choose("platform", selection_.platforms, names_of(stack_.platforms)));
        SLIPWAY_ASSIGN(const std::string flavour, choose_flavour());
        std::vector<Variant> variants;
        for (const std::string& engine : engines) {
            for (const Target* target : targets) {
                if (!target->engines.empty() &&
                    std::ranges::find(target->engines, engine) == target->engines.end()) {
                    return usage(fmt::format("the engine '{}' has no target '{}'", engine,
                                             target->name))
                        .hint(
                            fmt::format("those that have it are {}", join(target->engines, ", ")));
                }
                for (const std::string& platform : platforms) {
                    Variant variant{.engine = engine,
                                    .target = target->name,
                                    .platform = platform,
                                    .flavour = flavour,
                                    .stage = {},
                                    .values = {},
                                    .args = {}};
                    SLIPWAY_TRY(fill(variant, *target).context("{}", variant.name()));
                    variants.push_back(std::move(variant));
                }
            }
        }
        return variants;
    }

  private:
    Result<void> check_given() {
        for (const auto& [name, text] : selection_.values) {
            const Parameter* parameter = stack_.find_parameter(name);
            if (parameter == nullptr)
                return not_known("parameter", name, names_of(stack_.parameters));
            auto checked = check_value(*parameter, text);
            if (!checked) return usage(checked.error().message()).hint(parameter->help);
            given_[parameter->name] = *std::move(checked);
        }
        return {};
    }

    Result<std::vector<std::string>> choose_engines() {
        std::vector<std::string> given;
        for (const auto& name : selection_.engines) given.push_back(engine_name(stack_, name));
        if (given.empty()) given.push_back(stack_.engines.front().name);
        return choose("engine", given, names_of(stack_.engines));
    }

    Result<std::vector<const Target*>> choose_targets() {
        SLIPWAY_ASSIGN(const auto names,
                       choose("target", selection_.targets, names_of(stack_.targets)));
        std::vector<const Target*> targets;
        for (const Target& target : stack_.targets)
            if (names.empty() && target.is_default) targets.push_back(&target);
        for (const std::string& name : names)
            targets.push_back(&*std::ranges::find(stack_.targets, name, &Target::name));
        if (targets.empty()) {
            return usage("which target?")
                .hint(fmt::format("--target with {}", join(names_of(stack_.targets), ", ")));
        }
        return targets;
    }

    Result<std::string> choose_flavour() {
        if (selection_.flavour.empty()) {
            const auto found = std::ranges::find(stack_.flavours, true, &Flavour::is_default);
            return found == stack_.flavours.end() ? stack_.flavours.front().name : found->name;
        }
        SLIPWAY_ASSIGN(const auto names,
                       choose("flavour", {selection_.flavour}, names_of(stack_.flavours)));
        if (names.size() != 1) return usage("one flavour at a time");
        return names.front();
    }

    Result<void> fill(Variant& variant, const Target& target) {
        // What is given stands before conditions are looked at; a condition may name any parameter
        // that is declared above it.
        for (const auto& [name, text] : given_) variant.values[name] = {text, Origin::kGiven};
        SLIPWAY_TRY(force(variant));
        for (const Parameter& parameter : stack_.parameters) set_default(parameter, variant);
        SLIPWAY_TRY(force(variant));
        SLIPWAY_TRY(check_rules(variant));
        return make_args(variant, target);
    }

    static void set_default(const Parameter& parameter, Variant& variant) {
        const auto [at, added] = variant.values.try_emplace(parameter.name);
        if (!added) return;
        const auto fits = [&](const ConditionalValue& value) { return holds(value.when, variant); };
        const auto found = std::ranges::find_if(parameter.defaults, fits);
        at->second = found == parameter.defaults.end() ? Value{parameter.fallback, Origin::kDefault}
                                                       : Value{found->value, Origin::kConditional};
    }

    Result<void> force(Variant& variant) {
        for (const Rule& rule : stack_.rules) {
            if (rule.force.empty() || !holds(rule.when, variant)) continue;
            for (const auto& [name, text] : rule.force) {
                const auto given = given_.find(name);
                if (given != given_.end() && given->second != text) {
                    return usage(fmt::format("{} must be '{}' here, not '{}'", name, text,
                                             given->second))
                        .hint(rule.message);
                }
                variant.values[name] = {text,
                                        given == given_.end() ? Origin::kForced : Origin::kGiven};
            }
        }
        return {};
    }

    Result<void> check_rules(const Variant& variant) {
        for (const Rule& rule : stack_.rules) {
            if (!holds(rule.when, variant)) continue;
            if (rule.is_error) return usage(rule.message);
            for (const std::string& name : rule.require) {
                if (variant.values.at(name).text.empty())
                    return usage(fmt::format("{} is needed: {}", name, rule.message));
            }
            for (const std::string& name : rule.forbid) {
                if (given_.contains(name))
                    return usage(fmt::format("{} cannot be given: {}", name, rule.message));
            }
        }
        return {};
    }

    Result<void> make_args(Variant& variant, const Target& target) {
        auto& args = variant.args;
        const auto platform =
            std::ranges::find(stack_.platforms, variant.platform, &Platform::name);
        args = platform->names;
        args["ENGINE"] = variant.engine;
        args["FLAVOUR"] = variant.flavour;
        for (const Parameter& parameter : stack_.parameters)
            args[parameter.arg] = arg_of(parameter, variant.values.at(parameter.name).text);
        for (const Packages& packages : stack_.packages) {
            const std::string list = join(packages.by_flavour.at(variant.flavour), " ");
            std::string& arg = args[packages.arg];
            if (list.empty() || !holds(packages.when, variant)) continue;
            if (!arg.empty()) arg += ' ';
            arg += list;
        }
        for (const Derived& derived : stack_.derived) {
            args.try_emplace(derived.arg);
            if (!holds(derived.when, variant)) continue;
            SLIPWAY_ASSIGN(const std::string value, expand(derived.value, variant, derived.where));
            args[derived.arg] = trim(value);
        }
        SLIPWAY_ASSIGN(variant.stage, expand(target.stage, variant, target.where));
        return {};
    }

    /// A path of this machine must not get into a build: it would be in its keys.
    static std::string arg_of(const Parameter& parameter, const std::string& value) {
        return parameter.context.empty() || value.empty() ? value : "true";
    }

    static Result<std::string> expand(const std::string& text, const Variant& variant,
                                      const SourceRange& where) {
        auto expanded = expand_args(text, variant);
        if (!expanded) return std::move(expanded).error().at(where);
        return expanded;
    }

    const Stack& stack_;
    const Selection& selection_;
    std::map<std::string, std::string> given_;
};

}  // namespace

Result<std::string> expand_args(const std::string& text, const Variant& variant) {
    const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
        const auto found = variant.args.find(std::string(name));
        if (found == variant.args.end()) return std::nullopt;
        return found->second;
    };
    SLIPWAY_ASSIGN(auto expanded, dockerfile::expand_word(text, lookup));
    if (!expanded.unset.empty()) {
        return make_error(ErrorCode::kInvalidInput, "'{}': there is no build argument '{}'", text,
                          *expanded.unset.begin());
    }
    return std::move(expanded.text);
}

bool holds(const Condition& condition, const Variant& variant) {
    return std::ranges::all_of(condition, [&](const auto& entry) {
        const std::string* value = value_of(entry.first, variant);
        return value != nullptr && std::ranges::find(entry.second, *value) != entry.second.end();
    });
}

std::string_view to_string(Origin origin) {
    switch (origin) {
        case Origin::kGiven:
            return "command line";
        case Origin::kForced:
            return "rule";
        case Origin::kConditional:
            return "condition";
        case Origin::kDefault:
            return "default";
    }
    return "";
}

Result<std::vector<Variant>> resolve(const Stack& stack, const Selection& selection) {
    return Resolver(stack, selection).run();
}

}  // namespace slipway::stack
