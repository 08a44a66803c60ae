#include "exporter/internal/output_file.h"

#include "base/path.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/system.h"
#include "os/temp.h"

#include <utility>

namespace slipway::exporter {

namespace {

constexpr int kStdout = 1;

/// A file in its folder, both as Dir wants them.
struct Place {
    os::Dir folder;
    RelPath name;
};

Result<Place> place_of(const std::string& path) {
    Place place;
    SLIPWAY_ASSIGN(place.folder, os::Dir::open(std::string(dir_name(path))));
    SLIPWAY_ASSIGN(place.name, RelPath::parse(base_name(path)));
    return place;
}

/// Links followed where the file exists, so that the file is replaced and not the link.
std::string real_dest(const std::string& dest) {
    return os::real_path(dest).value_or(dest);
}

}  // namespace

OutputFile::OutputFile(os::Fd fd, std::string dest, std::string aside, std::stop_token stop)
    : fd_(std::move(fd)),
      dest_(std::move(dest)),
      aside_(std::move(aside)),
      stop_(std::move(stop)) {}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : fd_(std::move(other.fd_)),
      dest_(std::move(other.dest_)),
      aside_(std::exchange(other.aside_, {})),
      stop_(std::move(other.stop_)) {}

OutputFile::~OutputFile() {
    if (aside_.empty()) return;
    if (const auto place = place_of(aside_)) static_cast<void>(place->folder.unlink(place->name));
}

Result<OutputFile> OutputFile::open(const std::string& dest, std::stop_token stop) {
    if (dest == "-") {
        if (os::terminal_width(kStdout)) {
            return Error(ErrorCode::kUsage, "an archive is not written to a terminal")
                .hint("redirect the output, or give dest=FILE");
        }
        os::Fd standard_output(kStdout);
        auto fd = standard_output.duplicate();
        standard_output.release();
        if (!fd) return std::move(fd).error();
        return OutputFile(*std::move(fd), dest, "", std::move(stop));
    }
    const std::string real = real_dest(dest);
    SLIPWAY_ASSIGN(const Place place, place_of(real));
    SLIPWAY_ASSIGN(const auto info, place.folder.find(place.name));
    if (info && info->is_dir()) {
        return make_error(ErrorCode::kUsage, "'{}' is a directory, a file is needed", dest);
    }
    if (info && !info->is_regular()) {
        SLIPWAY_ASSIGN(os::Fd fd, os::open_write(real));
        return OutputFile(std::move(fd), real, "", std::move(stop));
    }
    std::string aside = fmt::format("{}/.slipway-{}", dir_name(real), os::random_id());
    SLIPWAY_ASSIGN(os::Fd fd, os::open_write(aside));
    return OutputFile(std::move(fd), real, std::move(aside), std::move(stop));
}

Result<void> OutputFile::write(std::span<const std::byte> data) {
    if (stop_.stop_requested()) return Error(ErrorCode::kCancelled, "stopped");
    return os::FdWriter(fd_).write(data).context("'{}'", dest_);
}

Result<void> OutputFile::commit() {
    SLIPWAY_TRY(fd_.close().context("'{}'", dest_));
    if (aside_.empty()) return {};
    SLIPWAY_ASSIGN(const Place from, place_of(aside_));
    SLIPWAY_ASSIGN(const Place to, place_of(dest_));
    SLIPWAY_TRY(from.folder.rename(from.name, to.folder, to.name));
    aside_.clear();
    return {};
}

}  // namespace slipway::exporter
