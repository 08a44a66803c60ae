#include "cli/stack_doctor.h"

#include "frontend/dockerfile_frontend.h"
#include "stack/compose.h"
#include "stack/flow.h"

#include <algorithm>

namespace slipway::cli {

namespace {

constexpr std::ptrdiff_t kMostLayers = 127;

/// Every base image, as if it were empty.
class UnknownImages final : public frontend::ImageResolver {
  public:
    Result<frontend::ResolvedImage> resolve(const std::string& ref, const image::Platform& platform,
                                            frontend::ResolveMode /*mode*/) override {
        frontend::ResolvedImage image{.identifier = "docker-image://" + ref, .config = {}};
        image.config.platform = platform;
        return image;
    }
};

class Examination {
  public:
    explicit Examination(const stack::Stack& stack) : stack_(stack) {}

    Result<Diagnosis> run() {
        for (const auto& flavour : stack_.flavours) {
            for (const auto& platform : stack_.platforms) {
                for (const auto& engine : stack_.engines) {
                    for (const auto& target : stack_.targets) {
                        if (target.engines.empty() ||
                            std::ranges::find(target.engines, engine.name) != target.engines.end())
                            look_at({.engines = {engine.name},
                                     .targets = {target.name},
                                     .platforms = {platform.name},
                                     .flavour = flavour.name,
                                     .values = {}});
                    }
                }
            }
        }
        return std::move(diagnosis_);
    }

  private:
    void look_at(const stack::Selection& selection) {
        auto done = check(selection);
        // A rule of the stack refuses it: that is an answer, not a fault.
        if (!done && done.error().code() == ErrorCode::kUsage) return;
        ++diagnosis_.images;
        if (!done) {
            const Error& error = done.error();
            tell(fmt::format("{} {} {} {}: {}{}", selection.engines.front(),
                             selection.targets.front(), selection.platforms.front(),
                             selection.flavour, error.to_string(), place_of(error.where())));
        }
    }

    Result<void> check(const stack::Selection& selection) {
        SLIPWAY_ASSIGN(auto variants, stack::resolve(stack_, selection));
        const stack::Variant& variant = variants.front();
        frontend::Request request;
        // What replaces a component is somebody else's: it counts as there.
        stack::Sources sources;
        std::vector<std::string> contexts = {"stack"};
        const auto flavour =
            std::ranges::find(stack_.flavours, variant.flavour, &stack::Flavour::name);
        for (const auto& [name, where] : flavour->sources) {
            sources[name] = {};
            contexts.push_back("src_" + name);
        }
        for (const std::string& name : contexts) request.named_contexts[name] = "local:" + name;
        SLIPWAY_TRY(stack::pin(stack_, sources, variants));
        SLIPWAY_ASSIGN(const auto file, stack::compose(stack_, sources, variants));
        SLIPWAY_TRY(stack::require_pins(stack_, sources, file, variant, contexts));
        request.target = variant.stage;
        request.build_args = {variant.args.begin(), variant.args.end()};
        SLIPWAY_ASSIGN(request.platform, image::Platform::parse(variant.platform));
        request.build_platform = request.platform;
        UnknownImages images;
        SLIPWAY_ASSIGN(const auto lowered, frontend::lower(file, request, images));
        for (const auto& finding : lowered.findings) {
            tell(fmt::format("{}: {}{}", dockerfile::lint::info(finding.rule).name, finding.message,
                             place_of(file.range(finding.lines))));
        }
        // Those of the base image come on top of them.
        const auto layers =
            std::ranges::count(lowered.config.history, false, &image::HistoryEntry::empty_layer);
        if (layers > kMostLayers) {
            tell(
                fmt::format("{} {}: the image has {} layers and those of its base; more than {} "
                            "cannot be mounted by every runtime: merge small steps",
                            variant.name(), variant.platform, layers, kMostLayers));
        }
        return {};
    }

    static std::string place_of(const std::optional<SourceRange>& where) {
        return where ? fmt::format("\n    {}:{}", where->file, where->first_line) : "";
    }

    void tell(const std::string& problem) {
        auto& all = diagnosis_.problems;
        if (std::ranges::find(all, problem) == all.end()) all.push_back(problem);
    }

    const stack::Stack& stack_;
    Diagnosis diagnosis_;
};

}  // namespace

Result<Diagnosis> examine(const stack::Stack& stack) {
    return Examination(stack).run();
}

}  // namespace slipway::cli
