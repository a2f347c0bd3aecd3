#pragma once

#include <blockspin/flow/block_sum.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace blockspin::flow {

/// Number of spins whose configurations are quicker enumerated than summed over by transfer matrices.
inline constexpr std::int64_t quickly_enumerated_sites = 16;

/// The lattice of the block spins. Errors of block_sum.
lattice::Geometry block_lattice(const lattice::Geometry& fine, const coarsen::RuleTable& rule);

/// Does no operator multiply spins that are more than one row apart?
bool reaches_next_row_only(const model::OperatorBasis& basis);

/// The shares of a weight that go to the configurations μ of some block spins, weight × Π_j P(μ_j|state of block j).
void share_out(double weight, std::span<const std::uint32_t> states, std::span<const double> up,
               std::span<double> shares);

/// From weights[0][μ] = W(μ) e^{−shift} and, for every operator a, weights[1 + a][μ] = ∂W(μ)/∂K_a e^{−shift}, the shift
/// of each μ given. InputError if a W is 0 or not finite.
BlockSum block_sum_of(lattice::Geometry lattice, std::vector<std::vector<double>> weights,
                      std::span<const double> shifts);

} // namespace blockspin::flow
