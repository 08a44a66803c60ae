#include "exporter/exporter.h"

#include "exporter/internal/files.h"
#include "exporter/internal/image_content.h"
#include "exporter/internal/layout.h"
#include "exporter/internal/output_file.h"
#include "os/system.h"

#include <algorithm>
#include <chrono>

namespace slipway::exporter {

namespace {

/// "exporting …" as a step of the build, from its start to its end.
class Step {
  public:
    Step(progress::Sink& sink, const std::string& name)
        : sink_(sink), id_(Digest::of("export " + name)) {
        progress::StepQueued queued;
        queued.step = id_;
        queued.name = name;
        sink_.emit(queued);
        sink_.emit(progress::StepStarted{id_});
    }

    [[nodiscard]] const Digest& id() const { return id_; }

    template <typename T>
    Result<T> end_with(Result<T> result) {
        progress::StepDone done;
        done.step = id_;
        done.reason = progress::Reason::kOutput;
        done.duration = std::chrono::steady_clock::now() - start_;
        if (!result) {
            const bool stopped = result.error().code() == ErrorCode::kCancelled;
            done.reason = stopped ? progress::Reason::kCancelled : progress::Reason::kFailed;
            done.error = result.error();
        }
        sink_.emit(done);
        return result;
    }

  private:
    progress::Sink& sink_;
    Digest id_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

std::string describe(const OutputSpec& output) {
    if (output.type == OutputType::kImage) return "exporting to the image store";
    const std::string_view dest = output.dest == "-" ? "stdout" : std::string_view(output.dest);
    const auto what = [&]() -> std::string_view {
        switch (output.type) {
            case OutputType::kImage:
                break;
            case OutputType::kOci:
                return output.tar ? "OCI archive" : "OCI layout";
            case OutputType::kDocker:
                return "docker archive";
            case OutputType::kLocal:
                return "directory";
            case OutputType::kTar:
                return "tar";
        }
        return "";
    };
    return fmt::format("exporting to {} {}", what(), dest);
}

std::vector<std::string> all_names(const std::vector<std::string>& given,
                                   const std::vector<std::string>& more) {
    std::vector<std::string> names;
    for (const auto* list : {&given, &more}) {
        for (const auto& name : *list) {
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        }
    }
    return names;
}

Result<void> write_archive(const ImageContent& image, const std::vector<std::string>& names,
                           const content::BlobStore& blobs, const OutputSpec& output,
                           const std::stop_token& stop) {
    if (!output.tar) return write_layout_folder(image, names, blobs, output.dest, stop);
    SLIPWAY_ASSIGN(auto file, OutputFile::open(output.dest, stop));
    SLIPWAY_TRY(write_layout_tar(image, names, blobs, output.type, file));
    return file.commit();
}

Result<void> set_names(const content::ImageNames& store, const ImageContent& image,
                       const std::vector<std::string>& names) {
    content::NamedImage named;
    named.target = image.descriptor.digest;
    named.media_type = image.descriptor.media_type;
    named.target_size = image.descriptor.size;
    named.created_at = os::now_unix_nanoseconds() / 1'000'000'000;
    for (const auto& name : names) {
        named.name = name;
        SLIPWAY_TRY(store.set(named).context("name '{}'", name));
    }
    return {};
}

}  // namespace

Exporter::Exporter(const content::Store& store, const content::BlobStore& blobs,
                   const content::ImageNames& names, const snapshot::LayerStore& layers,
                   async::ThreadPool& pool, progress::Sink& sink)
    : store_(store), blobs_(blobs), names_(names), layers_(layers), pool_(pool), sink_(sink) {}

Result<Exported> Exporter::write(const ImageToExport& image, const OutputSpec& output,
                                 std::stop_token stop) {
    Step step(sink_, describe(output));
    return step.end_with([&]() -> Result<Exported> {
        if (output.type == OutputType::kLocal || output.type == OutputType::kTar) {
            SLIPWAY_TRY(write_files(image, output, stop));
            return Exported{};
        }
        const ImageBuilder builder(store_, blobs_, layers_, pool_, sink_, step.id());
        SLIPWAY_ASSIGN(const ImageContent content, builder.build(image, output, stop));
        const auto names = all_names(image.names, output.names);
        if (output.type == OutputType::kImage) {
            SLIPWAY_TRY(set_names(names_, content, names));
        } else {
            SLIPWAY_TRY(write_archive(content, names, blobs_, output, stop));
        }
        Exported exported;
        exported.manifest_digest = content.descriptor.digest;
        exported.config_digest = content.manifest.config.digest;
        exported.descriptor = content.descriptor;
        exported.size = content.size();
        return exported;
    }());
}

Result<void> Exporter::write_files(const ImageToExport& image, const OutputSpec& output,
                                   const std::stop_token& stop) const {
    SLIPWAY_ASSIGN(const auto view, layers_.view(image.snapshot));
    const auto epoch =
        output.source_date_epoch ? output.source_date_epoch : image.source_date_epoch;
    if (output.type == OutputType::kLocal) {
        return write_files_folder(view, epoch, output.dest, pool_, stop);
    }
    SLIPWAY_ASSIGN(auto file, OutputFile::open(output.dest, stop));
    SLIPWAY_TRY(write_files_tar(view, epoch, file, stop));
    return file.commit();
}

Result<void> Exporter::save(const content::NamedImage& image, const OutputSpec& output,
                            std::stop_token stop) {
    if (output.type != OutputType::kOci && output.type != OutputType::kDocker) {
        return make_error(ErrorCode::kUnsupported, "an image is saved as oci or docker, not as {}",
                          to_string(output.type));
    }
    Step step(sink_, describe(output));
    return step.end_with([&]() -> Result<void> {
        SLIPWAY_ASSIGN(const ImageContent content,
                       load_image(blobs_, image).context("image '{}'", image.name));
        return write_archive(content, all_names({image.name}, output.names), blobs_, output, stop);
    }());
}

}  // namespace slipway::exporter
