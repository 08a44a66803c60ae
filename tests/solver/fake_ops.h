// Steps that do nothing but count, in a world that remembers between builds what was made.
//
// An output is "<serial>|<content>": the serial is new with every run, as a layer's ID is; the
// content is what a content key is made of. By default it follows from the instruction and the
// inputs' contents.
#pragma once

#include "solver/memory_cache.h"
#include "solver/solver.h"
#include "support/recording_sink.h"

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace slipway::solver {

struct FakeStep {
    std::string name;
    std::vector<std::string> inputs;  ///< names; "name#1" for the second output
    std::string instruction;          ///< "": the name
    std::vector<Ingredient> extra;    ///< more ingredients of the definition key
    StepKind kind = StepKind::kBuild;
    bool ignore_cache = false;
    bool has_content_key = true;
    std::size_t outputs = 1;
    std::string content;  ///< what it makes; "": depends on instruction and inputs
    std::string slot;     ///< "": the name
    std::function<Result<void>(std::stop_token)> run;  ///< done first when it runs
    std::function<Result<void>(std::stop_token)> on_key;
    std::function<void()> on_content_key;
};

class FakeOps {
  public:
    /// Replaces a step of this name or adds it.
    void set(FakeStep step);
    FakeStep& at(const std::string& name);
    /// Each the input of the next.
    void chain(const std::vector<std::string>& names);

    [[nodiscard]] Plan plan(const std::vector<std::string>& targets);
    Result<Solved> solve(const std::vector<std::string>& targets, SolveOptions options = {});
    /// The part after the serial of each target.
    static std::vector<std::string> contents(const Solved& solved);

    /// Names in the order in which runs began, since the last forget().
    [[nodiscard]] std::vector<std::string> executed() const;
    [[nodiscard]] std::vector<std::string> keyed() const;
    void forget();
    /// As if garbage collection had taken everything that this step made.
    void evict(const std::string& name);

    /// StepDone of the step in the last solve; fails the test when there is none or more than one.
    [[nodiscard]] progress::StepDone done(const std::string& name) const;
    [[nodiscard]] const std::vector<FakeStep>& steps() const { return steps_; }

    MemoryCache cache;
    testing::RecordingSink sink;

    static Digest id_of(const std::string& name) { return Digest::of("id:" + name); }
    static std::string content_of(const Output& output);
    static Digest content_digest(const FakeStep& step, std::span<const Output> inputs);
    static Digest definition_digest(const FakeStep& step, std::span<const Digest> inputs);
    std::vector<Output> make(const FakeStep& step, std::span<const Output> inputs);
    [[nodiscard]] bool usable(std::span<const Output> outputs) const;

  private:
    class Step;
    mutable std::mutex mutex_;
    std::vector<FakeStep> steps_;
    std::map<std::string, std::size_t> index_;
    std::vector<std::string> executed_;
    std::vector<std::string> keyed_;
    std::map<std::string, std::set<Output>> made_;  ///< by name
    std::set<Output> present_;
    int serial_ = 0;
};

}  // namespace slipway::solver
