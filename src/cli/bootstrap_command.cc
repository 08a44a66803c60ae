// slipway bootstrap: a base image from the distribution's own archive.
#include "base/text.h"
#include "cli/command.h"
#include "cli/image_view.h"
#include "source/bootstrap.h"
#include "ui/renderer.h"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace slipway::cli {

namespace {

struct BootstrapFlags {
    std::string distribution;  ///< "debian:bookworm"
    source::BootstrapOptions options;
    std::string progress = "auto";
    bool quiet = false;
};

Result<void> bootstrap(const BootstrapFlags& flags, engine::Workspace& workspace,
                       const std::stop_token& stop) {
    SLIPWAY_ASSIGN(const auto mode,
                   ui::parse_progress_mode(flags.quiet ? "quiet" : flags.progress));
    auto options = flags.options;
    const auto pair = split_once(flags.distribution, ':');
    if (!pair || pair->second.empty()) {
        return make_error(ErrorCode::kUsage, "'{}' is not DISTRIBUTION:SUITE", flags.distribution)
            .hint("write debian:bookworm or ubuntu:noble");
    }
    options.distribution = pair->first;
    options.suite = pair->second;

    const auto renderer = ui::make_renderer(mode, fileno(stderr));
    const Digest step = Digest::of("bootstrap " + flags.distribution);
    const auto started = std::chrono::steady_clock::now();
    renderer->emit(progress::BuildStarted{"bootstrap " + flags.distribution, 1});
    renderer->emit(progress::StepQueued{step, "[bootstrap] " + flags.distribution, std::nullopt});
    renderer->emit(progress::StepStarted{step});
    const auto image = source::bootstrap(options,
                                         {workspace.store(), workspace.blobs(), workspace.names(),
                                          workspace.layers(), workspace.cpu_pool()},
                                         *renderer, step, stop);
    const auto duration = std::chrono::steady_clock::now() - started;
    renderer->emit(
        progress::StepDone{step, image ? progress::Reason::kSource : progress::Reason::kFailed, "",
                           duration, image ? std::nullopt : std::optional(image.error())});
    renderer->emit(progress::BuildDone{image.has_value(), duration});
    renderer->finish();
    if (!image) return image.error();
    if (mode != ui::ProgressMode::kQuiet && mode != ui::ProgressMode::kJson) {
        fmt::print(stderr, "image {}  {}\n", familiar_name(image->name),
                   format_bytes(image->compressed_size));
    }
    print(image->manifest_digest.to_string());
    return {};
}

}  // namespace

void add_bootstrap_command(CLI::App& app, Globals& globals, Action& action) {
    auto flags = std::make_shared<BootstrapFlags>();
    auto* command =
        app.add_subcommand("bootstrap", "Make a base image from a distribution's own archive");
    command->footer(
        "Examples:\n"
        "  slipway bootstrap debian:bookworm\n"
        "  slipway bootstrap debian:trixie --include ca-certificates,curl -t base:trixie\n"
        "\n"
        "Packages come from the mirror that this machine's apt uses. The same package versions "
        "give the same image.");
    command->add_option("DISTRIBUTION", flags->distribution, "debian:SUITE or ubuntu:SUITE")
        ->required();
    command->add_option("--include", flags->options.include, "More packages")
        ->delimiter(',')
        ->type_name("PKG,...")
        ->allow_extra_args(false);
    command->add_option("--variant", flags->options.variant, "Package set, as mmdebstrap names it")
        ->capture_default_str();
    command
        ->add_option("--mirror", flags->options.mirrors,
                     "Archive to use instead of this machine's: a URL or a 'deb ...' line")
        ->allow_extra_args(false);
    command->add_option("-t,--tag", flags->options.name,
                        "Name of the image (default: DISTRIBUTION)");
    command->add_flag("-q,--quiet", flags->quiet, "Print the image's digest only");
    command->add_option("--progress", flags->progress, "How progress is shown")
        ->type_name("auto|tty|plain|json|quiet")
        ->capture_default_str();
    command->callback([&globals, &action, flags] {
        action = [&globals, flags] {
            return with_engine(globals,
                               [&](engine::Workspace& workspace, const std::stop_token& stop) {
                                   const auto done = bootstrap(*flags, workspace, stop);
                                   return done ? 0 : report(done.error());
                               });
        };
    });
}

}  // namespace slipway::cli
