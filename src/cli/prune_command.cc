#include "base/text.h"
#include "cli/command.h"
#include "engine/prune.h"

#include <CLI/CLI.hpp>

namespace slipway::cli {

void add_prune_command(CLI::App& app, Globals& globals, Action& action) {
    auto options = std::make_shared<engine::PruneOptions>();
    auto* command = app.add_subcommand("prune", "Remove build cache that no image uses");
    command->footer(
        "Examples:\n"
        "  slipway prune --dry-run     how much would be freed\n"
        "  slipway prune --all         the whole build cache, with cache mounts; images stay\n");
    command->add_flag("-a,--all", options->all, "All build cache and cache mounts; images stay");
    command->add_flag("--dry-run", options->dry_run, "Only say what would be removed");
    command->callback([&globals, &action, options] {
        action = [&globals, options] {
            return with_workspace(
                globals, os::LockMode::kExclusive,
                [&](engine::Workspace& workspace) -> Result<void> {
                    SLIPWAY_ASSIGN(const auto pruned, engine::prune(workspace, *options, {}));
                    print(fmt::format(
                        "{} {}: {} build records, {} layers, {} blobs, {} git mirrors",
                        options->dry_run ? "would free" : "freed", format_bytes(pruned.bytes),
                        pruned.records, pruned.layers, pruned.blobs, pruned.mirrors));
                    return {};
                });
        };
    });
}

}  // namespace slipway::cli
