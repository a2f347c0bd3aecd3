#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/mpi/communicator.hpp>

namespace blockspin::mpi {

/// Sum of floating-point terms whose bits do not depend on which rank holds which term.
///
/// Terms are numbered 0 … n−1 over all ranks, each a row of `width` numbers; this rank holds the rows
/// first … first + rows.size()/width − 1, and every term is held by exactly one rank. They are added along the
/// binary tree over their global numbers, node (level, k) covering [k 2^level, (k+1) 2^level), so the result is a
/// function of the terms alone. Each rank sends only the O(log n) largest subtrees that lie wholly in its range.
/// Returns the `width` sums on every rank (zeros if there are no terms). Collective.
/// After the reduction trees of KaMPIng and Arteaga, Fuhrer, Hoefler, IPDPS 2014.
std::vector<double> tree_sum(const Communicator& comm, std::int64_t first, std::span<const double> rows,
                             std::size_t width = 1);

} // namespace blockspin::mpi
