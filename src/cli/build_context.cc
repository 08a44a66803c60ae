#include "cli/build_context.h"

#include "base/path.h"
#include "base/text.h"
#include "dockerfile/ignore.h"
#include "frontend/git_ref.h"
#include "os/dir.h"
#include "os/file.h"
#include "os/standard_input.h"
#include "registry/url.h"

#include <algorithm>
#include <array>

namespace slipway::cli {

namespace {

constexpr std::size_t kMaxDockerfile = 16U << 20;
constexpr std::size_t kTarHeader = 512;

Result<std::string> read_stdin() {
    SLIPWAY_ASSIGN(const auto input, os::open_standard_input());
    os::FdReader reader(input);
    return read_text(reader, kMaxDockerfile).context("standard input");
}

/// Is the first block of a tar, by its checksum?
bool is_tar_header(std::string_view head) {
    constexpr std::size_t kSumAt = 148;
    constexpr std::size_t kSumSize = 8;
    if (head.size() < kTarHeader) return false;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kTarHeader; ++i) {
        const bool in_sum = i >= kSumAt && i < kSumAt + kSumSize;
        sum += static_cast<unsigned char>(in_sum ? ' ' : head[i]);
    }
    const std::string_view field = head.substr(kSumAt, kSumSize);
    const auto written = parse_uint(trim(field.substr(0, field.find('\0'))), 8);
    return written && *written == sum && sum != ' ' * kSumSize;
}

Result<std::string> default_dockerfile(const std::string& dir) {
    for (const auto* name : {"Dockerfile", "dockerfile"}) {
        if (os::path_exists(dir + "/" + name)) return std::string(name);
    }
    return make_error(ErrorCode::kNotFound, "no Dockerfile in '{}'", dir)
        .hint("name it with -f FILE, or give the folder that holds it");
}

/// The beginning of standard input tells what it is.
Result<BuildInput> load_from_stdin(const std::string& file) {
    if (file == "-") {
        return Error(ErrorCode::kUsage,
                     "standard input cannot be both the build context and the Dockerfile");
    }
    SLIPWAY_ASSIGN(const auto input, os::open_standard_input());
    os::FdReader reader(input);
    std::string head(kTarHeader, '\0');
    std::size_t filled = 0;
    while (filled < head.size()) {
        SLIPWAY_ASSIGN(const std::size_t size,
                       reader.read(std::as_writable_bytes(std::span(head).subspan(filled))));
        if (size == 0) break;
        filled += size;
    }
    head.resize(filled);
    BuildInput result;
    result.context_name = "-";
    if (looks_like_archive(head)) {
        result.archive_head = std::move(head);
        result.dockerfile_in_remote = true;
        result.dockerfile_name = file;
        return result;
    }
    if (!file.empty()) {
        return make_error(ErrorCode::kUsage,
                          "-f {} and standard input, which is no archive, are both the Dockerfile",
                          file);
    }
    SLIPWAY_ASSIGN(const std::string rest,
                   read_text(reader, kMaxDockerfile).context("standard input"));
    result.dockerfile_text = head + rest;
    result.dockerfile_name = "-";
    return result;
}

bool is_true(const std::map<std::string, std::string>& build_args, const std::string& name) {
    static constexpr std::array<std::string_view, 6> kYes = {"1", "t", "T", "true", "True", "TRUE"};
    const auto found = build_args.find(name);
    return found != build_args.end() && std::ranges::find(kYes, found->second) != kYes.end();
}

/// Nothing when `path` names none.
Result<std::optional<frontend::RemoteContext>> find_remote(
    const std::string& path, const std::map<std::string, std::string>& build_args) {
    const auto epoch = build_args.find("SOURCE_DATE_EPOCH");
    SLIPWAY_ASSIGN(auto git, frontend::RemoteContext::find_git(
                                 path, is_true(build_args, "BUILDKIT_CONTEXT_KEEP_GIT_DIR"),
                                 epoch != build_args.end() && !epoch->second.empty()));
    if (git) return git;
    if (frontend::is_http_file(path)) return frontend::RemoteContext::of_url(path);
    return std::nullopt;
}

Result<void> load_file(BuildInput& input, const std::string& file) {
    if (file == "-") {
        SLIPWAY_ASSIGN(input.dockerfile_text, read_stdin());
    } else {
        SLIPWAY_ASSIGN(input.dockerfile_text, os::read_file(file, kMaxDockerfile));
    }
    input.dockerfile_name = file;
    return {};
}

/// A path that is absolute is this machine's, another one is in the context.
Result<BuildInput> load_remote(const std::string& path, const std::string& file,
                               frontend::RemoteContext remote) {
    BuildInput input;
    input.remote = std::move(remote);
    input.context_name = registry::shown_url(path);
    if (file == "-" || file.starts_with('/')) {
        SLIPWAY_TRY(load_file(input, file));
    } else {
        input.dockerfile_in_remote = true;
        input.dockerfile_name = file;
    }
    return input;
}

}  // namespace

bool looks_like_archive(std::string_view head) {
    static constexpr std::array<std::string_view, 4> kMagic = {"\x1f\x8b\x08", "BZh",
                                                               std::string_view("\xfd"
                                                                                "7zXZ\0",
                                                                                6),
                                                               "\x28\xb5\x2f\xfd"};
    return std::ranges::any_of(kMagic, [head](auto magic) { return head.starts_with(magic); }) ||
           is_tar_header(head);
}

bool names_remote_context(const std::string& text) {
    const auto git = frontend::GitRef::parse(text);
    return !git || *git || frontend::is_http_file(text);
}

Result<std::vector<std::string>> load_ignore_patterns(const std::string& ignore_file) {
    SLIPWAY_ASSIGN(const auto text, os::find_file(ignore_file));
    if (!text) return std::vector<std::string>();
    return dockerfile::parse_ignore_file(*text);
}

Result<BuildInput> load_build_input(const std::string& path, const std::string& file,
                                    const std::map<std::string, std::string>& build_args) {
    if (path == "-") return load_from_stdin(file);
    if (!os::path_exists(path)) {
        SLIPWAY_ASSIGN(auto remote, find_remote(path, build_args));
        if (remote) return load_remote(path, file, *std::move(remote));
    }
    BuildInput input;
    SLIPWAY_ASSIGN(input.context_dir, os::real_path(path).context("build context '{}'", path));
    SLIPWAY_ASSIGN(const auto directory,
                   os::Dir::open(*input.context_dir).context("build context '{}'", path));
    input.context_name = *input.context_dir;
    if (file == "-") {
        SLIPWAY_TRY(load_file(input, file));
    } else {
        std::string dockerfile = file;
        if (file.empty()) {
            SLIPWAY_ASSIGN(const auto name, default_dockerfile(path));
            dockerfile = path == "." ? name : join_path(path, name);
        }
        SLIPWAY_TRY(load_file(input, dockerfile));
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
