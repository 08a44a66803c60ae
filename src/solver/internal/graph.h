// The fixed side of a plan: which steps the targets can reach, who uses whom, how far from the
// targets they are.
#pragma once

#include "base/digest.h"
#include "solver/solver.h"

#include <cstddef>
#include <span>
#include <vector>

namespace slipway::solver {

class Graph {
  public:
    /// kInternal when an edge does not point to an earlier step.
    static Result<Graph> of(const Plan& plan);

    /// In plan order: inputs before users.
    [[nodiscard]] std::span<const std::size_t> reachable() const { return reachable_; }
    [[nodiscard]] bool is_reachable(std::size_t step) const { return uses_[step] > 0; }
    /// The reachable users of a step; one that uses it twice stands twice.
    [[nodiscard]] std::span<const std::size_t> users(std::size_t step) const;
    /// Edges of reachable users and targets.
    [[nodiscard]] std::size_t uses(std::size_t step) const { return uses_[step]; }
    /// How many outputs somebody wants of it: the highest slot in use, plus one.
    [[nodiscard]] std::size_t outputs_wanted(std::size_t step) const {
        return outputs_wanted_[step];
    }
    /// Length of the longest way to a target: what is furthest away should start first.
    [[nodiscard]] std::size_t height(std::size_t step) const { return height_[step]; }

  private:
    std::vector<std::size_t> reachable_;
    std::vector<std::size_t> uses_;
    std::vector<std::size_t> outputs_wanted_;
    std::vector<std::size_t> height_;
    std::vector<std::size_t> users_;  ///< of all steps, one after the other
    std::vector<std::size_t>
        first_user_;  ///< of step i: users_[first_user_[i]] up to first_user_[i + 1]
};

/// The definition key that a user sees: that of the step, or one derived from it for an output
/// other than the first.
Digest edge_key(const Digest& step_key, std::size_t output);

}  // namespace slipway::solver
