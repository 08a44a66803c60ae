// stack.toml and stack.lock, read strictly (docs/formats/stack.md).
#include "base/text.h"
#include "os/file.h"
#include "stack/internal/names.h"
#include "stack/internal/toml_table.h"
#include "stack/stack.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace slipway::stack {

namespace {

constexpr const char* kStackFile = "stack.toml";

constexpr std::array<std::pair<std::string_view, Type>, 8> kTypes = {{{"bool", Type::kBool},
                                                                      {"int", Type::kInt},
                                                                      {"version", Type::kVersion},
                                                                      {"ref", Type::kRef},
                                                                      {"image", Type::kImage},
                                                                      {"choice", Type::kChoice},
                                                                      {"path", Type::kPath},
                                                                      {"string", Type::kString}}};

bool is_name(std::string_view text) {
    return !text.empty() && text.front() >= 'a' && text.front() <= 'z' &&
           std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
           });
}

std::string read_name(TomlTable& table) {
    std::string name = table.text("name");
    if (!name.empty() && !is_name(name)) {
        table.fail(fmt::format("'{}' is no name: lower case letters, digits, '-' and '_'", name));
    }
    return name;
}

/// A folder that becomes a named context.
void read_folder(TomlTable& table, Parameter& parameter) {
    parameter.context = table.text_or("context", "");
    if (!parameter.context.empty() && parameter.type != Type::kPath)
        table.fail("'context' is for type = \"path\": the folder that is given becomes it");
    if (!table.has("wheels")) return;
    if (parameter.context.empty()) table.fail("'wheels' needs 'context'");
    table.table("wheels", [&](TomlTable& wheels) {
        parameter.wheels = WheelCheck{.package = wheels.text("package"),
                                      .machine = wheels.text("machine"),
                                      .python = wheels.text_or("python", ""),
                                      .commit = wheels.text_or("commit", "")};
    });
}

Parameter read_parameter(TomlTable& table) {
    Parameter parameter{.name = read_name(table), .where = table.where()};
    parameter.aliases = table.list("aliases");
    std::string arg = to_upper(parameter.name);
    std::ranges::replace(arg, '-', '_');
    parameter.arg = table.text_or("arg", arg);
    const std::string type = table.text("type");
    const auto* const found =
        std::ranges::find(kTypes, type, &std::pair<std::string_view, Type>::first);
    if (found == kTypes.end()) {
        table.fail(
            fmt::format("'{}' is none of the types bool, int, version, ref, image, choice, "
                        "path and string",
                        type));
        return parameter;
    }
    parameter.type = found->second;
    parameter.choices = table.list("choices");
    if ((parameter.type == Type::kChoice) == parameter.choices.empty())
        table.fail("'choices' and type = \"choice\" belong together");
    parameter.min = table.integer("min");
    read_folder(table, parameter);
    parameter.help = table.text("help");
    const auto value_of = [&](TomlTable& from, std::string_view key) {
        auto checked = check_value(parameter, from.scalar_or(key, ""));
        if (checked) return *std::move(checked);
        from.fail(checked.error().message());
        return std::string();
    };
    parameter.fallback = value_of(table, "default");
    table.tables("defaults", [&](TomlTable& each) {
        parameter.defaults.push_back({each.condition("when"), value_of(each, "value")});
    });
    if (!parameter.context.empty() && (!parameter.fallback.empty() || !parameter.defaults.empty()))
        table.fail("a folder that becomes a context has no default: only who builds can name it");
    return parameter;
}

Component read_component(TomlTable& table) {
    Component component{.name = read_name(table), .where = table.where()};
    component.licence = table.text("licence");
    const bool git = table.has("git");
    if (git == table.has("url")) table.fail("a component comes from 'git' or from a 'url'");
    component.kind = git ? Component::Kind::kGit : Component::Kind::kUrl;
    component.from = table.text(git ? "git" : "url");
    if (git)
        component.ref = table.text("ref");
    else
        component.unpack = table.flag("unpack", true);
    component.version = table.text_or("version", component.ref);
    return component;
}

