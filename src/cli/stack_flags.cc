#include "cli/stack_flags.h"

#include "base/text.h"
#include "cli/stack_parameters.h"
#include "cli/stack_sources.h"
#include "image/reference.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/system.h"
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

/// --load, --no-load, and what is not there yet.
Result<void> set_outputs(const StackFlags& flags, StackPlan& plan) {
    const auto absent = [](std::string_view flag, const char* instead) {
        return make_error(ErrorCode::kUsage, "{} is not there yet", flag).hint(instead);
    };
    if (flags.push) {
        return absent("--push",
                      "-o type=oci,dest=FILE writes an archive that skopeo or crane can push");
    }
    for (const auto& [flag, values] :
         {std::pair("--cache-from", &flags.cache_from), std::pair("--cache-to", &flags.cache_to)}) {
        if (!values->empty()) return absent(flag, "the store that --root names is the cache");
    }
    const bool has_image = std::ranges::any_of(
        flags.outputs.empty() ? std::span<exporter::OutputSpec>() : std::span(plan.outputs),
        [](const exporter::OutputSpec& output) {
            return output.type == exporter::OutputType::kImage;
        });
    if (flags.no_load && flags.outputs.empty()) plan.outputs.clear();
    if (flags.load && !flags.outputs.empty() && !has_image) plan.outputs.emplace_back();
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

void add_stack_build_flags(CLI::App& command, StackFlags& flags) {
    auto* load = command.add_flag("--load", flags.load,
                                  "Keep the images in the store (the default without --output)");
    command.add_flag("--no-load", flags.no_load, "Build, but keep no image in the store")
        ->excludes(load);
    command.add_flag("--push", flags.push, "Not there yet");
    command.add_option("--cache-from", flags.cache_from, "Not there yet")->allow_extra_args(false);
    command.add_option("--cache-to", flags.cache_to, "Not there yet")->allow_extra_args(false);
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
        auto platform = image::Platform::parse(text);
        if (!platform)
            return std::move(platform).error().context("--platform").with_code(ErrorCode::kUsage);
        selection.platforms.push_back(platform->to_string());
    }
    if (selection.platforms.empty())
        selection.platforms.push_back(plan.options.platform.to_string());
    for (const std::string& text : flags.values) {
        SLIPWAY_ASSIGN(auto pair, key_value("--set", text));
        selection.values.insert_or_assign(pair.first, std::move(pair.second));
    }
    const os::UserIds user = os::calling_user();
    if (user.uid != 0) {  // root is nobody's development account
        selection.uid = std::to_string(user.uid);
        selection.gid = std::to_string(user.gid);
    }
    SLIPWAY_TRY(read_parameters(rest, plan.stack, selection));
    SLIPWAY_TRY(take_build_args(flags, plan.stack, selection, plan));
    SLIPWAY_TRY(set_outputs(flags, plan));
    SLIPWAY_ASSIGN(plan.variants, stack::resolve(plan.stack, selection));
    SLIPWAY_TRY(add_sources(flags, plan));
    SLIPWAY_TRY(add_folders(plan));
    SLIPWAY_TRY(stack::pin(plan.stack, plan.sources, plan.variants));
    SLIPWAY_ASSIGN(plan.file, stack::compose(plan.stack, plan.sources, plan.variants));
    SLIPWAY_TRY(check_build_args(flags, plan.stack, plan.file));
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

std::string command_line(const StackFlags& flags, const StackPlan& plan) {
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
    if (flags.context != ".") words.insert(words.end(), {"--context", flags.context});
    if (flags.no_tag_latest) words.emplace_back("--no-tag-latest");
    for (std::string& word : words_of(flags)) words.push_back(std::move(word));
    for (std::string& word : words) word = shell_word(word);
    return join(words, " ");
}

}  // namespace slipway::cli
