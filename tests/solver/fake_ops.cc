#include "solver/fake_ops.h"

#include "base/text.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <utility>

namespace slipway::solver {

class FakeOps::Step final : public solver::Step {
  public:
    Step(FakeOps& ops, FakeStep step) : ops_(ops), step_(std::move(step)) {}

    Result<Key> definition_key(std::span<const Digest> inputs, std::stop_token stop) override {
        {
            const std::lock_guard lock(ops_.mutex_);
            ops_.keyed_.push_back(step_.name);
        }
        if (step_.on_key) SLIPWAY_TRY(step_.on_key(stop));
        Key key{.digest = definition_digest(step_, inputs), .ingredients = step_.extra};
        key.ingredients.insert(key.ingredients.begin(), {"instruction", step_.instruction});
        return key;
    }

    Result<std::optional<Key>> content_key(std::span<const Output> inputs,
                                           std::stop_token) override {
        if (step_.on_content_key) step_.on_content_key();
        if (!step_.has_content_key) return std::optional<Key>();
        return std::optional(Key{.digest = content_digest(step_, inputs),
                                 .ingredients = {{"instruction", step_.instruction}}});
    }

    Result<std::vector<Output>> run(std::span<const Output> inputs, std::stop_token stop) override {
        {
            const std::lock_guard lock(ops_.mutex_);
            ops_.executed_.push_back(step_.name);
        }
        if (step_.run) SLIPWAY_TRY(step_.run(stop));
        return ops_.make(step_, inputs);
    }

    bool usable(std::span<const Output> outputs) const override { return ops_.usable(outputs); }

  private:
    FakeOps& ops_;
    const FakeStep step_;
};

void FakeOps::set(FakeStep step) {
    if (step.instruction.empty()) step.instruction = step.name;
    if (step.slot.empty()) step.slot = step.name;
    const auto [place, fresh] = index_.try_emplace(step.name, steps_.size());
    if (fresh) {
        steps_.push_back(std::move(step));
    } else {
        steps_[place->second] = std::move(step);
    }
}

FakeStep& FakeOps::at(const std::string& name) {
    return steps_.at(index_.at(name));
}

void FakeOps::chain(const std::vector<std::string>& names) {
    std::vector<std::string> inputs;
    for (const auto& name : names) {
        set({.name = name, .inputs = inputs});
        inputs = {name};
    }
}

Plan FakeOps::plan(const std::vector<std::string>& targets) {
    const auto edge = [&](const std::string& text) {
        const auto parts = split_once(text, '#');
        const std::string name(parts ? parts->first : std::string_view(text));
        return InputEdge{index_.at(name), parts ? *parse_uint(parts->second) : 0};
    };
    Plan plan;
    for (const auto& step : steps_) {
        PlannedStep planned{.id = id_of(step.name),
                            .name = step.name,
                            .where = SourceRange{"Dockerfile", 1, 1},
                            .slot = step.slot,
                            .kind = step.kind,
                            .ignore_cache = step.ignore_cache,
                            .inputs = {},
                            .step = std::make_unique<Step>(*this, step)};
        for (const auto& input : step.inputs) planned.inputs.push_back(edge(input));
        plan.steps.push_back(std::move(planned));
    }
    for (const auto& target : targets) plan.targets.push_back(edge(target));
    return plan;
}

Result<Solved> FakeOps::solve(const std::vector<std::string>& targets, SolveOptions options) {
    sink.clear();
    auto planned = plan(targets);
    return solver::solve(planned, cache, sink, options);
}

std::vector<std::string> FakeOps::contents(const Solved& solved) {
    std::vector<std::string> contents;
    for (const auto& output : solved.targets) contents.push_back(content_of(output));
    return contents;
}

std::vector<std::string> FakeOps::executed() const {
    const std::lock_guard lock(mutex_);
    return executed_;
}

std::vector<std::string> FakeOps::keyed() const {
    const std::lock_guard lock(mutex_);
    return keyed_;
}

void FakeOps::forget() {
    executed_.clear();
    keyed_.clear();
    cache.forget_counts();
}

void FakeOps::evict(const std::string& name) {
    for (const auto& output : std::exchange(made_[name], {})) present_.erase(output);
}

progress::StepDone FakeOps::done(const std::string& name) const {
    std::vector<progress::StepDone> found;
    for (auto& done : sink.all<progress::StepDone>()) {
        if (done.step == id_of(name)) found.push_back(std::move(done));
    }
    EXPECT_EQ(found.size(), 1U) << "StepDone of " << name;
    return found.empty() ? progress::StepDone{} : found.front();
}

std::string FakeOps::content_of(const Output& output) {
    return output.substr(output.find('|') + 1);
}

Digest FakeOps::content_digest(const FakeStep& step, std::span<const Output> inputs) {
    Sha256 hash;
    hash.field("content").field(step.instruction);
    for (const auto& ingredient : step.extra) hash.field(ingredient.label).field(ingredient.value);
    for (const auto& input : inputs) hash.field(content_of(input));
    return hash.finish();
}

Digest FakeOps::definition_digest(const FakeStep& step, std::span<const Digest> inputs) {
    Sha256 hash;
    hash.field("definition").field(step.instruction);
    for (const auto& ingredient : step.extra) hash.field(ingredient.label).field(ingredient.value);
    for (const auto& input : inputs) hash.field(input);
    return hash.finish();
}

std::vector<Output> FakeOps::make(const FakeStep& step, std::span<const Output> inputs) {
    const std::lock_guard lock(mutex_);
    std::vector<Output> outputs;
    for (std::size_t i = 0; i < step.outputs; ++i) {
        const std::string content =
            step.content.empty() ? content_digest(step, inputs).short_hex() : step.content;
        outputs.push_back(
            fmt::format("{}|{}{}", ++serial_, content, i == 0 ? "" : fmt::format("#{}", i)));
        made_[step.name].insert(outputs.back());
        present_.insert(outputs.back());
    }
    return outputs;
}

bool FakeOps::usable(std::span<const Output> outputs) const {
    const std::lock_guard lock(mutex_);
    return std::all_of(outputs.begin(), outputs.end(),
                       [&](const Output& output) { return present_.contains(output); });
}

}  // namespace slipway::solver
