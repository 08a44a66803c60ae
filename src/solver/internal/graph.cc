#include "solver/internal/graph.h"

#include <algorithm>
#include <string>

namespace slipway::solver {

Result<Graph> Graph::of(const Plan& plan) {
    const std::size_t count = plan.steps.size();
    Graph graph;
    graph.uses_.assign(count, 0);
    graph.outputs_wanted_.assign(count, 0);
    graph.height_.assign(count, 0);
    const auto use = [&](const InputEdge& edge) {
        ++graph.uses_[edge.step];
        graph.outputs_wanted_[edge.step] =
            std::max(graph.outputs_wanted_[edge.step], edge.output + 1);
    };
    for (const auto& target : plan.targets) {
        if (target.step >= count) {
            return make_error(ErrorCode::kInternal, "a target is step {} of a plan of {}",
                              target.step, count);
        }
        use(target);
    }
    // Users stand behind their inputs, so one pass from the end sees each step after all of its
    // users.
    std::vector<std::size_t> user_count(count + 1, 0);
    for (std::size_t i = count; i-- > 0;) {
        if (graph.uses_[i] == 0) continue;
        graph.reachable_.push_back(i);
        for (const auto& input : plan.steps[i].inputs) {
            if (input.step >= i) {
                return make_error(ErrorCode::kInternal,
                                  "step '{}' has an input that does not stand before it",
                                  plan.steps[i].name);
            }
            use(input);
            ++user_count[input.step];
            graph.height_[input.step] = std::max(graph.height_[input.step], graph.height_[i] + 1);
        }
    }
    std::reverse(graph.reachable_.begin(), graph.reachable_.end());

    graph.first_user_.assign(count + 1, 0);
    for (std::size_t i = 0; i < count; ++i) {
        graph.first_user_[i + 1] = graph.first_user_[i] + user_count[i];
    }
    graph.users_.resize(graph.first_user_[count]);
    auto next = graph.first_user_;
    for (const std::size_t i : graph.reachable_) {
        for (const auto& input : plan.steps[i].inputs) graph.users_[next[input.step]++] = i;
    }
    return graph;
}

std::span<const std::size_t> Graph::users(std::size_t step) const {
    return std::span(users_).subspan(first_user_[step], first_user_[step + 1] - first_user_[step]);
}

Digest edge_key(const Digest& step_key, std::size_t output) {
    if (output == 0) return step_key;
    return Sha256().field("output").field(step_key).field(std::to_string(output)).finish();
}

}  // namespace slipway::solver
