// Steps that bring something in: images, and the marker for local directories.
#include "engine/internal/context_layers.h"
#include "engine/internal/step_context.h"
#include "engine/value.h"

#include <algorithm>

namespace slipway::engine {

bool SnapshotStep::usable(std::span<const solver::Output> outputs) const {
    for (const auto& output : outputs) {
        const auto snapshot = to_snapshot(output);
        if (!snapshot || !build_.workspace.layers().has_all(*snapshot)) return false;
    }
    return true;
}

namespace {

/// An image pinned by digest: fetched and unpacked when a step needs its files, and not before.
class ImageStep final : public SnapshotStep {
  public:
    ImageStep(BuildContext& build, const llb::Vertex& vertex, image::Platform platform)
        : SnapshotStep(build),
          id_(vertex.digest),
          identifier_(vertex.op.source().identifier()),
          platform_(std::move(platform)) {}

    Result<solver::Key> definition_key(std::span<const Digest>, std::stop_token) override {
        const auto at = identifier_.rfind('@');
        if (at == std::string::npos) {
            return make_error(ErrorCode::kInvalidInput,
                              "image source '{}' is not pinned to a digest", identifier_);
        }
        return make_key(
            {{"image", identifier_.substr(at + 1)}, {"platform", platform_.to_string()}});
    }

    Result<std::optional<solver::Key>> content_key(std::span<const solver::Output>,
                                                   std::stop_token) override {
        return std::optional<solver::Key>();
    }

    Result<std::vector<solver::Output>> run(std::span<const solver::Output>,
                                            std::stop_token stop) override {
        const auto& missing = build_.options.missing_images;
        if (const auto known = missing.find(identifier_); known != missing.end())
            return known->second;
        auto& images = build_.workspace.images();
        SLIPWAY_ASSIGN(const auto image,
                       images.resolve(identifier_, platform_, source::Pull::kIfMissing, stop));
        SLIPWAY_ASSIGN(const auto snapshot, images.unpack(image, build_.sink, id_, stop));
        return std::vector{to_output(snapshot)};
    }

  private:
    Digest id_;
    std::string identifier_;
    image::Platform platform_;
};

/// A local directory is read by the steps that copy from it; by itself it is only a place in the
/// graph.
class ContextStep final : public solver::Step {
  public:
    Result<solver::Key> definition_key(std::span<const Digest>, std::stop_token) override {
        return make_key({{"local directory", ""}});
    }
    Result<std::optional<solver::Key>> content_key(std::span<const solver::Output>,
                                                   std::stop_token) override {
        return std::optional<solver::Key>();
    }
    Result<std::vector<solver::Output>> run(std::span<const solver::Output>,
                                            std::stop_token) override {
        return std::vector<solver::Output>{kContextOutput};
    }
    [[nodiscard]] bool usable(std::span<const solver::Output>) const override { return true; }
};

/// Layers of the inputs on top of each other.
class MergeStep final : public SnapshotStep {
  public:
    MergeStep(BuildContext& build, std::vector<StepInput> inputs)
        : SnapshotStep(build), inputs_(std::move(inputs)) {}

    Result<solver::Key> definition_key(std::span<const Digest> inputs,
                                       std::stop_token stop) override {
        std::vector<solver::Ingredient> ingredients = {{"operation", "merge"}};
        for (const auto& input : inputs_) {
            if (input.context)
                SLIPWAY_TRY(
                    add_context_ingredients(*input.context, {{.path = "/"}}, ingredients, stop));
        }
        return make_key(std::move(ingredients), inputs);
    }

    Result<std::optional<solver::Key>> content_key(std::span<const solver::Output> inputs,
                                                   std::stop_token stop) override {
        if (only_contexts(inputs_)) return std::optional<solver::Key>();
        std::vector<solver::Ingredient> ingredients = {{"operation", "merge"}};
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            if (inputs_[i].context) {
                SLIPWAY_TRY(add_context_ingredients(*inputs_[i].context, {{.path = "/"}},
                                                    ingredients, stop));
                continue;
            }
            SLIPWAY_ASSIGN(const auto snapshot, to_snapshot(inputs[i]));
            SLIPWAY_ASSIGN(const auto content, build_.workspace.layers().content_digest(snapshot));
            ingredients.push_back({"content of '" + inputs_[i].name + "'", content.to_string()});
        }
        return std::optional(make_key(std::move(ingredients)));
    }

    Result<std::vector<solver::Output>> run(std::span<const solver::Output> inputs,
                                            std::stop_token stop) override {
        snapshot::Snapshot all;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            const auto& context = inputs_[i].context;
            SLIPWAY_ASSIGN(const auto snapshot, context ? materialize(build_, *context, "/", stop)
                                                        : to_snapshot(inputs[i]));
            all.insert(all.end(), snapshot.begin(), snapshot.end());
        }
        return std::vector{to_output(all)};
    }

  private:
    std::vector<StepInput> inputs_;
};

}  // namespace

bool only_contexts(const std::vector<StepInput>& inputs) {
    return std::ranges::all_of(inputs, [](const auto& input) { return input.context != nullptr; });
}

std::unique_ptr<solver::Step> make_image_step(BuildContext& build, const llb::Vertex& vertex,
                                              const image::Platform& platform) {
    return std::make_unique<ImageStep>(build, vertex, platform);
}

std::unique_ptr<solver::Step> make_context_step() {
    return std::make_unique<ContextStep>();
}

std::unique_ptr<solver::Step> make_merge_step(BuildContext& build, std::vector<StepInput> inputs) {
    return std::make_unique<MergeStep>(build, std::move(inputs));
}

}  // namespace slipway::engine
