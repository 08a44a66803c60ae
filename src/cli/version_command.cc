#include "base/json.h"
#include "cli/command.h"
#include "os/system.h"

#include <CLI/CLI.hpp>

namespace slipway::cli {

void add_version_command(CLI::App& app, Action& action) {
    auto json = std::make_shared<bool>(false);
    auto* command = app.add_subcommand("version", "Print the version");
    command->add_flag("--json", *json, "As JSON");
    command->callback([&action, json] {
        action = [json] {
            if (*json) {
                print(dump_json(Json{{"version", 1},
                                     {"slipway", SLIPWAY_VERSION},
                                     {"platform", "linux/" + os::machine_architecture()}}));
            } else {
                print("slipway " SLIPWAY_VERSION);
            }
            return 0;
        };
    });
}

}  // namespace slipway::cli
