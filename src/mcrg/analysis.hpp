#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/io/results.hpp>
#include <blockspin/mcrg/block_flow.hpp>

namespace blockspin::mcrg {

/// y_T and y_H at every step of blocking and for every nested set of operators, from the sums S_a of all
/// configurations, [row, replica, level, operator]. InputError that names the step if they do not determine T.
std::vector<io::Row> analyse(const Task& task, const Operators& operators, std::int64_t replicas,
                             std::span<const std::int64_t> sums);

} // namespace blockspin::mcrg
