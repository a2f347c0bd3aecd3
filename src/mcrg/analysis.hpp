#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/io/results.hpp>
#include <blockspin/mcrg/block_flow.hpp>

namespace blockspin::mcrg {

/// What was found at one point under one rule: y_T, ω and y_H at every step of blocking and for every nested set of
/// operators.
struct FlowAnalysis {
    std::vector<io::Row> rows;
    std::vector<double> covariance; ///< of their values, row-major
};

/// All of them, point by point and rule by rule, from the sums S_a of all configurations, [row, replica, lattice,
/// operator]. InputError that names the point if they do not determine T.
std::vector<FlowAnalysis> analyse(const Task& task, const Operators& operators, const BlockLevels& levels,
                                  std::int64_t replicas, std::span<const std::int64_t> sums);

} // namespace blockspin::mcrg
