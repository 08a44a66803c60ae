// COPY and ADD (llb-facts 2.9).
#include "base/path.h"
#include "base/pattern.h"
#include "base/text.h"
#include "frontend/internal/add_remote.h"
#include "frontend/internal/instructions.h"
#include "frontend/internal/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace slipway::frontend {
namespace {

/// The instruction with its variables filled in.
struct Expanded {
    std::vector<std::string> sources;
    std::string dest;
    std::string chown;
    std::string chmod;
    std::string checksum;
    std::vector<dockerfile::Heredoc> heredocs;
    std::vector<std::optional<RemoteSource>> remotes;  ///< of each source that is no path
};

Result<Expanded> expand(const Step& step, const dockerfile::Copy& copy) {
    Expanded expanded;
    SLIPWAY_ASSIGN(expanded.chown, step.expand(copy.chown));
    SLIPWAY_ASSIGN(expanded.chmod, step.expand(copy.chmod));
    SLIPWAY_ASSIGN(expanded.checksum, step.expand(copy.checksum));
    for (const std::string& word : copy.sources) {
        SLIPWAY_ASSIGN(std::string source, step.expand(word));
        expanded.sources.push_back(std::move(source));
    }
    SLIPWAY_ASSIGN(expanded.dest, step.expand(copy.dest));
    for (dockerfile::Heredoc heredoc : copy.heredocs) {
        if (heredoc.expand) {
            SLIPWAY_ASSIGN(dockerfile::Expanded body,
                           dockerfile::expand_word(heredoc.body, step.stage.state.env.lookup(),
                                                   '\\', dockerfile::Quotes::kKeepRaw));
            heredoc.body = std::move(body.text);
        }
        expanded.heredocs.push_back(std::move(heredoc));
    }
    return expanded;
}

/// Finds out which sources are no paths.
Result<void> find_remotes(const Step& step, const dockerfile::Copy& copy, Expanded& expanded) {
    bool any = false;
    for (const std::string& source : expanded.sources) {
        SLIPWAY_ASSIGN(auto remote, find_remote_source(copy, source, expanded.checksum));
        any = any || remote.has_value();
        expanded.remotes.push_back(std::move(remote));
    }
    if (!expanded.checksum.empty() && (!any || expanded.sources.size() != 1)) {
        return make_error(ErrorCode::kInvalidInput,
                          "{} --checksum: only a single URL or git repository has a checksum",
                          step.instruction().keyword);
    }
    return {};
}

std::string history_of(const dockerfile::Copy& copy, const Expanded& expanded) {
    std::string text = copy.is_add ? "ADD" : "COPY";
    if (copy.parents) text += " --parents";
    if (!expanded.chown.empty()) text += " --chown=" + expanded.chown;
    if (!expanded.chmod.empty()) text += " --chmod=" + expanded.chmod;
    for (const std::string& source : expanded.sources) text += " " + source;
    for (const dockerfile::Heredoc& heredoc : expanded.heredocs) text += " <<" + heredoc.name;
    return text + " " + expanded.dest + " # buildkit";
}

/// Where the paths of `sources` are looked up.
Result<llb::Ref> source_of(const Step& step, const dockerfile::Copy& copy,
                           const Expanded& expanded) {
    if (step.command.sources.empty()) {
        const bool none_local = std::ranges::all_of(
            expanded.remotes, [](const auto& remote) { return remote.has_value(); });
        if (none_local || step.build.request.has_context) return step.build.context;
        return make_error(ErrorCode::kInvalidInput, "{}: there is no build context to copy from",
                          step.instruction().keyword)
            .hint("give a directory, or name a stage or an image by --from");
    }
    const Stage& source = *step.command.sources.front();
    if (source.dispatched) return source.state.files;
    return make_error(ErrorCode::kInvalidInput,
                      "COPY --from={}: that stage must be defined before this one", copy.from);
}

void note_paths(const Step& step, const Expanded& expanded) {
    std::set<std::string>& paths = step.command.sources.empty()
                                       ? step.stage.context_paths
                                       : *step.command.sources.front()->paths;
    for (std::size_t i = 0; i < expanded.sources.size(); ++i) {
        if (!expanded.remotes[i]) paths.insert(join_path("/", expanded.sources[i]));
    }
}

/// What all copies of the instruction share.
Result<pb::FileActionCopy> common_action(const Step& step, const dockerfile::Copy& copy,
                                         const Expanded& expanded) {
    pb::FileActionCopy action;
    action.set_dest(copy_destination(step.stage.state.working_dir, expanded.dest));
    action.set_createdestpath(true);
    action.set_timestamp(-1);
    action.mutable_exclude_patterns()->Add(copy.excludes.begin(), copy.excludes.end());
    if (!expanded.chown.empty()) *action.mutable_owner() = parse_owner(expanded.chown);
    if (expanded.chmod.empty()) {
        action.set_mode(-1);
    } else {
        SLIPWAY_TRY(set_mode(action, expanded.chmod));
    }
    return action;
}

llb::FileStep copy_step(const pb::FileActionCopy& common, llb::Ref source,
                        const std::string& path) {
    llb::FileStep step{.action = {}, .source = source};
    *step.action.mutable_copy() = common;
    step.action.mutable_copy()->set_src(path);
    return step;
}

llb::FileStep remote_step(const Step& step, const pb::FileActionCopy& common,
                          const RemoteSource& remote, const llb::About& about) {
    llb::About named;
    if (remote.described) named.description["com.docker.dockerfile.v1.command"] = "";
    named.named(about.description.at("llb.customname"));
    named.place = about.place;
    llb::FileStep made =
        copy_step(common, step.build.graph.source(remote.spec, std::move(named)), remote.path);
    made.action.mutable_copy()->set_attemptunpackdockercompatibility(remote.unpack);
    return made;
}

/// --parents: what stands before a "/./" is where the copy begins, the rest is copied with its
/// directories.
void keep_parents(pb::FileActionCopy& action, std::string_view source) {
    const auto pivot = source.find("/./");
    const bool cut = pivot != std::string_view::npos;
    const std::string_view start = cut ? source.substr(0, pivot) : "/";
    const std::string_view rest = cut ? source.substr(pivot + 3) : source;
    action.set_src(join_path("/", start));
    action.add_include_patterns(join_path("/", rest).substr(1));
    if (!names_many(start) && !names_many(rest)) {
        action.add_required_paths(clean_path(fmt::format("{}/{}", action.src(), rest)));
    }
}

Result<std::vector<llb::FileStep>> make_steps(const Step& step, const dockerfile::Copy& copy,
                                              const Expanded& expanded, const llb::About& about) {
    SLIPWAY_ASSIGN(const llb::Ref source, source_of(step, copy, expanded));
    SLIPWAY_ASSIGN(const pb::FileActionCopy common, common_action(step, copy, expanded));
    pb::FileActionCopy from_paths = common;
    from_paths.set_followsymlink(true);
    from_paths.set_dircopycontents(true);
    from_paths.set_allowwildcard(true);
    from_paths.set_allowemptywildcard(true);
    from_paths.set_attemptunpackdockercompatibility(copy.unpack.value_or(copy.is_add));
    std::vector<llb::FileStep> steps;
    for (std::size_t i = 0; i < expanded.sources.size(); ++i) {
        const std::string& path = expanded.sources[i];
        if (expanded.remotes[i]) {
            steps.push_back(remote_step(step, common, *expanded.remotes[i], about));
            continue;
        }
        steps.push_back(copy_step(from_paths, source, join_path("/", path)));
        if (copy.parents) keep_parents(*steps.back().action.mutable_copy(), path);
    }
    for (const dockerfile::Heredoc& heredoc : expanded.heredocs) {
        const llb::Ref file = inline_file(step.build, heredoc.name, heredoc.body, 0644);
        steps.push_back(copy_step(common, file, join_path("/", heredoc.name)));
    }
    return steps;
}

/// --link: the files go into a layer of their own, which is then laid over what was there.
void link(const Step& step, std::vector<llb::FileStep> steps, const std::string& text,
          llb::About about) {
    Stage& stage = step.stage;
    const std::string& name = about.description.at("llb.customname");
    pb::ProgressGroup group;
    group.set_id(fmt::format("link:{}:{}", stage.display_name, stage.step));
    group.set_name(name);
    llb::About merged = about;
    merged.progress_group = group;
    merged.named(same_step_name(stage, "LINK " + text, step.command.from_trigger));
    group.set_weak(true);
    about.progress_group = group;
    about.ignore_cache = merged.ignore_cache = stage.ignore_cache;
    const llb::Ref files =
        step.build.graph.file({.base = {}, .steps = std::move(steps)}, std::move(about));
    stage.state.files = step.build.graph.merge({stage.state.files, files}, std::move(merged));
}

}  // namespace

Result<void> lower_copy(const Step& step, const dockerfile::Copy& copy) {
    SLIPWAY_ASSIGN(Expanded expanded, expand(step, copy));
    SLIPWAY_TRY(find_remotes(step, copy, expanded));
    if (copy.link && !expanded.chown.empty() && has_names(parse_owner(expanded.chown))) {
        return make_error(ErrorCode::kInvalidInput,
                          "{} --link --chown={}: a linked layer has no users to look names up in",
                          step.instruction().keyword, expanded.chown)
            .hint("use numbers: --chown=UID[:GID]");
    }
    const std::string shown = step.shown();
    llb::About about = step.about_next(shown);
    SLIPWAY_ASSIGN(std::vector<llb::FileStep> steps, make_steps(step, copy, expanded, about));
    if (copy.link && expanded.chmod.empty()) {
        link(step, std::move(steps), shown, std::move(about));
    } else {
        about.ignore_cache = step.stage.ignore_cache;
        State& state = step.stage.state;
        state.files = step.build.graph.file({.base = state.files, .steps = std::move(steps)},
                                            std::move(about));
    }
    note_paths(step, expanded);
    step.add_history(history_of(copy, expanded), Layer::kOne);
    return {};
}

}  // namespace slipway::frontend