void read_rule(TomlTable& table, Stack& stack) {
    Rule rule{.when = table.condition("when"), .where = table.where()};
    rule.require = table.list("require");
    rule.forbid = table.list("forbid");
    rule.force = table.map("force");
    rule.is_error = table.flag("error");
    rule.message = table.text("message");
    const int kinds = static_cast<int>(!rule.require.empty()) +
                      static_cast<int>(!rule.forbid.empty()) +
                      static_cast<int>(!rule.force.empty()) + static_cast<int>(rule.is_error);
    if (kinds != 1) table.fail("a rule has one of 'require', 'forbid', 'force' and 'error'");
    stack.rules.push_back(std::move(rule));
}

void read_tables(TomlTable& file, Stack& stack) {
    file.table("stack", [&](TomlTable& table) {
        stack.name = read_name(table);
        stack.description = table.text("description");
        stack.image = table.text_or("image", stack.name);
        stack.stages = table.list("stages");
        if (stack.stages.empty()) table.fail("[stack] needs 'stages'");
    });
    file.tables("engine", [&](TomlTable& table) {
        stack.engines.push_back({read_name(table), table.list("aliases"), table.text("help")});
    });
    file.tables("target", [&](TomlTable& table) {
        stack.targets.push_back({read_name(table), table.text("stage"), table.list("engines"),
                                 table.text("help"), table.flag("default"), table.where()});
    });
    file.tables("platform", [&](TomlTable& table) {
        stack.platforms.push_back({table.text("name"), table.map("names")});
    });
    file.tables("flavour", [&](TomlTable& table) {
        stack.flavours.push_back({read_name(table), table.text("help"), table.flag("default"),
                                  table.map("sources"), table.where()});
    });
    file.tables("parameter",
                [&](TomlTable& table) { stack.parameters.push_back(read_parameter(table)); });
    file.tables("derived", [&](TomlTable& table) {
        stack.derived.push_back({table.text("arg"), table.text("value"), table.condition("when"),
                                 table.text_or("help", ""), table.where()});
    });
    file.tables("packages", [&](TomlTable& table) {
        Packages packages{
            .arg = table.text("arg"), .by_flavour = {}, .when = table.condition("when")};
        for (const Flavour& flavour : stack.flavours)
            packages.by_flavour[flavour.name] = table.list(flavour.name);
        stack.packages.push_back(std::move(packages));
    });
    file.tables("rule", [&](TomlTable& table) { read_rule(table, stack); });
    file.tables("component",
                [&](TomlTable& table) { stack.components.push_back(read_component(table)); });
}

/// Each name is known, and each value one that it can have.
class ConditionCheck {
  public:
    explicit ConditionCheck(const Stack& stack) : stack_(stack) {
        fixed_ = {{"engine", names_of(stack.engines)},
                  {"target", names_of(stack.targets)},
                  {"platform", names_of(stack.platforms)},
                  {"flavour", names_of(stack.flavours)}};
    }

    Result<void> check(Condition& condition, const SourceRange& where) const {
        for (auto& [name, values] : condition)
            for (std::string& value : values) SLIPWAY_TRY(check(name, value, where));
        return {};
    }

    Result<void> check(const std::string& name, std::string& value,
                       const SourceRange& where) const {
        if (const auto known = fixed_.find(name); known != fixed_.end()) {
            if (std::ranges::find(known->second, value) != known->second.end()) return {};
            return make_error(ErrorCode::kInvalidInput, "there is no {} '{}'", name, value)
                .at(where);
        }
        const Parameter* parameter = stack_.find_parameter(name);
        if (parameter == nullptr || parameter->name != name) return unknown(name, where);
        // "" in a condition: nothing was given and there is no default.
        if (value.empty()) return {};
        auto checked = check_value(*parameter, value);
        if (!checked) return std::move(checked).error().at(where);
        value = *std::move(checked);
        return {};
    }

    [[nodiscard]] Result<void> check_names(const std::vector<std::string>& names,
                                           const SourceRange& where) const {
        for (const auto& name : names)
            if (stack_.find_parameter(name) == nullptr) return unknown(name, where);
        return {};
    }

