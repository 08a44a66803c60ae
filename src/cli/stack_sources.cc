#include "cli/stack_sources.h"

#include "base/text.h"
#include "cli/build_context.h"
#include "os/file.h"
#include "stack/flow.h"

#include <algorithm>
#include <set>

namespace slipway::cli {

namespace {

using source::AptPackage;

constexpr const char* kLocked = "locked";

Result<void> add_source(const std::string& name, const std::string& where, StackPlan& plan) {
    const std::string context = "src_" + name;
    plan.contexts.erase(context);
    if (where == kLocked) {
        plan.sources.erase(name);
    } else if (AptPackage::is_named_by(where)) {
        SLIPWAY_TRY(AptPackage::parse(where));
        plan.sources[name] = {where};
    } else if (os::path_exists(where)) {
        plan.contexts[context] = where;
        plan.sources[name] = {};
    } else if (names_remote_context(where)) {
        plan.sources[name] = {where};
    } else if (where.starts_with('.') || where.starts_with('/')) {
        return make_error(ErrorCode::kNotFound, "there is no '{}'", where);
    } else {
        const bool named = where.find("://") != std::string::npos;
        plan.contexts[context] = named ? where : "docker-image://" + where;
        plan.sources[name] = {};
    }
    return {};
}

/// Components that come from a source package, and that an image takes files of.
Result<std::set<std::string>> source_packages(const StackPlan& plan) {
    std::set<std::string> stages;
    for (const auto& variant : plan.variants) {
        SLIPWAY_ASSIGN(const auto found,
                       stack::flows(plan.file, variant, context_names(plan.contexts)));
        for (const auto& flow : found) stages.insert(flow.stage);
    }
    std::set<std::string> names;
    for (const auto& component : plan.stack.components) {
        const auto source = plan.sources.find(component.name);
        if (source != plan.sources.end() && AptPackage::is_named_by(source->second.url) &&
            stages.contains(source_stage(component)))
            names.insert(component.name);
    }
    return names;
}

}  // namespace

Result<void> add_sources(const StackFlags& flags, StackPlan& plan) {
    const std::string& flavour = plan.variants.front().flavour;
    const auto found = std::ranges::find(plan.stack.flavours, flavour, &stack::Flavour::name);
    for (const auto& [name, where] : found->sources)
        SLIPWAY_TRY(add_source(name, where, plan).context("flavour {}: {}", flavour, name));
    for (const std::string& text : flags.sources) {
        SLIPWAY_ASSIGN(const auto pair, key_value("--source", text));
        SLIPWAY_TRY(add_source(pair.first, pair.second, plan).context("--source {}", pair.first));
    }
    return {};
}

Result<bool> has_source_packages(const StackPlan& plan) {
    SLIPWAY_ASSIGN(const auto names, source_packages(plan));
    return !names.empty();
}

Result<void> find_source_packages(StackPlan& plan, engine::Workspace& workspace,
                                  const std::stop_token& stop) {
    SLIPWAY_ASSIGN(const auto names, source_packages(plan));
    for (const std::string& name : names) {
        stack::Source& source = plan.sources[name];
        SLIPWAY_ASSIGN(const auto package, AptPackage::parse(source.url));
        auto archive = workspace.apt().resolve(package, stop);
        if (!archive) {
            return std::move(archive).error().context(name).hint(fmt::format(
                "--source {}=DIR takes its files from a folder; --source {}={} from where the "
                "stack has them",
                name, name, kLocked));
        }
        source = {.url = archive->url, .checksum = archive->digest.to_string()};
    }
    if (names.empty()) return {};
    SLIPWAY_ASSIGN(plan.file, stack::compose(plan.stack, plan.sources, plan.variants));
    return {};
}

}  // namespace slipway::cli
