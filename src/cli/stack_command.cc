// slipway stack: families of images out of one description (docs/formats/stack.md).
#include "base/text.h"
#include "cli/command.h"
#include "cli/image_view.h"
#include "cli/stack_build.h"
#include "cli/stack_doctor.h"
#include "cli/stack_flags.h"
#include "cli/stack_lock.h"
#include "cli/stack_parameters.h"
#include "cli/stack_sources.h"
#include "cli/table.h"
#include "os/file.h"
#include "stack/bake.h"
#include "stack/flow.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace slipway::cli {

namespace {

using Rest = std::vector<std::string>;

int report_result(const Result<void>& done) {
    return done ? 0 : report(done.error());
}

template <typename Item>
void add_rows(const char* title, const std::vector<Item>& items, Rows& rows) {
    rows.push_back({title, ""});
    for (const auto& item : items) rows.push_back({"  " + item.name, item.help});
}

Result<void> show(const StackFlags& flags) {
    SLIPWAY_ASSIGN(const auto stack, load_stack(flags.stack));
    print(fmt::format("{}: {}\nin {}\n", stack.name, stack.description, stack.folder));
    Rows rows;
    add_rows("engines", stack.engines, rows);
    add_rows("targets", stack.targets, rows);
    add_rows("flavours", stack.flavours, rows);
    rows.push_back({"platforms", ""});
    for (const auto& platform : stack.platforms) rows.push_back({"  " + platform.name, ""});
    if (!stack.components.empty()) rows.push_back({"components", ""});
    for (const auto& component : stack.components)
        rows.push_back({"  " + component.name, component.licence + "  " + component.from});
    print_table(rows);
    return {};
}

Result<void> list() {
    Rows rows = {{"STACK", "FOLDER", "DESCRIPTION"}};
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("stacks", ignored)) {
        if (!os::path_exists(entry.path() / "stack.toml")) continue;
        SLIPWAY_ASSIGN(const auto stack, load_stack(entry.path()));
        rows.push_back({stack.name, entry.path(), stack.description});
    }
    print_table(rows);
    return {};
}

/// What each parameter is for these variants, and why. One that differs between them has a line for
/// each value.
Rows parameter_rows(const StackPlan& plan, bool help) {
    Rows rows = {{"PARAMETER", "VALUE", "FROM"}};
    if (help) rows.front().insert(rows.front().end(), {"TYPE", "HELP"});
    for (const auto& parameter : plan.stack.parameters) {
        std::vector<std::pair<std::string, std::vector<std::string>>> values;
        for (const auto& variant : plan.variants) {
            const stack::Value& value = variant.values.at(parameter.name);
            const std::string shown = value.text + "\n" + std::string(to_string(value.origin));
            auto found = std::ranges::find(
                values, shown, &std::pair<std::string, std::vector<std::string>>::first);
            if (found == values.end()) found = values.insert(values.end(), {shown, {}});
            found->second.push_back(variant.name());
        }
        for (const auto& [shown, names] : values) {
            const auto [text, origin] = *split_once(shown, '\n');
            std::string from(origin);
            if (values.size() > 1) from += " (" + join(names, ", ") + ")";
            rows.push_back({parameter.name, text.empty() ? "-" : std::string(text), from});
            if (help) {
                rows.back().push_back(choices_of(parameter));
                rows.back().push_back(parameter.help);
            }
        }
    }
    return rows;
}

/// As people write them.
std::vector<std::string> familiar(const std::vector<std::string>& names) {
    std::vector<std::string> all;
    all.reserve(names.size());
    for (const std::string& name : names) all.push_back(familiar_name(name));
    return all;
}