  private:
    [[nodiscard]] Error unknown(const std::string& name, const SourceRange& where) const {
        Error error =
            make_error(ErrorCode::kInvalidInput, "there is no parameter '{}'", name).at(where);
        const auto nearest = find_nearest(name, names_of(stack_.parameters));
        if (nearest) return std::move(error).hint("did you mean '" + *nearest + "'?");
        return error;
    }

    const Stack& stack_;
    std::map<std::string, std::vector<std::string>> fixed_;
};

template <typename Item>
Result<void> check_unique(const std::vector<Item>& items, std::string_view what,
                          const std::string& file) {
    std::set<std::string> seen;
    for (const Item& item : items) {
        if (!seen.insert(item.name).second) {
            return make_error(ErrorCode::kInvalidInput, "{}: two {} have the name '{}'", file, what,
                              item.name);
        }
    }
    return {};
}

Result<void> check_component(const Stack& stack, const std::string& name,
                             const SourceRange& where) {
    const auto known = names_of(stack.components);
    if (std::ranges::find(known, name) != known.end()) return {};
    Error error =
        make_error(ErrorCode::kInvalidInput, "there is no component '{}'", name).at(where);
    if (const auto nearest = find_nearest(name, known))
        return std::move(error).hint("did you mean '" + *nearest + "'?");
    return error;
}

Result<void> check(Stack& stack, const std::string& file) {
    if (stack.engines.empty() || stack.targets.empty() || stack.platforms.empty() ||
        stack.flavours.empty()) {
        return make_error(ErrorCode::kInvalidInput,
                          "{}: a stack has at least one engine, target, platform and flavour",
                          file);
    }
    SLIPWAY_TRY(check_unique(stack.engines, "engines", file));
    SLIPWAY_TRY(check_unique(stack.targets, "targets", file));
    SLIPWAY_TRY(check_unique(stack.platforms, "platforms", file));
    SLIPWAY_TRY(check_unique(stack.flavours, "flavours", file));
    SLIPWAY_TRY(check_unique(stack.parameters, "parameters", file));
    SLIPWAY_TRY(check_unique(stack.components, "components", file));
    const ConditionCheck checks(stack);
    for (const Target& target : stack.targets) {
        for (std::string engine : target.engines)
            SLIPWAY_TRY(checks.check("engine", engine, target.where));
    }
    for (const Flavour& flavour : stack.flavours) {
        for (const auto& [name, source] : flavour.sources)
            SLIPWAY_TRY(check_component(stack, name, flavour.where));
    }
    for (Parameter& parameter : stack.parameters) {
        for (ConditionalValue& value : parameter.defaults)
            SLIPWAY_TRY(checks.check(value.when, parameter.where));
    }
    for (Derived& derived : stack.derived) SLIPWAY_TRY(checks.check(derived.when, derived.where));
    for (Packages& packages : stack.packages)
        SLIPWAY_TRY(checks.check(packages.when, {file, 0, 0}));
    for (Rule& rule : stack.rules) {
        SLIPWAY_TRY(checks.check(rule.when, rule.where));
        SLIPWAY_TRY(checks.check_names(rule.require, rule.where));
        SLIPWAY_TRY(checks.check_names(rule.forbid, rule.where));
        for (auto& [name, value] : rule.force) SLIPWAY_TRY(checks.check(name, value, rule.where));
    }
    return {};
}

Result<toml::table> parse_toml(std::string_view text, const std::string& name) {
    try {
        return toml::parse(text, name);
    } catch (const toml::parse_error& error) {
        const int line = static_cast<int>(error.source().begin.line);
        return make_error(ErrorCode::kInvalidInput, "{}", error.description())
            .at({name, line, line});
    }
}

/// [[component]] name = …, then VERSION = "commit or checksum".
Result<void> read_lock(std::string_view text, const std::string& name, Stack& stack) {
    SLIPWAY_ASSIGN(const auto file, parse_toml(text, name));
    TomlReading reading{name, {}};
    TomlTable top(file, reading, name);
    top.tables("component", [&](TomlTable& table) {
        const std::string component_name = table.text("name");
        const auto locked = table.map("locked");
        const auto found = std::ranges::find(stack.components, component_name, &Component::name);
        // One that the stack does not have any more is no fault.
        if (found != stack.components.end()) found->locked = locked;
    });
    top.finish();
    if (reading.error) return *std::move(reading.error);
    return {};
}

}  // namespace

