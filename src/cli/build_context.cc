#include "cli/build_context.h"

#include "base/path.h"
#include "dockerfile/ignore.h"
#include "os/dir.h"
#include "os/file.h"

namespace slipway::cli {

namespace {

constexpr std::size_t kMaxDockerfile = 16U << 20;

Result<std::string> read_stdin() {
    SLIPWAY_ASSIGN(const auto input, os::open_read("/dev/stdin"));
    os::FdReader reader(input);
    return read_text(reader, kMaxDockerfile).context("standard input");
}

bool looks_like_archive(std::string_view data) {
    return data.starts_with("\x1f\x8b") || data.starts_with("BZh") ||
           data.starts_with(
               "\xfd"
               "7zXZ") ||
           data.starts_with("\x28\xb5\x2f\xfd") ||
           (data.size() > 262 && data.substr(257, 5) == "ustar");
}

Result<std::string> default_dockerfile(const std::string& dir) {
    for (const auto* name : {"Dockerfile", "dockerfile"}) {
        if (os::path_exists(dir + "/" + name)) return std::string(name);
    }
    return make_error(ErrorCode::kNotFound, "no Dockerfile in '{}'", dir)
        .hint("name it with -f FILE, or give the folder that holds it");
}

}  // namespace

Result<std::vector<std::string>> load_ignore_patterns(const std::string& ignore_file) {
    SLIPWAY_ASSIGN(const auto text, os::find_file(ignore_file));
    if (!text) return std::vector<std::string>();
    return dockerfile::parse_ignore_file(*text);
}

Result<BuildInput> load_build_input(const std::string& path, const std::string& file) {
    BuildInput input;
    if (path == "-") {
        if (!file.empty() && file != "-") {
            return make_error(ErrorCode::kUsage, "-f {} needs a context directory, not '-'", file);
        }
        SLIPWAY_ASSIGN(input.dockerfile_text, read_stdin());
        if (looks_like_archive(input.dockerfile_text)) {
            return make_error(ErrorCode::kUnsupported,
                              "a context archive on standard input is not supported yet")
                .hint("unpack it into a directory and give that");
        }
        input.dockerfile_name = "-";
        return input;
    }
    if (path.find("://") != std::string::npos || path.starts_with("git@")) {
        return make_error(ErrorCode::kUnsupported, "remote context '{}' is not supported yet", path)
            .hint("clone or download it, and give the directory");
    }
    SLIPWAY_ASSIGN(input.context_dir, os::real_path(path).context("build context '{}'", path));
    SLIPWAY_ASSIGN(const auto directory,
                   os::Dir::open(*input.context_dir).context("build context '{}'", path));
    if (file == "-") {
        SLIPWAY_ASSIGN(input.dockerfile_text, read_stdin());
        input.dockerfile_name = "-";
    } else {
        std::string dockerfile = file;
        if (file.empty()) {
            SLIPWAY_ASSIGN(const auto name, default_dockerfile(path));
            dockerfile = path == "." ? name : join_path(path, name);
        }
        SLIPWAY_ASSIGN(input.dockerfile_text, os::read_file(dockerfile, kMaxDockerfile));
        input.dockerfile_name = dockerfile;
        SLIPWAY_ASSIGN(const auto own, os::find_file(dockerfile + ".dockerignore"));
        if (own) {
            input.ignore_patterns = dockerfile::parse_ignore_file(*own);
            return input;
        }
    }
    SLIPWAY_ASSIGN(input.ignore_patterns,
                   load_ignore_patterns(*input.context_dir + "/.dockerignore"));
    return input;
}

}  // namespace slipway::cli