Result<void> plan(const StackFlags& flags, const Rest& rest) {
    SLIPWAY_ASSIGN(const auto plan, plan_stack(flags, rest, false));
    print(fmt::format("stack {}, flavour {}\n", plan.stack.name, plan.variants.front().flavour));
    Rows rows = {{"IMAGE", "PLATFORM", "STAGE", "TAGS"}};
    for (std::size_t i = 0; i < plan.variants.size(); ++i) {
        const auto& variant = plan.variants[i];
        rows.push_back(
            {variant.name(), variant.platform, variant.stage, join(familiar(plan.tags[i]), "  ")});
    }
    print_table(rows);
    print("");
    print_table(parameter_rows(plan, false));
    print("");
    Rows taken = {{"STAGE", "TAKES", "WHAT"}};
    std::set<std::string> seen;
    for (const auto& variant : plan.variants) {
        SLIPWAY_ASSIGN(const auto found,
                       stack::flows(plan.file, variant, context_names(plan.contexts)));
        for (const auto& flow : found) {
            for (const auto& each : flow.takes) {
                if (!seen.insert(flow.stage + "\n" + each.from + "\n" + each.what).second) continue;
                taken.push_back({flow.stage, each.from, each.what});
            }
        }
    }
    print_table(taken);
    print("");
    for (const auto& variant : plan.variants) {
        const auto locked = stack::require_pins(plan.stack, plan.sources, plan.file, variant,
                                                context_names(plan.contexts));
        if (!locked) print("before it can be built: " + locked.error().to_string() + "\n");
    }
    print(command_line(flags, plan));
    return {};
}

Result<void> graph(const StackFlags& flags, const Rest& rest) {
    SLIPWAY_ASSIGN(const auto plan, plan_stack(flags, rest, false));
    std::vector<std::vector<stack::StageFlow>> all;
    for (const auto& variant : plan.variants) {
        SLIPWAY_ASSIGN(auto found, stack::flows(plan.file, variant, context_names(plan.contexts)));
        all.push_back(std::move(found));
    }
    const std::string text = stack::to_dot(all, kOwnContext);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return {};
}

Result<void> params(const StackFlags& flags, const Rest& rest) {
    SLIPWAY_ASSIGN(const auto plan, plan_stack(flags, rest, false));
    print_table(parameter_rows(plan, true));
    if (plan.stack.flags.empty()) return {};
    Rows rows = {{"FLAG", "MEANS", "HELP"}};
    for (const auto& flag : plan.stack.flags) {
        rows.push_back({"--" + flag.name,
                        flag.error.empty() ? join(flag.means, " ") : "refused: " + flag.error,
                        flag.help});
    }
    print("");
    print_table(rows);
    return {};
}

Result<void> render(const StackPlan& plan, const std::string& folder) {
    std::vector<stack::BakeTarget> targets;
    for (std::size_t i = 0; i < plan.variants.size(); ++i)
        targets.push_back({&plan.variants[i], familiar(plan.tags[i])});
    SLIPWAY_TRY(os::make_dirs(folder));
    SLIPWAY_ASSIGN(const std::string context, os::real_path(folder));
    SLIPWAY_TRY(os::write_file(folder + "/Dockerfile", stack::to_text(plan.file)));
    SLIPWAY_TRY(
        os::write_file(folder + "/docker-bake.json", stack::bake_file(targets, context, plan.contexts)));
    print(folder + "/Dockerfile");
    print(folder + "/docker-bake.json");
    return {};
}

Result<void> doctor(const StackFlags& flags) {
    SLIPWAY_ASSIGN(const auto stack, load_stack(flags.stack));
    SLIPWAY_ASSIGN(const auto found, examine(stack));
    for (const std::string& problem : found.problems) print(problem);
    const std::string what = fmt::format("stack {}: {} images looked at", stack.name, found.images);
    if (found.problems.empty()) {
        print(what + ", nothing is wrong");
        return {};
    }
    return make_error(ErrorCode::kInvalidInput, "{}, {} things are wrong", what,
                      found.problems.size());
}

}  // namespace

