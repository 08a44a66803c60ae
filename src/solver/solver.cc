#include "solver/solver.h"

#include "solver/internal/graph.h"
#include "solver/internal/scheduler.h"

#include <utility>

namespace slipway::solver {

Result<Solved> solve(Plan& plan, CacheStore& cache, progress::Sink& sink,
                     const SolveOptions& options) {
    SLIPWAY_ASSIGN(auto graph, Graph::of(plan));
    return Scheduler(plan, std::move(graph), cache, sink, options).solve();
}

}  // namespace slipway::solver
