#include "cli/stack_flags.h"

#include "base/text.h"
#include "cli/stack_sources.h"
#include "image/reference.h"
#include "os/dir.h"
#include "os/file.h"
#include "stack/tags.h"
#include "stack/wheel_folder.h"

#include <algorithm>
#include <filesystem>
#include <set>

namespace slipway::cli {

namespace {

/// Stacks that are installed beside the program.
std::string installed_stacks() {
    const auto program = os::real_path("/proc/self/exe");
    if (!program) return "";
    return std::filesystem::path(*program).parent_path().parent_path() / "share/slipway/stacks";
}

/// `--NAME=VALUE`, `--NAME VALUE`; a bool needs no value.
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
        if (parameter == nullptr) {
            std::vector<std::string> known;
            for (const auto& each : stack.parameters) known.push_back(each.name);
            Error error = make_error(ErrorCode::kUsage, "unknown flag '--{}'", name);
            std::string wanted = name;
            std::ranges::replace(wanted, '-', '_');
            auto nearest = find_nearest(wanted, known);
            if (!nearest)
                return std::move(error).hint("'slipway stack params' lists the parameters");
            std::ranges::replace(*nearest, '_', '-');
            return std::move(error).hint("did you mean '--" + *nearest + "'?");
        }
        std::string value;
        if (pair) {
            value = pair->second;
        } else if (parameter->type == stack::Type::kBool) {
            value = "true";
        } else if (i + 1 < words.size()) {
            value = words[++i];
        } else {
            return make_error(ErrorCode::kUsage, "--{} needs a value", name).hint(parameter->help);
        }
        selection.values[parameter->name] = std::move(value);
    }
    return {};
}

/// "--base-image"
std::string flag_of(const stack::Parameter& parameter) {
    std::string name = parameter.name;
    std::ranges::replace(name, '_', '-');
    return "--" + name;
}

Result<void> check_wheels(const stack::WheelCheck& wheels, const std::string& folder,
                          const stack::Variant& variant) {
    const auto expand = [&](const std::string& text) { return expand_args(text, variant); };
    stack::WantedWheel wanted;
    SLIPWAY_ASSIGN(wanted.package, expand(wheels.package));
    SLIPWAY_ASSIGN(wanted.machine, expand(wheels.machine));
    SLIPWAY_ASSIGN(wanted.python, expand(wheels.python));
    SLIPWAY_ASSIGN(const std::string commit, expand(wheels.commit));
    if (!commit.empty()) {
        SLIPWAY_ASSIGN(wanted.commit, expand("${ARCH}_" + commit));
    }
    return stack::check_wheel_folder(folder, wanted);
}

/// The folders that parameters name.
Result<void> add_folders(StackPlan& plan) {
    for (const stack::Parameter& parameter : plan.stack.parameters) {
        const std::string& folder = plan.variants.front().values.at(parameter.name).text;
        if (parameter.context.empty() || folder.empty()) continue;
        const auto check = [&]() -> Result<void> {
            SLIPWAY_ASSIGN(const auto opened, os::Dir::open(folder));
            SLIPWAY_ASSIGN(plan.contexts[parameter.context], os::real_path(folder));
            if (!parameter.wheels) return {};
            for (const stack::Variant& variant : plan.variants)
                SLIPWAY_TRY(check_wheels(*parameter.wheels, folder, variant));
            return {};
        };
        SLIPWAY_TRY(check().context("{} {}", flag_of(parameter), folder));
    }
    return {};
}

Result<void> set_tags(const StackFlags& flags, StackPlan& plan) {
    if (!flags.tags.empty()) {
        if (plan.variants.size() > 1) {
            return make_error(ErrorCode::kUsage, "--tag names one image, and this is {} of them",
                              plan.variants.size())
                .hint("leave it out: each has a tag of its own");
        }
        plan.tags.push_back(plan.names);
        return {};
    }
    const stack::Version version = stack::version_of(flags.context, {});
    std::set<std::string> platforms;
    for (const auto& variant : plan.variants) platforms.insert(variant.platform);
    for (const auto& variant : plan.variants) {
        plan.tags.push_back(stack::tags_of(plan.stack, variant, version, !flags.no_tag_latest));
        if (platforms.size() == 1) continue;
        for (std::string& tag : plan.tags.back()) {
            std::string suffix = variant.platform.substr(variant.platform.find('/'));
            std::ranges::replace(suffix, '/', '-');
            tag += suffix;
        }
    }
    for (auto& tags : plan.tags) {
        for (std::string& tag : tags) {
            SLIPWAY_ASSIGN(const auto ref, image::ImageRef::parse(tag).context("[stack] image"));
            tag = ref.to_string();
        }
    }
    return {};
}

/// In single quotes where a shell would read something else.
std::string shell_word(const std::string& word) {
    const auto is_plain = [](unsigned char c) {
        return std::isalnum(c) != 0 ||
               std::string_view("-_=./:,@+%").find(static_cast<char>(c)) != std::string_view::npos;
    };
    if (!word.empty() && std::ranges::all_of(word, is_plain)) return word;
    std::string quoted = "'";
    for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

}  // namespace

std::vector<std::string> context_names(const std::map<std::string, std::string>& contexts) {
    std::vector<std::string> names;
    names.reserve(contexts.size());
    for (const auto& [name, where] : contexts) names.push_back(name);
    return names;
}