void add_stack_command(CLI::App& app, Globals& globals, Action& action) {
    auto flags = std::make_shared<StackFlags>();
    auto folder = std::make_shared<std::string>();
    auto update = std::make_shared<bool>(false);
    auto* all = app.add_subcommand("stack", "Build a family of images from one description");
    all->require_subcommand(1);
    all->footer(
        "Examples:\n"
        "  slipway stack build none\n"
        "  slipway stack build none --target base,runtime --base-image debian:trixie\n"
        "  slipway stack plan all --target all        what would be built, and from what\n"
        "  slipway stack render none -o out           a plain Dockerfile and a bake file\n"
        "  slipway stack graph none | dot -Tsvg       the stages as a picture\n");
    const auto add = [&](const char* name, const char* help, auto body) {
        auto* command = all->add_subcommand(name, help);
        command->add_option("--stack", flags->stack, "The stack: a folder, or a name under stacks/")
            ->type_name("DIR|NAME");
        command->callback([&action, body] { action = [body] { return report_result(body()); }; });
    };
    add("doctor",
        "Look for faults in a stack: every image that can be chosen is resolved and checked",
        [flags] { return doctor(*flags); });
    // Those that choose variants.
    const auto add_choosing = [&](const char* name, const char* help, bool builds, auto body) {
        auto* command = all->add_subcommand(name, help);
        add_stack_flags(*command, *flags);
        if (builds) {
            add_build_flags(*command, *flags);
            add_stack_build_flags(*command, *flags);
        }
        command->callback([&action, command, body] {
            action = [command, body] { return body(command->remaining()); };
        });
        return command;
    };
    add("list", "List the stacks below ./stacks", [] { return list(); });
    add("show", "Show what a stack has", [flags] { return show(*flags); });
    add_choosing("params", "Show the parameters and what they would be", false,
                 [flags](const Rest& rest) { return report_result(params(*flags, rest)); });
    add_choosing("build", "Build images", true, [flags, &globals](const Rest& rest) {
        auto plan = plan_stack(*flags, rest);
        if (!plan) return report(plan.error());
        return with_engine(globals, [&](engine::Workspace& workspace, const std::stop_token& stop) {
            return report_result(build_stack(*flags, *plan, workspace, stop));
        });
    });
    add_choosing("plan",
                 "Show what a build would do: parameters, stages, tags; nothing is read but "
                 "the stack",
                 true, [flags](const Rest& rest) { return report_result(plan(*flags, rest)); });
    add_choosing("lock", "Write down what the sources of components are: commits and checksums",
                 false,
                 [flags, update, &globals](const Rest& rest) {
                     auto plan = plan_stack(*flags, rest, false);
                     if (!plan) return report(plan.error());
                     return with_engine(
                         globals, [&](engine::Workspace& workspace, const std::stop_token& stop) {
                             return report_result(lock_stack(*plan, *update, workspace, stop));
                         });
                 })
        ->add_flag("--update", *update, "Ask again for what is locked already");
    add_choosing("graph", "Print the stages and what flows between them, for Graphviz", false,
                 [flags](const Rest& rest) { return report_result(graph(*flags, rest)); });
    auto* command = add_choosing(
        "render", "Write one plain Dockerfile and a bake file, for any builder", false,
        [flags, folder, &globals](const Rest& rest) {
            auto plan = plan_stack(*flags, rest);
            if (!plan) return report(plan.error());
            const auto asks = has_source_packages(*plan);
            if (!asks) return report(asks.error());
            if (!*asks) return report_result(render(*plan, *folder));
            // Any builder has to be told what a source package is.
            return with_engine(globals,
                               [&](engine::Workspace& workspace, const std::stop_token& stop) {
                                   const auto found = find_source_packages(*plan, workspace, stop);
                                   return report_result(found ? render(*plan, *folder) : found);
                               });
        });
    command->add_option("-o,--output", *folder, "Folder to write to")->type_name("DIR")->required();
}

}  // namespace slipway::cli
