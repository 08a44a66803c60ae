// Why a step has to run: its ingredients now against those of the newest record in its slot.
//
//   env PATH changed
//   instruction changed, env CC added, env CXX added, and 3 more
//   context file 'src/main.c' changed
//   input '[base 2/3] RUN make' ran again (env PATH changed)
//   input '[base 3/3] RUN strip' ran again ('[base 2/3] RUN make': env PATH changed)
#pragma once

#include "progress/event.h"
#include "solver/solver.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::solver {

struct Change {
    enum class Kind { kAdded, kRemoved, kChanged };
    Kind kind = Kind::kChanged;
    std::string label;
    bool operator==(const Change&) const = default;
};

/// By label, in the order of `now`, removed ones last. A label that stands several times is
/// compared in its order.
std::vector<Change> compare(std::span<const Ingredient> before, std::span<const Ingredient> now);

/// "input 3": what the solver calls the ingredient of a step's third input.
std::string input_label(std::size_t position);

/// A step's name as a reason tells it: the beginning of a long one.
std::string short_name(std::string_view name);

/// What became of an input of the step that is explained.
struct InputFate {
    enum class Kind { kKept, kFetched, kRan };
    std::string name;
    Kind kind = Kind::kKept;
    std::string cause;  ///< why it ran, for people
};

struct Circumstances {
    bool evicted = false;              ///< there was a record, but its result is gone
    const Record* previous = nullptr;  ///< the newest definition record of the slot, if any
    std::span<const InputFate> inputs;
    Mode mode = Mode::kBuild;
};

struct Explanation {
    progress::Reason reason = progress::Reason::kMissFirst;
    std::string detail;
    /// Position of the input that ran and is to blame first, so that causes can be followed down.
    std::optional<std::size_t> through;
};

Explanation explain_miss(const Key& now, const Circumstances& circumstances);

/// A reason in a few words for steps above, when there is no detail: "never built before".
std::string_view reason_text(progress::Reason reason);

}  // namespace slipway::solver
