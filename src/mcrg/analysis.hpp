#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/io/results.hpp>
#include <blockspin/mcrg/block_flow.hpp>

namespace blockspin::mcrg {

/// What was found at one point: y_T, ω and y_H under every rule, at every step of blocking and for every nested set of
/// operators; then, with several rules, where exponents of successive steps agree.
struct FlowAnalysis {
    std::vector<io::Row> rows;
    std::vector<double> covariance; ///< of the exponents, row-major
};

/// All of them, point by point, from the sums S_a of all configurations, [row, replica, lattice,
/// operator]. InputError that names the point if they do not determine T.
std::vector<FlowAnalysis> analyse(const Task& task, const Operators& operators, const BlockLevels& levels,
                                  std::int64_t replicas, std::span<const std::int64_t> sums);

} // namespace blockspin::mcrg
