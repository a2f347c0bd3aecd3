#pragma once

#include <span>
#include <vector>

#include <blockspin/coarsen/rule_table.hpp>
#include <blockspin/lattice/geometry.hpp>
#include <blockspin/linalg/matrix.hpp>
#include <blockspin/model/hamiltonian.hpp>
#include <blockspin/mpi/communicator.hpp>

namespace blockspin::flow {

/// What a block rule makes of the Hamiltonian of a small periodic lattice: the weight of every configuration of the
/// block spins, W(μ) = Σ_σ P(μ|σ) e^{−H(σ)/kT}, so that Σ_μ W(μ) = Z. In the configuration with index c, block spin i
/// (x fastest) is up where bit i of c is 1. model::TorusOperators gives all its couplings.
struct BlockSum {
    lattice::Geometry lattice; ///< of the block spins
    std::vector<double> log_weights;
    double ln_z = 0;
    /// ∂ ln W(μ)/∂K_a = ⟨S_a⟩ given μ, for every operator a of the Hamiltonian; empty where not asked for.
    std::vector<std::vector<double>> slopes{};
};

/// Are derivatives by the couplings wanted?
enum class Slopes : bool { none, all };

/// Exactly, by the way that is quicker: by enumeration of all configurations for up to 16 spins, else by
/// block_sum_by_rows where that can be done and by enumeration where not. InputError where neither can, if the blocks
/// do not tile the lattice or are of another dimension, for more than 16 blocks, for a lattice with an open boundary or
/// a honeycomb, and if a configuration of the block spins has no weight. Collective.
BlockSum block_sum(const mpi::Communicator& comm, const model::Hamiltonian& hamiltonian,
                   const lattice::Geometry& geometry, const coarsen::RuleTable& rule, Slopes slopes = Slopes::none);

/// Another step, from the block spins of the one before; without slopes.
BlockSum block_sum(const BlockSum& before, const coarsen::RuleTable& rule);

/// All configurations of a small lattice, those with the same sums taken together, as a block rule sees them: enough
/// for block sums at any couplings, however strong.
struct SpinLevels {
    linalg::Matrix<double> sums;   ///< (level, operator): S_a
    linalg::Matrix<double> shares; ///< (level, μ): Σ P(μ|σ) over its configurations σ
};

/// Of at most 20 spins. Errors of block_sum.
SpinLevels spin_levels(const model::OperatorBasis& basis, const lattice::Geometry& geometry,
                       const coarsen::RuleTable& rule);

/// With one coupling for each operator of the levels; `blocks`: the lattice of the block spins. InputError if a
/// configuration of the block spins has no weight.
BlockSum block_sum(const SpinLevels& levels, const lattice::Geometry& blocks, std::span<const double> couplings,
                   Slopes slopes = Slopes::none);

/// By a sum over all configurations of at most 20 spins.
BlockSum block_sum_by_enumeration(const model::Hamiltonian& hamiltonian, const lattice::Geometry& geometry,
                                  const coarsen::RuleTable& rule, Slopes slopes);

/// By transfer matrices in two dimensions: with T(r, r') the weight of a row r below a row r' (2^L states), the
/// matrices A_μ = Σ P(μ|r_1 … r_b) T(r_1, r_2) … T(r_b, r'_1) of a row of blocks multiply to W(μ) = Tr Π A_μ. Rows and
/// products are shared by ranks and threads, with the same bits for any number of them. InputError unless there are two
/// dimensions, no operator reaches farther than to the next row, and rows are at most 9 spins and rows of blocks at
/// most 27 spins long. Collective.
BlockSum block_sum_by_rows(const mpi::Communicator& comm, const model::Hamiltonian& hamiltonian,
                           const lattice::Geometry& geometry, const coarsen::RuleTable& rule, Slopes slopes);

} // namespace blockspin::flow
