#include "cli/build_output.h"

#include "base/text.h"
#include "dockerfile/lint/linter.h"

namespace slipway::cli {

void emit_findings(std::span<const dockerfile::lint::Finding> findings,
                   const dockerfile::Dockerfile& file, progress::Sink& sink) {
    for (const auto& finding : findings) {
        const dockerfile::lint::RuleInfo& about = dockerfile::lint::info(finding.rule);
        sink.emit(progress::Warning{.text = finding.message,
                                    .where = file.range(finding.lines),
                                    .rule = std::string(about.name),
                                    .level = std::string(to_string(about.level)),
                                    .url = dockerfile::lint::url(finding.rule)});
    }
}

Result<exporter::Exported> export_image(exporter::ImageToExport image,
                                        std::span<const exporter::OutputSpec> outputs,
                                        engine::Workspace& workspace, progress::Sink& sink,
                                        const std::stop_token& stop) {
    exporter::Exporter exporter(workspace.store(), workspace.blobs(), workspace.names(),
                                workspace.layers(), workspace.cpu_pool(), sink);
    exporter::Exported exported;
    const std::vector<std::string> names = image.names;
    for (const auto& output : outputs) {
        image.names = names;
        for (const auto& name : output.names) image.names.push_back(name);
        SLIPWAY_ASSIGN(auto written,
                       exporter.write(image, output, stop).context("exporting the image"));
        if (!written.manifest_digest.is_zero()) exported = std::move(written);
    }
    return exported;
}

Json describe_exported(const exporter::Exported& exported, const std::vector<std::string>& names) {
    Json metadata = Json::object();
    if (!exported.manifest_digest.is_zero()) {
        metadata["containerimage.digest"] = exported.manifest_digest.to_string();
        metadata["containerimage.config.digest"] = exported.config_digest.to_string();
        metadata["containerimage.descriptor"] = exported.descriptor.to_json();
    }
    if (!names.empty()) metadata["image.name"] = join(names, ",");
    return metadata;
}

}  // namespace slipway::cli
