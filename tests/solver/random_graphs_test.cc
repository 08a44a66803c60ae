// The parallel solver against a naive one: recursive, one step after the other, no scheduling at
// all. Both get the same random graphs, changed a little from build to build; steps end in shuffled
// order.
#include "solver/fake_ops.h"
#include "solver/internal/graph.h"
#include "support/result_matchers.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <random>
#include <thread>

namespace slipway::solver {
namespace {

using slipway::testing::IsOk;

/// Lets the steps that are at work end in random order.
class Shuffler {
  public:
    explicit Shuffler(unsigned seed)
        : random_(seed), conductor_([this](std::stop_token stop) { conduct(stop); }) {}

    Result<void> pass() {
        std::unique_lock lock(mutex_);
        const int ticket = next_++;
        waiting_.push_back(ticket);
        changed_.notify_all();
        changed_.wait(lock, [&] {
            return std::find(waiting_.begin(), waiting_.end(), ticket) == waiting_.end();
        });
        return {};
    }

  private:
    void conduct(std::stop_token stop) {
        std::unique_lock lock(mutex_);
        while (changed_.wait(lock, stop, [&] { return !waiting_.empty(); })) {
            lock.unlock();
            for (int i = 0; i < 20; ++i) std::this_thread::yield();  // others may join the queue
            lock.lock();
            waiting_.erase(waiting_.begin() +
                           static_cast<std::ptrdiff_t>(random_() % waiting_.size()));
            changed_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::vector<int> waiting_;
    int next_ = 0;
    std::mt19937 random_;
    std::jthread conductor_;
};

enum class Fate { kHit, kContentHit, kRan };

class NaiveSolver {
  public:
    NaiveSolver(FakeOps& ops, const std::vector<std::string>& targets)
        : ops_(ops), plan_(ops.plan(targets)) {
        const auto graph = Graph::of(plan_);
        for (const std::size_t i : graph->reachable()) {
            std::vector<Digest> inputs;
            for (const auto& in : plan_.steps[i].inputs)
                inputs.push_back(edge_key(keys_.at(in.step), in.output));
            keys_[i] = plan_.steps[i].step->definition_key(inputs, {})->digest;
            leaders_.try_emplace(keys_[i], i);
            if (plan_.steps[i].ignore_cache) forced_.insert(keys_[i]);
        }
    }

    std::vector<std::string> solve() {
        std::vector<std::string> contents;
        for (const auto& target : plan_.targets) {
            contents.push_back(FakeOps::content_of(eval(target.step).at(target.output)));
        }
        return contents;
    }

    [[nodiscard]] std::map<std::string, Fate> fates() const {
        std::map<std::string, Fate> fates;
        for (const auto& [step, fate] : fates_) fates[plan_.steps[step].name] = fate;
        return fates;
    }

  private:
    bool above_forced(std::size_t step) {
        const auto& inputs = plan_.steps[step].inputs;
        return std::any_of(inputs.begin(), inputs.end(), [&](const auto& in) {
            return forced_.contains(keys_.at(in.step)) || above_forced(in.step);
        });
    }

    std::optional<std::vector<Output>> find(const Digest& key, std::size_t step) {
        auto record = *ops_.cache.find(key);
        if (!record || !plan_.steps[step].step->usable(record->outputs)) return std::nullopt;
        return record->outputs;
    }

    const std::vector<Output>& eval(std::size_t step) {
        if (const auto known = outputs_.find(step); known != outputs_.end()) return known->second;
        if (const auto leader = leaders_.at(keys_[step]); leader != step) {
            const auto outputs = eval(leader);
            return remember(step, outputs, Fate::kHit);
        }
        const bool forced = forced_.contains(keys_[step]);
        if (!forced && !above_forced(step)) {
            if (const auto outputs = find(keys_[step], step))
                return remember(step, *outputs, Fate::kHit);
        }
        std::vector<Output> inputs;
        for (const auto& in : plan_.steps[step].inputs)
            inputs.push_back(eval(in.step).at(in.output));
        std::optional<Key> content;
        if (!inputs.empty()) content = *plan_.steps[step].step->content_key(inputs, {});
        if (content && !forced) {
            if (const auto outputs = find(content->digest, step)) {
                store(keys_[step], false, step, *outputs);
                return remember(step, *outputs, Fate::kContentHit);
            }
        }
        const auto outputs = *plan_.steps[step].step->run(inputs, {});
        store(keys_[step], false, step, outputs);
        if (content) store(content->digest, true, step, outputs);
        return remember(step, outputs, Fate::kRan);
    }

    void store(const Digest& key, bool by_content, std::size_t step,
               const std::vector<Output>& outputs) {
        EXPECT_THAT(ops_.cache.add({.key = key,
                                    .by_content = by_content,
                                    .slot = plan_.steps[step].slot,
                                    .outputs = outputs}),
                    IsOk());
    }

    const std::vector<Output>& remember(std::size_t step, const std::vector<Output>& outputs,
                                        Fate fate) {
        fates_[step] = fate;
        return outputs_[step] = outputs;
    }

    FakeOps& ops_;
    Plan plan_;
    std::map<std::size_t, Digest> keys_;
    std::map<Digest, std::size_t> leaders_;
    std::set<Digest> forced_;
    std::map<std::size_t, std::vector<Output>> outputs_;
    std::map<std::size_t, Fate> fates_;
};

std::map<std::string, Fate> fates_of(const Solved& solved) {
    std::map<std::string, Fate> fates;
    for (const auto& report : solved.reports) {
        fates[report.name] = report.ran                                       ? Fate::kRan
                             : report.reason == progress::Reason::kHitContent ? Fate::kContentHit
                                                                              : Fate::kHit;
    }
    return fates;
}

class RandomWorld {
  public:
    explicit RandomWorld(unsigned seed) : random_(seed), shuffler_(seed) {}

    unsigned below(std::size_t limit) { return static_cast<unsigned>(random_() % limit); }
    bool one_in(unsigned n) { return below(n) == 0; }

    std::vector<std::string> inputs(std::size_t before) {
        std::vector<std::string> inputs;
        if (before == 0) return inputs;
        for (unsigned n = below(4); n > 0; --n) {
            inputs.push_back(fmt::format("s{}#{}", below(before), below(2)));
        }
        return inputs;
    }

    FakeStep step(std::size_t index) {
        return {.name = fmt::format("s{}", index),
                .inputs = inputs(index),
                .has_content_key = !one_in(8),
                .outputs = 2,
                .run = [this](std::stop_token) { return shuffler_.pass(); }};
    }

    std::vector<std::string> targets(std::size_t count) {
        std::vector<std::string> targets = {fmt::format("s{}", count - 1)};
        for (unsigned n = below(3); n > 0; --n) targets.push_back(fmt::format("s{}", below(count)));
        return targets;
    }

    unsigned max_parallel() { return 1 + below(4); }

  private:
    std::mt19937 random_;
    Shuffler shuffler_;
};

// Every step is one of its own, so both must run exactly the same ones.
TEST(RandomGraphs, TheSameStepsRunAsInTheNaiveSolver) {
    for (unsigned seed = 0; seed < 150; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        RandomWorld world(seed);
        FakeOps parallel;
        FakeOps naive;
        const std::size_t count = 2 + world.below(25);
        const auto set = [&](const FakeStep& step) {
            parallel.set(step);
            naive.set(step);
        };
        for (std::size_t i = 0; i < count; ++i) set(world.step(i));
        for (int build = 0; build < 5; ++build) {
            SCOPED_TRACE(fmt::format("build {}", build));
            const auto targets = world.targets(count);
            const auto solved = parallel.solve(targets, {.max_parallel = world.max_parallel()});
            ASSERT_THAT(solved, IsOk());
            NaiveSolver solver(naive, targets);
            ASSERT_EQ(FakeOps::contents(*solved), solver.solve());
            ASSERT_EQ(fates_of(*solved), solver.fates());
            auto ran = parallel.executed();
            auto ran_naive = naive.executed();
            std::sort(ran.begin(), ran.end());
            std::sort(ran_naive.begin(), ran_naive.end());
            ASSERT_EQ(ran, ran_naive);

            for (unsigned changes = world.below(4); changes > 0; --changes) {
                FakeStep step = parallel.at(fmt::format("s{}", world.below(count)));
                if (world.one_in(2))
                    step.instruction = fmt::format("{} {}", step.name, world.below(3));
                if (world.one_in(2))
                    step.content = fmt::format("{}: {}", step.name, world.below(2));
                if (world.one_in(6)) step.content.clear();
                step.ignore_cache = world.one_in(6);
                set(step);
                if (world.one_in(4)) {
                    const auto victim = fmt::format("s{}", world.below(count));
                    parallel.evict(victim);
                    naive.evict(victim);
                }
            }
            parallel.forget();
            naive.forget();
        }
    }
}

// Few different instructions and results: equal keys everywhere. Which of the equal steps runs is
// open, how many is not.
TEST(RandomGraphs, EqualWorkIsDoneOnceInAnyOrder) {
    for (unsigned seed = 0; seed < 150; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        RandomWorld world(seed);
        FakeOps parallel;
        FakeOps naive;
        const std::size_t count = 2 + world.below(25);
        const auto set = [&](FakeStep step) {
            const unsigned instruction = world.below(6);
            step.instruction = fmt::format("RUN {}", instruction);
            step.content = instruction < 3 ? fmt::format("constant {}", instruction % 2) : "";
            step.has_content_key = true;
            parallel.set(step);
            naive.set(step);
        };
        for (std::size_t i = 0; i < count; ++i) set(world.step(i));
        for (int build = 0; build < 4; ++build) {
            const auto targets = world.targets(count);
            const auto solved = parallel.solve(targets, {.max_parallel = world.max_parallel()});
            ASSERT_THAT(solved, IsOk());
            ASSERT_EQ(FakeOps::contents(*solved), NaiveSolver(naive, targets).solve());
            ASSERT_EQ(parallel.executed().size(), naive.executed().size());
            ASSERT_EQ(parallel.sink.all<progress::StepDone>().size(),
                      parallel.sink.all<progress::StepQueued>().size());
            set(parallel.at(fmt::format("s{}", world.below(count))));
            parallel.forget();
            naive.forget();
        }
    }
}

TEST(RandomGraphs, ADryRunForetellsWhatRuns) {
    for (unsigned seed = 0; seed < 100; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        RandomWorld world(seed);
        FakeOps ops;
        const std::size_t count = 2 + world.below(25);
        for (std::size_t i = 0; i < count; ++i) ops.set(world.step(i));
        const auto targets = world.targets(count);
        for (int build = 0; build < 3; ++build) {
            const auto dry = ops.solve(targets, {.mode = Mode::kDryRun});
            ASSERT_THAT(dry, IsOk());
            std::set<std::string> would_run;
            for (const auto& report : dry->reports) {
                if (report.ran) would_run.insert(report.name);
            }
            ops.forget();
            ASSERT_THAT(ops.solve(targets), IsOk());
            const auto ran = ops.executed();
            // What runs was foretold; what was foretold may still be saved by an equal content.
            for (const auto& name : ran) EXPECT_TRUE(would_run.contains(name)) << name;
            if (build == 0) {
                EXPECT_EQ(ran.size(), would_run.size());
            }
            ops.at(fmt::format("s{}", world.below(count))).instruction = fmt::format("{}'", build);
        }
    }
}

}  // namespace
}  // namespace slipway::solver
