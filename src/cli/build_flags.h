// The flags that every command has that builds images, and what they mean.
#pragma once

#include "engine/build.h"
#include "exporter/exporter.h"
#include "frontend/dockerfile_frontend.h"
#include "ui/renderer.h"

#include <CLI/CLI.hpp>

#include <string>
#include <utility>
#include <vector>

namespace slipway::cli {

struct BuildFlags {
    std::vector<std::string> tags;
    std::vector<std::string> build_args;
    std::vector<std::string> build_contexts;
    std::vector<std::string> secrets;
    std::vector<std::string> ssh;
    std::vector<std::string> allow;
    std::vector<std::string> labels;
    std::string network;
    std::vector<std::string> extra_hosts;
    std::string shm_size;
    std::vector<std::string> limits;
    bool no_cache = false;
    std::vector<std::string> no_cache_filter;
    bool pull = false;
    bool quiet = false;
    std::string progress = "auto";
    std::string metadata_file;
    std::vector<std::string> outputs;
    bool dry_run = false;
    unsigned max_parallel = 0;
};

/// The words that say the same; not those of how progress is shown, nor --dry-run.
std::vector<std::string> words_of(const BuildFlags& flags);

/// Adds them to `command`; `flags` must outlive it.
void add_build_flags(CLI::App& command, BuildFlags& flags);

/// What the flags say, checked; nothing is known of a Dockerfile or a main context yet. The
/// platform is this machine's.
struct BuildPlan {
    frontend::Request request;
    engine::BuildOptions options;
    std::vector<std::string> names;
    std::vector<exporter::OutputSpec> outputs;
    ui::ProgressMode progress = ui::ProgressMode::kAuto;
};

Result<BuildPlan> plan_build(const BuildFlags& flags);

/// NAME=VALUE; kUsage when it is not.
Result<std::pair<std::string, std::string>> key_value(std::string_view flag, std::string_view text);

/// --build-context: a directory, an image, an OCI layout, a git repository or a URL.
Result<void> add_build_context(const std::string& name, const std::string& value, BuildPlan& plan);

}  // namespace slipway::cli
