// The result of a build, as printed.
#pragma once

#include "cli/sccache_sink.h"
#include "exporter/exporter.h"
#include "solver/solver.h"
#include "ui/renderer.h"

#include <string>
#include <vector>

namespace slipway::cli {

/// stdout: the digest. stderr: what was written, unless quiet.
void print_build_result(const exporter::Exported& exported, const std::vector<std::string>& names,
                        const std::vector<exporter::OutputSpec>& outputs,
                        ui::ProgressMode progress);
/// stderr: what sccache did, if steps told; not when quiet.
void print_sccache(const std::vector<SccacheSection>& sections, ui::ProgressMode progress);
/// stdout: a line a step ("run", "cached" or "source"; its name; why), and a line with the sums.
void print_dry_run(const std::vector<solver::StepReport>& reports);

}  // namespace slipway::cli
