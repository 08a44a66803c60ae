// slipway man: the manual page, from the same tables as --help.
#include "base/text.h"
#include "cli/command.h"

#include <algorithm>

namespace slipway::cli {

namespace {

/// `text` for troff: no line is a request, and a '-' is one that can be copied.
std::string escape(std::string_view text) {
    std::string out;
    bool line_start = true;
    for (const char c : text) {
        if (line_start && (c == '.' || c == '\'')) out += "\\&";
        if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else {
            out += c;
        }
        line_start = c == '\n';
    }
    return out;
}

std::string option_heading(const CLI::Option& option) {
    std::vector<std::string> names;
    for (const auto& name : option.get_snames()) names.push_back("-" + name);
    for (const auto& name : option.get_lnames()) names.push_back("--" + name);
    std::string heading;
    for (const auto& name : names)
        heading += (heading.empty() ? "" : ", ") + ("\\fB" + escape(name) + "\\fR");
    if (names.empty()) heading = "\\fI" + escape(option.get_name(true)) + "\\fR";
    if (!names.empty() && option.get_items_expected_max() > 0)
        heading += " \\fI" + escape(option.get_type_name()) + "\\fR";
    if (option.get_items_expected_max() > 1) heading += " ...";
    return heading;
}

void add_options(const CLI::App& app, std::string& page) {
    for (const auto* option : app.get_options()) {
        if (option->get_group().empty()) continue;
        std::string help = option->get_description();
        if (!option->get_default_str().empty())
            help += " (default: " + option->get_default_str() + ")";
        if (!option->get_envname().empty()) help += " (variable: " + option->get_envname() + ")";
        page += ".TP\n" + option_heading(*option) + "\n" + escape(help) + "\n";
    }
}

void add_footer(const CLI::App& app, std::string& page) {
    const std::string footer = app.get_footer();
    if (!footer.empty()) page += ".PP\n.nf\n" + escape(trim(footer)) + "\n.fi\n";
}

void add_commands(const CLI::App& app, const std::string& name, std::string& page) {
    for (const auto* command : app.get_subcommands(nullptr)) {
        if (command->get_group().empty()) continue;  // hidden
        const std::string full = name + " " + command->get_name();
        page += ".SS \"" + escape(full) + "\"\n" + escape(command->get_description()) + ".\n";
        add_options(*command, page);
        add_footer(*command, page);
        add_commands(*command, full, page);
    }
}

std::string manual(const CLI::App& app) {
    std::string page = ".TH SLIPWAY 1 \"\" \"slipway " SLIPWAY_VERSION
                       "\" \"User Commands\"\n"
                       ".SH NAME\nslipway \\- build container images in stages, without a daemon\n"
                       ".SH SYNOPSIS\n.B slipway\n[\\fIOPTIONS\\fR] \\fICOMMAND\\fR ...\n"
                       ".SH DESCRIPTION\n";
    page += escape(app.get_description()) + "\n.SH OPTIONS\n";
    add_options(app, page);
    page += ".SH COMMANDS\n";
    add_commands(app, "slipway", page);
    page +=
        ".SH EXIT STATUS\n"
        ".TP\n0\nDone.\n"
        ".TP\n1\nA step failed; its own status is in the message.\n"
        ".TP\n2\nUsage: an unknown flag or command, a bad value.\n"
        ".TP\n3\nBad input: Dockerfile, context, image.\n"
        ".TP\n4\nThe outside world: registry, network, credentials, data that does not match its "
        "digest.\n"
        ".TP\n5\nThis machine cannot: no root, no overlayfs, no OCI runtime, disk full.\n"
        ".TP\n70\nA bug in Slipway.\n"
        ".TP\n130, 143\nInterrupted, terminated.\n";
    return page;
}

}  // namespace

void add_man_command(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand("man", "Print the manual page");
    command->footer("Examples:\n  slipway man | man -l -\n");
    command->callback([&app, &action] {
        action = [&app] {
            print(trim(manual(app)));
            return 0;
        };
    });
}

}  // namespace slipway::cli
