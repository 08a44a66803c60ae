// From what was built to what the user asked for.
#pragma once

#include "base/json.h"
#include "dockerfile/ast.h"
#include "engine/workspace.h"
#include "exporter/exporter.h"
#include "frontend/dockerfile_frontend.h"
#include "progress/event.h"

#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace slipway::cli {

/// Tells what the lint rules say.
void emit_findings(std::span<const dockerfile::lint::Finding> findings,
                   const dockerfile::Dockerfile& file, progress::Sink& sink);

/// Writes every output. Of several images, that which was written last.
Result<exporter::Exported> export_image(exporter::ImageToExport image,
                                        std::span<const exporter::OutputSpec> outputs,
                                        engine::Workspace& workspace, progress::Sink& sink,
                                        const std::stop_token& stop);

/// As docker buildx writes it to --metadata-file.
Json describe_exported(const exporter::Exported& exported, const std::vector<std::string>& names);

}  // namespace slipway::cli
