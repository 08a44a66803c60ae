// Decides what must run, runs it in parallel, and says why.
//
// Two keys a step. The *definition key* is over the operation and its inputs' definition keys,
// sources being pinned to content (image digest, digests of the context files a copy takes); it
// needs nothing to be built. Asked from the target downwards, a hit there ends the search: nothing
// below is even looked at. After a miss the inputs are made; then the *content key*, over the
// operation and what the inputs really contain, may still find the result (an input ran again but
// wrote what it wrote before): early cutoff. Only then does the step run. Both keys are stored with
// their ingredients, so that a later miss can name the one that changed.
//
// The graph belongs to one thread; work is done on a pool and comes back through a queue.
#pragma once

#include "async/thread_pool.h"
#include "base/digest.h"
#include "base/result.h"
#include "progress/event.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace slipway::solver {

/// One output of a step, as the engine writes it; opaque here. Stored in cache records, so it must
/// stay valid.
using Output = std::string;

/// One thing that went into a key, under the name people know it by. The solver itself adds "input
/// 1", "input 2", … for the inputs of a definition key (not for kVolatile ones, whose content is
/// the step's own business). Labels that begin with "input " or "context " are inputs; a change of
/// any other is a change of the operation. "L (…)" sums up what the other "L …" say.
struct Ingredient {
    std::string label;  ///< "instruction", "env PATH", "context file 'src/main.c'"; each once
    std::string value;  ///< a digest or a short text; never a secret
    bool operator==(const Ingredient&) const = default;
};

struct Key {
    Digest digest;
    std::vector<Ingredient> ingredients;
};

/// A step, implemented by the engine. Calls for one step never overlap; different steps run at the
/// same time.
class Step {
  public:
    virtual ~Step() = default;
    /// `inputs`: the definition keys of the inputs, in order (an output slot other than 0 has a key
    /// of its own). May read sources (hash context files). Must not build.
    virtual Result<Key> definition_key(std::span<const Digest> inputs, std::stop_token stop) = 0;
    /// With the inputs' results at hand; nothing when the operation has no content key.
    virtual Result<std::optional<Key>> content_key(std::span<const Output> inputs,
                                                   std::stop_token stop) = 0;
    /// Does it. One Output per output slot.
    virtual Result<std::vector<Output>> run(std::span<const Output> inputs,
                                            std::stop_token stop) = 0;
    /// Is everything that a stored record names still there?
    [[nodiscard]] virtual bool usable(std::span<const Output> outputs) const = 0;
};

struct InputEdge {
    std::size_t step = 0;  ///< index in Plan::steps, lower than the user's own
    std::size_t output = 0;
};

enum class StepKind {
    kBuild,     ///< cached, runs
    kSource,    ///< fetched or read; reported with Reason::kSource when it had to be
    kVolatile,  ///< never stored (a local context)
};

struct PlannedStep {
    Digest id;  ///< vertex digest, for events
    std::string name;
    std::optional<SourceRange> where;
    std::string slot;  ///< what "the same step" is between builds: "Dockerfile:runtime:3"
    StepKind kind = StepKind::kBuild;
    bool ignore_cache = false;
    std::vector<InputEdge> inputs;
    std::unique_ptr<Step> step;
};

struct Plan {
    std::vector<PlannedStep> steps;  ///< inputs before users
    std::vector<InputEdge> targets;  ///< what is wanted
};

struct Record {
    Digest key;
    bool by_content = false;  ///< which of the two keys
    std::string slot;
    std::string name;
    std::vector<Output> outputs;
    std::vector<Ingredient> ingredients;
    std::int64_t created_at = 0;  ///< Unix seconds
    std::int64_t duration_ns = 0;
};

/// Implemented by `cache`. Any thread; several processes may use one store.
class CacheStore {
  public:
    virtual ~CacheStore() = default;
    /// Also notes the use, for garbage collection. Without the ingredients, which only explain a
    /// miss.
    virtual Result<std::optional<Record>> find(const Digest& key) = 0;
    /// Replaces a record with the same key.
    virtual Result<void> add(const Record& record) = 0;
    /// The newest definition-key record of a slot, to compare ingredients with.
    virtual Result<std::optional<Record>> latest_in_slot(const std::string& slot) = 0;
};

enum class Mode { kBuild, kDryRun };

struct StepReport {
    Digest id;
    std::string name;
    progress::Reason reason = progress::Reason::kHitLocal;
    std::string detail;
    bool ran = false;  ///< was run (or fetched), for a dry run: would be
    std::chrono::nanoseconds duration{};
};

/// A source that could not be had.
struct FailedSource {
    std::string name;  ///< of its step
    Error error;
};

struct SolveOptions {
    Mode mode = Mode::kBuild;
    unsigned max_parallel = 0;  ///< steps running at once; 0: number of processors, at least 2
    /// When set, no kBuild step runs before every source that is wanted is there. One that fails
    /// stops none of the others; all that failed are put here, in plan order, and the error of the
    /// first is returned.
    std::vector<FailedSource>* failed_sources = nullptr;
    std::stop_token stop;
};

struct Solved {
    std::vector<Output> targets;      ///< in the order of Plan::targets; empty in a dry run
    std::vector<StepReport> reports;  ///< of every step that was looked at, in plan order
};

/// The first error stops what has not started, cancels what runs, waits for it, and is returned
/// with the step's name as context and its place. kCancelled when asked to stop.
///
/// Announces every step that the targets can reach (StepQueued) and ends each with one StepDone.
/// Two steps with equal keys run once. A step with `ignore_cache` runs, and what is above it is not
/// taken from a record of its definition key: only its content can make it a hit. An error of the
/// cache is a Warning; the build goes on without it.
Result<Solved> solve(Plan& plan, CacheStore& cache, progress::Sink& sink,
                     const SolveOptions& options);

}  // namespace slipway::solver
