#include "engine/source_time.h"

#include "engine/internal/remote_sources.h"

namespace slipway::engine {

Result<std::optional<std::int64_t>> source_time(const llb::SourceSpec& source,
                                                const BuildOptions& options, Workspace& workspace,
                                                progress::Sink& sink, std::stop_token stop) {
    pb::SourceOp op;
    op.set_identifier(source.identifier);
    op.mutable_attrs()->insert(source.attrs.begin(), source.attrs.end());
    if (source.identifier.starts_with("git://")) {
        SLIPWAY_ASSIGN(const auto git, read_git_op(op, options.secrets));
        SLIPWAY_ASSIGN(const auto commit, workspace.git().resolve(git, stop));
        SLIPWAY_ASSIGN(const auto time, workspace.git().commit_time(git, commit, std::move(stop)));
        return std::optional(time);
    }
    if (!source.identifier.starts_with("http://") && !source.identifier.starts_with("https://"))
        return std::optional<std::int64_t>();
    SLIPWAY_ASSIGN(const auto file, read_http_op(op, options.secrets));
    auto& files = workspace.http_files();
    SLIPWAY_ASSIGN(const auto content,
                   files.resolve(file, source::Download::kIfNeeded, sink, Digest(), stop));
    if (!content || content->last_modified)
        return content ? content->last_modified : std::optional<std::int64_t>();
    return files.newest_member(file, *content, sink, Digest(), std::move(stop));
}

}  // namespace slipway::engine
