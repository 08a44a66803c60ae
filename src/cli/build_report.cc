#include "cli/build_report.h"

#include "base/text.h"
#include "cli/command.h"
#include "image/reference.h"

#include <cstdio>

namespace slipway::cli {

namespace {

/// Is more than the result told?
bool is_told(ui::ProgressMode progress) {
    return progress != ui::ProgressMode::kQuiet && progress != ui::ProgressMode::kJson;
}

}  // namespace

void print_build_result(const exporter::Exported& exported, const std::vector<std::string>& names,
                        const std::vector<exporter::OutputSpec>& outputs,
                        ui::ProgressMode progress) {
    bool stdout_taken = false;
    std::string text;
    for (const auto& output : outputs) {
        if (output.dest == "-") stdout_taken = true;
        if (!output.dest.empty() && output.dest != "-") text += "written to " + output.dest + "\n";
    }
    if (!exported.manifest_digest.is_zero()) {
        for (const auto& name : names) {
            const auto ref = image::ImageRef::parse(name);
            text += fmt::format("image {}  {}\n", ref ? ref->familiar() : name,
                                format_bytes(exported.size));
        }
        if (!stdout_taken) print(exported.manifest_digest.to_string());
    }
    if (is_told(progress)) std::fwrite(text.data(), 1, text.size(), stderr);
}

void print_sccache(const std::vector<SccacheSection>& sections, ui::ProgressMode progress) {
    const std::string table = sccache_table(sections);
    if (is_told(progress)) std::fwrite(table.data(), 1, table.size(), stderr);
}

void print_dry_run(const std::vector<solver::StepReport>& reports) {
    std::size_t run = 0;
    std::size_t cached = 0;
    for (const auto& step : reports) {
        const bool source = step.reason == progress::Reason::kSource;
        if (!source) ++(step.ran ? run : cached);
        std::string line = fmt::format("{:7} {}",
                                       source     ? "source"
                                       : step.ran ? "run"
                                                  : "cached",
                                       step.name);
        if (!step.detail.empty()) line += "  (" + step.detail + ")";
        print(line);
    }
    print(fmt::format("{} would run, {} cached", run, cached));
}

}  // namespace slipway::cli
