#pragma once

#include <span>
#include <vector>

#include <blockspin/flow/map.hpp>

namespace blockspin::flow {

/// What a map makes of a Hamiltonian, step by step.
struct Trajectory {
    std::vector<std::vector<double>> couplings; ///< K_0 (the start) to K_n
    std::vector<double> constants;              ///< of step K_k → K_{k+1}
};

/// The flow from `start` through `steps` applications of `map`.
template <Map M> Trajectory follow(const M& map, std::span<const double> start, int steps) {
    Trajectory flow{{{start.begin(), start.end()}}, {}};
    for (int step = 0; step < steps; ++step) {
        Image image = map.apply(flow.couplings.back());
        flow.couplings.push_back(std::move(image.couplings));
        flow.constants.push_back(image.constant);
    }
    return flow;
}

} // namespace blockspin::flow
