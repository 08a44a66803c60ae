// What happens in a build, as records. One stream of events feeds every renderer; this room prints
// nothing.
#pragma once

#include "base/digest.h"
#include "base/error.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace slipway::progress {

/// Why a step ran or did not: one word per step, the same in terminal, JSON and tests.
enum class Reason {
    kHitLocal,      ///< same operation on the same inputs: nothing ran
    kHitContent,    ///< an input was made anew but its content is what it was: nothing ran
    kMissFirst,     ///< nothing like it was ever built in this store
    kMissOp,        ///< the instruction (or its environment) changed
    kMissInputs,    ///< an input changed; the detail names it
    kMissEvicted,   ///< it was known, but its result is gone from the store
    kNoCacheAsked,  ///< --no-cache
    kSource,        ///< a source (image, context): fetched or read, not run
    kOutput,        ///< a result was written: an image, an archive, a directory
    kFailed,
    kCancelled,
};
std::string_view to_string(Reason reason);  ///< "hit_local", "miss_inputs", ...

struct BuildStarted {
    std::string name;  ///< what is built, for a headline
    std::size_t steps = 0;
};
/// A step exists and will be looked at. Every step that is announced gets one StepDone.
struct StepQueued {
    Digest step;
    std::string name;  ///< "[runtime 3/7] RUN make"
    std::optional<SourceRange> where;
};
struct StepStarted {  ///< its work began (not sent for cache hits)
    Digest step;
};
struct StepLog {
    Digest step;
    int stream = 1;    ///< 1 stdout, 2 stderr
    std::string text;  ///< as it came: may end in the middle of a line
};
/// Transfers and the like below a step: "pulling sha256:…" 12 of 40 MB. total 0: unknown.
struct StepProgress {
    Digest step;
    std::string what;
    std::uint64_t current = 0;
    std::uint64_t total = 0;
};
struct StepDone {
    Digest step;
    Reason reason = Reason::kHitLocal;
    std::string detail;  ///< "context file 'src/main.c' changed"; may be empty
    std::chrono::nanoseconds duration{};
    std::optional<Error> error;
};
struct Warning {
    std::string text;
    std::optional<SourceRange> where;
    /// Of a lint rule: its name, "warning" or "note", and where to read more. Shown when the build
    /// ends.
    std::string rule = {};
    std::string level = {};
    std::string url = {};
};
/// `ok` is false for a failed or cancelled build; the error itself goes to the caller.
struct BuildDone {
    bool ok = true;
    std::chrono::nanoseconds duration{};
};

using Event = std::variant<BuildStarted, StepQueued, StepStarted, StepLog, StepProgress, StepDone,
                           Warning, BuildDone>;

class Sink {
  public:
    virtual ~Sink() = default;
    /// From any thread; does not block for long and does not fail.
    virtual void emit(const Event& event) = 0;
};

/// For callers that do not listen.
class NullSink final : public Sink {
  public:
    void emit(const Event&) override {}
};

}  // namespace slipway::progress
