#include "frontend/remote_context.h"

#include "base/redact.h"
#include "frontend/git_ref.h"

#include <utility>

namespace slipway::frontend {

Result<std::optional<RemoteContext>> RemoteContext::find_git(const std::string& text,
                                                             bool keep_git_dir, bool commit_time) {
    SLIPWAY_ASSIGN(auto git, GitRef::parse(text));
    if (!git) return std::nullopt;
    if (keep_git_dir) git->keep_git_dir = true;
    if (commit_time && git->mtime.empty()) git->mtime = "commit";
    RemoteContext context;
    SLIPWAY_ASSIGN(context.source, git->source());
    context.name = "[internal] load git source " + redact_urls(text);
    return context;
}

RemoteContext RemoteContext::of_url(const std::string& url) {
    return {.source = {.identifier = url, .attrs = {{"http.filename", kFile}}},
            .name = "[internal] load remote build context"};
}

Result<std::optional<RemoteContext>> RemoteContext::find_named(const std::string& text) {
    SLIPWAY_ASSIGN(auto remote, find_git(text, false, false));
    if (!remote && is_http_file(text)) remote = of_url(text);
    return remote;
}

RemoteContext RemoteContext::of_content(const Digest& digest) {
    // A name that no server has: the content must be in the store.
    RemoteContext context = of_url("https://stdin.invalid/context");
    context.source.attrs["http.checksum"] = digest.to_string();
    context.unpack = true;
    return context;
}

llb::Ref RemoteContext::add_to(llb::Builder& graph) const {
    const llb::Ref files = graph.source(source, llb::About().named(name));
    if (!unpack) return files;
    llb::FileStep copy{.action = {}, .source = files};
    pb::FileActionCopy& action = *copy.action.mutable_copy();
    action.set_src(std::string("/") + kFile);
    action.set_dest("/");
    action.set_mode(-1);
    action.set_timestamp(-1);
    action.set_attemptunpackdockercompatibility(true);
    return graph.file({.base = {}, .steps = {std::move(copy)}}, {});
}

pb::Definition RemoteContext::graph() const {
    llb::Builder builder;
    return builder.marshal(add_to(builder));
}

}  // namespace slipway::frontend