const Parameter* Stack::find_parameter(std::string_view given) const {
    std::string wanted(given);
    std::ranges::replace(wanted, '-', '_');
    const auto found = std::ranges::find_if(parameters, [&](const Parameter& parameter) {
        return parameter.name == wanted ||
               std::ranges::find(parameter.aliases, wanted) != parameter.aliases.end();
    });
    return found == parameters.end() ? nullptr : &*found;
}

std::string_view to_string(Type type) {
    return std::ranges::find(kTypes, type, &std::pair<std::string_view, Type>::second)->first;
}

Result<std::string> check_value(const Parameter& parameter, const std::string& value) {
    const auto wrong = [&](std::string_view why) {
        return make_error(ErrorCode::kInvalidInput, "{}: '{}' {}", parameter.name, value, why);
    };
    switch (parameter.type) {
        case Type::kBool: {
            const std::string lower = to_lower(value);
            if (lower == "true" || lower == "1" || lower == "yes" || lower == "on") return "true";
            if (lower == "false" || lower == "0" || lower == "no" || lower == "off" ||
                lower.empty())
                return "false";
            return wrong("is neither true nor false");
        }
        case Type::kInt: {
            if (value.empty()) return value;
            const auto number = parse_int(value);
            if (!number) return wrong("is no integer");
            if (parameter.min && *number < *parameter.min)
                return wrong(fmt::format("is less than {}", *parameter.min));
            return value;
        }
        case Type::kChoice: {
            if (std::ranges::find(parameter.choices, value) != parameter.choices.end())
                return value;
            return wrong(fmt::format("is none of {}", join(parameter.choices, ", ")));
        }
        case Type::kVersion:
        case Type::kRef:
        case Type::kImage:
            if (value.find_first_of(" \t\r\n\"'$`\\") != std::string::npos)
                return wrong(fmt::format("is no {}", to_string(parameter.type)));
            return value;
        case Type::kPath:
        case Type::kString:
            if (value.find_first_of("\r\n") != std::string::npos)
                return wrong("has more than one line");
            return value;
    }
    return value;
}

std::string lock_text(const Stack& stack) {
    // Versions and digests have neither quotes nor backslashes: check_value() and their form say
    // so.
    std::string text = "# Written by `slipway stack lock`: what each version of a component is.\n";
    for (const Component& component : stack.components) {
        if (component.locked.empty()) continue;
        text +=
            fmt::format("\n[[component]]\nname = \"{}\"\n\n[component.locked]\n", component.name);
        for (const auto& [version, what] : component.locked)
            text += fmt::format("\"{}\" = \"{}\"\n", version, what);
    }
    return text;
}

Result<Stack> parse(std::string_view text, std::string_view lock, const std::string& folder) {
    const std::string name = folder + "/" + kStackFile;
    SLIPWAY_ASSIGN(const auto file, parse_toml(text, name));
    Stack stack;
    stack.folder = folder;
    TomlReading reading{name, {}};
    TomlTable top(file, reading, kStackFile);
    read_tables(top, stack);
    top.finish();
    if (reading.error) return *std::move(reading.error);
    SLIPWAY_TRY(check(stack, name));
    SLIPWAY_TRY(read_lock(lock, folder + "/" + kLockFile, stack));
    return stack;
}

Result<Stack> load(const std::string& folder) {
    const std::string path = folder + "/" + kStackFile;
    if (!os::path_exists(path)) {
        return make_error(ErrorCode::kNotFound, "'{}' is no stack: it has no {}", folder,
                          kStackFile);
    }
    SLIPWAY_ASSIGN(const std::string text, os::read_file(path));
    std::string lock;
    const std::string lock_path = folder + "/" + kLockFile;
    if (os::path_exists(lock_path)) {
        SLIPWAY_ASSIGN(lock, os::read_file(lock_path));
    }
    return parse(text, lock, folder);
}

}  // namespace slipway::stack
