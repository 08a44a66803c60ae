// One solve as a state machine. The calling thread owns all of it: workers get copies of what they
// need and answer with a message; nothing here is locked.
//
//   kNoKey ─► kKeyed ─┬─► kLookingUp ──hit─────────────────────────────► kFinishing ─► kDone
//                     │        └─miss─► kWaitingForInputs ─► kContent ──►┤ (hit)
//                     ├─► kWaitingForTwin (an equal step does it) ──────►┤
//                     │                                       kReady ─► kRunning
//                     └─► kSkipped (all users were hits)
//
// First all definition keys are computed, inputs before users; then the targets are asked for. Both
// phases end when no worker is busy.
#pragma once

#include "async/bounded_queue.h"
#include "async/thread_pool.h"
#include "solver/internal/cache_access.h"
#include "solver/internal/graph.h"
#include "solver/solver.h"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <stop_token>
#include <unordered_map>
#include <variant>
#include <vector>

namespace slipway::solver {

class Scheduler {
  public:
    Scheduler(Plan& plan, Graph graph, CacheStore& cache, progress::Sink& sink,
              const SolveOptions& options);
    /// Once.
    Result<Solved> solve();

  private:
    enum class State {
        kNoKey,           ///< its definition key is not known yet
        kKeyed,           ///< known, and nobody has asked for the step
        kWanted,          ///< asked for, about to be looked at
        kLookingUp,       ///< by definition key
        kWaitingForTwin,  ///< an equal step was met first and does the work
        kWaitingForInputs,
        kContent,          ///< computing and looking up the content key
        kWaitingForEqual,  ///< a step with an equal content key is at work
        kReady,
        kRunning,
        kFinishing,  ///< decided; users not told yet
        kDone,
        kSkipped,
        kStopped,  ///< failed, or not gone on with
    };
    enum class Lookups { kBoth, kContentOnly, kNone };

    struct Node {
        State state = State::kNoKey;
        Lookups lookups = Lookups::kBoth;
        Digest key;
        Key definition;  ///< with ingredients; lent to tasks, given away to the last
        std::optional<Key> content;
        std::optional<Record> previous;
        bool evicted = false;
        bool asked_again = false;        ///< the content key, after an equal step was done
        bool reported = false;           ///< StepDone was sent
        std::size_t outputs_wanted = 0;  ///< by its own users and those of equal steps
        std::size_t leader = 0;          ///< the first step with an equal key; usually itself
        std::vector<std::size_t> waiters;
        std::size_t missing = 0;                     ///< inputs without key, later: inputs not done
        std::size_t open_uses = 0;                   ///< users that may still ask for it
        std::size_t root = 0;                        ///< the step whose change made this one run
        std::optional<std::vector<Output>> outputs;  ///< nothing in a dry run where it would run
        StepReport report;
    };

    struct KeyDone {
        Result<Key> key;
    };
    struct LookupDone {
        CacheAccess::Lookup found;
        std::optional<Record> previous;
    };
    struct ContentDone {
        Result<std::optional<Key>> key;
        CacheAccess::Lookup found;
        Key definition;  ///< given back
    };
    struct RunDone {
        Result<std::vector<Output>> outputs;
        std::chrono::nanoseconds duration;
    };
    struct StopAsked {};
    struct Message {
        std::size_t step = 0;
        std::variant<KeyDone, LookupDone, ContentDone, RunDone, StopAsked> what;
    };

    /// Steps that wait for a thread of one kind; the furthest from the targets first.
    struct Lane {
        struct Ready {
            std::size_t height;
            std::size_t step;
            bool operator<(const Ready& other) const {
                return height != other.height ? height < other.height : step > other.step;
            }
        };
        unsigned limit;
        unsigned running = 0;
        std::priority_queue<Ready> ready;
        std::optional<async::ThreadPool> pool;  ///< started with its first step
    };

    void announce();
    void start_ready_keys();
    void join_equal_steps();
    void work_until_idle();
    void handle(std::size_t step, KeyDone done);
    void handle(std::size_t step, LookupDone done);
    void handle(std::size_t step, ContentDone done);
    void handle(std::size_t step, RunDone done);
    void handle(std::size_t, StopAsked) {}

    void start_key(std::size_t step);
    void start_lookup(std::size_t step);
    void start_content(std::size_t step);
    void dispatch(Lane& lane);
    void start_run(std::size_t step, Lane& lane);

    void want(std::size_t step);
    void release(std::size_t step);
    void release_inputs(std::size_t step);
    void look_at(std::size_t step);
    void want_inputs(std::size_t step);
    void inputs_ready(std::size_t step);
    void must_run(std::size_t step);
    void explain(std::size_t step);
    void finish(std::size_t step, progress::Reason reason, std::string detail);
    void tell_users(std::size_t step);
    void skip(std::size_t step);
    void settle();
    void stop_step(std::size_t step, std::optional<Error> error);
    void want_sources();
    void end_sources();
    void emit_done(std::size_t step, std::optional<Error> error = std::nullopt);
    void end_stopped_steps();
    Result<Solved> collect();

    template <typename Task>
    std::function<Message()> task_for(std::size_t step, Task task);
    void post(async::ThreadPool& pool, std::function<Message()> task);
    Message next_message();
    void stop_build();
    [[nodiscard]] bool stopping() const { return error_.has_value(); }
    [[nodiscard]] bool dry_run() const { return options_.mode == Mode::kDryRun; }
    [[nodiscard]] std::vector<Output> input_outputs(std::size_t step) const;
    [[nodiscard]] std::string cause_of(std::size_t step) const;
    [[nodiscard]] Lane& lane_of(std::size_t step);

    Plan& plan_;
    const Graph graph_;
    progress::Sink& sink_;
    const SolveOptions options_;
    CacheAccess cache_;
    std::vector<Node> nodes_;
    std::unordered_map<Digest, std::size_t> makers_;  ///< content key -> who makes or made it
    std::vector<std::size_t> wanted_;
    std::vector<std::size_t> finished_;
    std::vector<std::size_t> skipped_;
    std::vector<std::function<Message()>> key_tasks_;  ///< keys and look-ups about to start
    bool hold_steps_;                                  ///< sources first: only they run
    std::map<std::size_t, Error> failed_sources_;
    std::optional<Error> error_;
    std::size_t outstanding_ = 0;  ///< messages that will come
    std::stop_source stop_;
    async::BoundedQueue<Message> messages_;  ///< never full: one a step, and the stop
    // Last, so that their threads end before what they use.
    async::ThreadPool key_pool_;
    Lane sources_;
    Lane steps_;
};

}  // namespace slipway::solver