void add_stack_flags(CLI::App& command, StackFlags& flags) {
    command.allow_extras();
    command.add_option("--stack", flags.stack, "The stack: a folder, or a name under stacks/")
        ->type_name("DIR|NAME");
    command.add_option("--framework", flags.engines, "Another way to name an engine")
        ->type_name("ENGINE")
        ->allow_extra_args(false);
    command.add_option("--target", flags.targets, "Targets to build; all for every one")
        ->type_name("TARGET[,TARGET...]")
        ->delimiter(',')
        ->allow_extra_args(false);
    command.add_option("--platform", flags.platforms, "Platforms (default: this machine's)")
        ->type_name("OS/ARCH[,...]")
        ->delimiter(',')
        ->allow_extra_args(false);
    command.add_option("--flavour", flags.flavour, "What the images stand on")
        ->type_name("FLAVOUR");
    command
        .add_option("--set", flags.values,
                    "Value of a parameter; --NAME VALUE says the same ('stack params' lists them)")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    command
        .add_option(
            "--source", flags.sources,
            "Where a component comes from instead: a directory, a git or http URL, an image, "
            "apt:PACKAGE[/SUITE], or 'locked' for what the stack has")
        ->type_name("COMPONENT=WHERE")
        ->allow_extra_args(false);
    command.add_option("--context", flags.context, "The main context: the project's sources")
        ->type_name("DIR")
        ->capture_default_str();
    command.add_flag("--no-tag-latest", flags.no_tag_latest, "No tag 'latest-ENGINE-TARGET'");
}

Result<stack::Stack> load_stack(const std::string& name) {
    std::vector<std::string> tried;
    const auto try_folder = [&](const std::string& folder) {
        tried.push_back(folder);
        return os::path_exists(folder + "/stack.toml");
    };
    if (!name.empty()) {
        for (const std::string& folder :
             {name, "stacks/" + name, installed_stacks() + "/" + name}) {
            if (!try_folder(folder)) continue;
            SLIPWAY_ASSIGN(const std::string found, os::real_path(folder));
            return stack::load(found);
        }
        return make_error(ErrorCode::kNotFound, "there is no stack '{}'", name)
            .hint("looked for stack.toml in " + join(tried, ", "));
    }
    std::vector<std::string> here;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("stacks", ignored)) {
        if (os::path_exists(entry.path() / "stack.toml")) here.push_back(entry.path());
    }
    return load_stack(here.size() == 1 ? here.front() : "dynamo");
}

Result<StackPlan> plan_stack(const StackFlags& flags, const std::vector<std::string>& rest,
                             bool pinned) {
    StackPlan plan;
    SLIPWAY_ASSIGN(static_cast<BuildPlan&>(plan), plan_build(flags));
    SLIPWAY_ASSIGN(plan.stack, load_stack(flags.stack));
    stack::Selection& selection = plan.selection;
    selection.engines = flags.engines;
    selection.targets = flags.targets;
    selection.flavour = flags.flavour;
    for (const std::string& text : flags.platforms) {
        if (text == "all") {
            selection.platforms.push_back(text);
            continue;
        }
        SLIPWAY_ASSIGN(const auto platform,
                       image::Platform::parse(text).context("--platform {}", text));
        selection.platforms.push_back(platform.to_string());
    }
    if (selection.platforms.empty())
        selection.platforms.push_back(plan.options.platform.to_string());
    for (const std::string& text : flags.values) {
        SLIPWAY_ASSIGN(auto pair, key_value("--set", text));
        selection.values.insert(std::move(pair));
    }
    SLIPWAY_TRY(read_parameters(rest, plan.stack, selection));
    SLIPWAY_ASSIGN(plan.variants, stack::resolve(plan.stack, selection));
    SLIPWAY_TRY(add_sources(flags, plan));
    SLIPWAY_TRY(add_folders(plan));
    SLIPWAY_TRY(stack::pin(plan.stack, plan.sources, plan.variants));
    SLIPWAY_ASSIGN(plan.file, stack::compose(plan.stack, plan.sources, plan.variants));
    plan.contexts[kOwnContext] = plan.stack.folder;
    if (pinned) {
        for (const auto& variant : plan.variants) {
            SLIPWAY_TRY(stack::require_pins(plan.stack, plan.sources, plan.file, variant,
                                            context_names(plan.contexts)));
        }
    }
    SLIPWAY_TRY(set_tags(flags, plan));
    return plan;
}

std::string command_line(const StackPlan& plan) {
    std::vector<std::string> words = {"slipway", "stack", "build", "--stack", plan.stack.folder};
    std::vector<std::string> engines;
    std::vector<std::string> targets;
    std::vector<std::string> platforms;
    const auto add = [](std::vector<std::string>& list, const std::string& name) {
        if (std::ranges::find(list, name) == list.end()) list.push_back(name);
    };
    for (const auto& variant : plan.variants) {
        add(engines, variant.engine);
        add(targets, variant.target);
        add(platforms, variant.platform);
    }
    words.insert(words.end(), engines.begin(), engines.end());
    words.insert(words.end(), {"--target", join(targets, ","), "--platform", join(platforms, ","),
                               "--flavour", plan.variants.front().flavour});
    for (const auto& parameter : plan.stack.parameters) {
        const stack::Value& value = plan.variants.front().values.at(parameter.name);
        if (value.origin == stack::Origin::kGiven)
            words.insert(words.end(), {"--set", parameter.name + "=" + value.text});
    }
    for (const auto& [name, where] : plan.sources) {
        const std::string& from = where.url.empty() ? plan.contexts.at("src_" + name) : where.url;
        words.insert(words.end(), {"--source", name + "=" + from});
    }
    for (std::string& word : words) word = shell_word(word);
    return join(words, " ");
}

}  // namespace slipway::cli
