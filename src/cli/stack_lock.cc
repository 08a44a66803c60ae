#include "cli/stack_lock.h"

#include "frontend/git_ref.h"
#include "os/file.h"
#include "progress/event.h"

namespace slipway::cli {

namespace {

/// The commit of a git ref, "sha256:…" of a URL's file.
Result<std::string> ask(const stack::Component& component, const stack::Variant& variant,
                        engine::Workspace& workspace, const std::stop_token& stop) {
    SLIPWAY_ASSIGN(const std::string from, stack::expand_args(component.from, variant));
    progress::NullSink nobody;
    if (component.kind == stack::Component::Kind::kUrl) {
        SLIPWAY_ASSIGN(const auto content,
                       workspace.http_files().resolve({.url = from}, source::Download::kIfNeeded,
                                                      nobody, Digest(), stop));
        return content->digest.to_string();
    }
    SLIPWAY_ASSIGN(const std::string ref, stack::expand_args(component.ref, variant));
    SLIPWAY_ASSIGN(const auto git, frontend::GitRef::parse(from + "#" + ref));
    if (!git) return make_error(ErrorCode::kInvalidInput, "'{}' is no git repository", from);
    SLIPWAY_ASSIGN(const auto commit,
                   workspace.git().resolve({.remote = git->remote, .ref = git->ref}, stop));
    return commit.commit;
}

}  // namespace

Result<void> lock_stack(StackPlan& plan, bool update, engine::Workspace& workspace,
                        const std::stop_token& stop) {
    const auto contexts = context_names(plan.contexts);
    std::map<std::string, std::vector<const stack::Variant*>> needed;
    for (const stack::Variant& variant : plan.variants) {
        SLIPWAY_ASSIGN(
            const auto components,
            stack::needed_components(plan.stack, plan.sources, plan.file, variant, contexts));
        for (const auto* component : components) needed[component->name].push_back(&variant);
    }
    std::size_t added = 0;
    std::size_t changed = 0;
    for (stack::Component& component : plan.stack.components) {
        const auto before = component.locked;
        std::map<std::string, std::string> asked;
        for (const stack::Variant* variant : needed[component.name]) {
            SLIPWAY_ASSIGN(const std::string version,
                           stack::expand_args(component.version, *variant));
            if (asked.contains(version) || (!update && before.contains(version))) continue;
            SLIPWAY_ASSIGN(asked[version], ask(component, *variant, workspace, stop)
                                               .context("{} {}", component.name, version));
        }
        for (const auto& [version, found] : asked) {
            const auto known = before.find(version);
            if (known != before.end() && known->second == found) continue;
            ++(known == before.end() ? added : changed);
            print(fmt::format("{} {}: {}{}", component.name, version, found,
                              known == before.end() ? "" : " (was " + known->second + ")"));
            component.locked[version] = found;
        }
    }
    if (added + changed > 0) {
        SLIPWAY_TRY(os::write_file(plan.stack.folder + "/" + stack::kLockFile,
                                   stack::lock_text(plan.stack)));
    }
    print(fmt::format("{} added, {} changed", added, changed));
    return {};
}

}  // namespace slipway::cli
