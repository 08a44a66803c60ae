#include "cli/remote_input.h"

#include "base/path.h"
#include "os/file.h"
#include "os/standard_input.h"

namespace slipway::cli {

namespace {

constexpr std::size_t kMaxDockerfile = 16U << 20;

/// What was read ahead, then the rest.
class ContinuedReader final : public Reader {
  public:
    ContinuedReader(std::string_view head, Reader& rest) : head_(head), rest_(rest) {}
    Result<std::size_t> read(std::span<std::byte> buffer) override {
        SLIPWAY_ASSIGN(const std::size_t size, head_.read(buffer));
        return size > 0 ? Result<std::size_t>(size) : rest_.read(buffer);
    }

  private:
    MemoryReader head_;
    Reader& rest_;
};

class Loader {
  public:
    Loader(const engine::BuildOptions& options, engine::Workspace& workspace, progress::Sink& sink,
           std::stop_token stop)
        : options_(options), workspace_(workspace), sink_(sink), stop_(std::move(stop)) {
        options_.mode = solver::Mode::kBuild;  // a dry run reads the Dockerfile, too
    }

    Result<void> load(BuildInput& input) {
        if (input.archive_head) SLIPWAY_TRY(take_stdin(input));
        if (!input.remote) return {};
        options_.slot_prefix = input.context_name;
        const bool by_http = input.remote->source.identifier.starts_with("http");
        if (by_http && !input.remote->unpack) SLIPWAY_TRY(look_at_file(input));
        if (!input.dockerfile_in_remote) return {};
        SLIPWAY_ASSIGN(const auto files, fetch(*input.remote));
        return read_dockerfile(input, files);
    }

  private:
    Result<void> take_stdin(BuildInput& input) {
        SLIPWAY_ASSIGN(const auto stdin_fd, os::open_standard_input());
        os::FdReader rest(stdin_fd);
        ContinuedReader archive(*input.archive_head, rest);
        SLIPWAY_ASSIGN(const Digest digest, workspace_.http_files()
                                                .put(archive, frontend::RemoteContext::kFile, stop_)
                                                .context("standard input"));
        input.remote = frontend::RemoteContext::of_content(digest);
        return {};
    }

    Result<snapshot::View> fetch(const frontend::RemoteContext& context) {
        SLIPWAY_ASSIGN(const auto graph, llb::Graph::load(context.graph()));
        SLIPWAY_ASSIGN(const auto built, engine::build(graph, options_, workspace_, sink_, stop_));
        return workspace_.layers().view(built.snapshot);
    }

    /// An archive is unpacked; anything else is the Dockerfile.
    Result<void> look_at_file(BuildInput& input) {
        SLIPWAY_ASSIGN(const auto files, fetch(*input.remote));
        const auto file = files.find(frontend::RemoteContext::kFile);
        if (!file) return make_error(ErrorCode::kInternal, "'{}' left no file", input.context_name);
        SLIPWAY_ASSIGN(const auto path, RelPath::parse(file->entry->path));
        SLIPWAY_ASSIGN(const auto fd, file->tree->root().open_file(path));
        std::string head(512, '\0');
        SLIPWAY_ASSIGN(const std::size_t size,
                       os::read_at(fd, std::as_writable_bytes(std::span(head)), 0));
        head.resize(size);
        input.remote->unpack = looks_like_archive(head);
        if (!input.remote->unpack && input.dockerfile_in_remote)
            input.dockerfile_name = frontend::RemoteContext::kFile;
        return {};
    }

    static Result<void> read_dockerfile(BuildInput& input, const snapshot::View& files) {
        std::vector<std::string> names = {input.dockerfile_name};
        if (input.dockerfile_name.empty()) names = {"Dockerfile", "dockerfile"};
        for (const auto& name : names) {
            SLIPWAY_ASSIGN(auto text, files.read_small_file(name, kMaxDockerfile));
            if (!text) continue;
            input.dockerfile_text = *std::move(text);
            input.dockerfile_name = name;
            return {};
        }
        return make_error(ErrorCode::kNotFound, "no '{}' in the build context '{}'", names.front(),
                          input.context_name)
            .hint("name it with -f FILE, as a path in the context");
    }

    engine::BuildOptions options_;
    engine::Workspace& workspace_;
    progress::Sink& sink_;
    std::stop_token stop_;
};

}  // namespace

Result<void> load_remote_input(BuildInput& input, const engine::BuildOptions& options,
                               engine::Workspace& workspace, progress::Sink& sink,
                               std::stop_token stop) {
    return Loader(options, workspace, sink, std::move(stop)).load(input);
}

}  // namespace slipway::cli
