#include "base/log.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/stack_words.h"
#include "os/system.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace slipway::cli {
namespace {

std::string default_root() {
    if (auto root = os::get_env("SLIPWAY_ROOT")) return *std::move(root);
    if (os::is_root()) return "/var/lib/slipway";
    if (auto data = os::get_env("XDG_DATA_HOME")) return *data + "/slipway";
    return os::get_env("HOME").value_or(".") + "/.local/share/slipway";
}

/// The names a user may have meant: flags of the chosen command, or the commands.
std::vector<std::string> known_words(const CLI::App& app, bool flags) {
    std::vector<std::string> words;
    if (flags) {
        for (const auto* option : app.get_options()) {
            for (const auto& name : option->get_lnames()) words.push_back("--" + name);
        }
    } else {
        for (const auto* command : app.get_subcommands(nullptr))
            words.push_back(command->get_name());
    }
    return words;
}

int usage_error(const CLI::App& app, const CLI::ParseError& error) {
    const CLI::App* chosen = &app;
    while (!chosen->get_subcommands().empty()) chosen = chosen->get_subcommands().front();
    const bool wants_command = chosen->get_require_subcommand_min() > 0;
    const std::string said = error.what();
    auto failure = Error(ErrorCode::kUsage, said);
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr && said.ends_with(" missing"))
        failure = Error(ErrorCode::kUsage, said.substr(0, said.find(':')) + " needs a value");
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr || wants_command) {
        auto extras = chosen->remaining();
        if (extras.empty()) extras = app.remaining();
        if (!extras.empty()) {
            const std::string word = extras.front().substr(0, extras.front().find('='));
            const bool flag = word.starts_with('-');
            failure = make_error(ErrorCode::kUsage, "unknown {} '{}'",
                                 flag            ? "flag"
                                 : wants_command ? "command"
                                                 : "argument",
                                 word);
            if (auto nearest = find_nearest(word, known_words(*chosen, flag))) {
                return report(std::move(failure).hint("did you mean '" + *nearest + "'?"));
            }
        }
    }
    std::string name = chosen->get_name();
    for (const auto* above = chosen->get_parent(); above != nullptr; above = above->get_parent())
        name = above->get_name() + " " + name;
    return report(std::move(failure).hint("'" + name + " --help' lists what there is"));
}

/// Says what follows the flags of a command that hands the rest of its line on.
class HelpFormatter : public CLI::Formatter {
  public:
    std::string make_usage(const CLI::App* app, std::string name) const override {
        std::string usage = CLI::Formatter::make_usage(app, std::move(name));
        const char* rest = app->get_prefix_command() ? " IMAGE [COMMAND [ARG...]]"
                           : app->get_allow_extras() ? " [ENGINE...] [--PARAMETER VALUE...]"
                                                     : "";
        return usage.insert(usage.find_last_not_of('\n') + 1, rest);
    }

    std::string make_footer(const CLI::App* app) const override {
        const std::string footer = CLI::Formatter::make_footer(app);
        if (!app->get_allow_extras() || app->get_prefix_command()) return footer;
        const auto& named = app->get_option("--stack")->results();
        return stack_help(named.empty() ? "" : named.back()) + footer;
    }
};

int main_with(int argc, char** argv) {
    CLI::App app("Builds container images in stages, without a daemon.", "slipway");
    app.formatter(std::make_shared<HelpFormatter>());
    app.require_subcommand(1);
    app.set_help_flag("-h,--help", "Print this help");
    app.footer(
        "Examples:\n"
        "  slipway bootstrap debian:bookworm          make a base image from the distribution's "
        "archive\n"
        "  slipway build -t app .                     build the Dockerfile of this folder\n"
        "  slipway run app                            run the image\n"
        "\n"
        "'slipway COMMAND --help' explains a command.");
    Globals globals;
    globals.root = default_root();
    app.add_option("--root", globals.root, "Where images and cache are kept")
        ->envname("SLIPWAY_ROOT")
        ->capture_default_str();
    app.add_option("--log-file", globals.log_file, "Append a debug log to this file");
    Action action;
    add_build_command(app, globals, action);
    add_run_command(app, globals, action);
    add_image_commands(app, globals, action);
    add_bootstrap_command(app, globals, action);
    add_stack_command(app, globals, action);
    add_prune_command(app, globals, action);
    add_version_command(app, action);
    add_completion_command(app, globals, action);
    add_man_command(app, action);

    auto words = replace_stack_flags({argv + 1, argv + argc});
    if (!words) return report(words.error());
    std::ranges::reverse(*words);  // as CLI11 wants them
    try {
        app.parse(*std::move(words));
    } catch (const CLI::Success& success) {  // --help
        return app.exit(success);
    } catch (const CLI::ParseError& error) {
        return usage_error(app, error);
    }
    if (!globals.log_file.empty()) {
        if (const auto opened = open_log(globals.log_file); !opened) return report(opened.error());
    }
    return action();
}

}  // namespace
}  // namespace slipway::cli

int main(int argc, char** argv) {
    return slipway::cli::main_with(argc, argv);
}
