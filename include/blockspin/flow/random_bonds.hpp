#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/mpi/communicator.hpp>

namespace blockspin::flow {

/// Ising spins on a square torus, x fastest, −H/kT = Σ K s s' + Σ h s with couplings of their own at every bond.
struct RandomBonds {
    int width = 0;
    int height = 0;
    std::vector<double> right; ///< of the bond from a site to its neighbour at x + 1
    std::vector<double> up;    ///< and at y + 1
    std::vector<double> field; ///< empty: none

    int sites() const noexcept { return width * height; }
};

/// How many parameters the block transformations of Kadanoff's bound have that differ from each other.
enum class RuleSharing {
    level, ///< one p for all blocks of a step
    spin   ///< one of either sign for every spin of every block, T ∝ exp(μ Σ_i p_i σ_i)
};

/// Kadanoff's upper bound on ln Z of one sample. The Hamiltonian is a sum over all squares c of one lattice spacing,
/// each with half of its four bonds and a quarter of its fields. With h_c the part of square c, p_c its parameters,
/// and t one of the four sublattices of squares,
///
///     H_t = Σ_{c ∈ t} [4 h_c − ln 2cosh(p_c·σ)] + Σ_{c ∈ t + (1, 1)} ln 2cosh(p_c·σ)
///
/// has H for its mean over t, so by convexity ln Z ≤ ¼ Σ_t ln Z_t. The last sum is one over block spins, after which
/// Z_t factorises over its squares into a system of a quarter of the spins: four branches of a quarter each, at a cost
/// per level that stays the same. It ends where an extent is odd, or 2 beside a larger one, with
/// ln Z ≤ ¼ Σ_c ln Σ_σ e^{4 h_c}, by Hölder's inequality as every spin is in four squares, or at a single spin exactly.
///
/// The bound holds for this finite torus, couplings of any sign, and any parameters.
class RandomBondBound {
  public:
    /// At most `steps` steps. InputError unless both extents are 2 or more, and there is a finite coupling for each
    /// bond.
    RandomBondBound(const RandomBonds& bonds, int steps);

    /// Steps that the lattice allows.
    int steps() const noexcept { return steps_; }
    /// 4 per square and level: level, branch (4 to the power of the level), square (x fastest), vertex.
    std::size_t parameters() const noexcept { return static_cast<std::size_t>(steps_) * 4 * sites_; }
    /// The bound on ln Z. Adds its derivatives by all parameters to `gradient` unless that is empty. Ranks and threads
    /// share the 4 branches of the first level, or the 16 of the second from 1024 spins on; the bits do not depend on
    /// their numbers. Collective.
    double operator()(std::span<const double> parameters, std::span<double> gradient,
                      const mpi::Communicator& comm = mpi::Communicator::self()) const;

  private:
    int width_;
    int height_;
    int steps_;
    std::size_t sites_;
    std::vector<double> cells_; ///< h_c, 16 values per square
};

/// Least bound found and its parameters, in the order of RandomBondBound.
struct BestRandomBondBound {
    double log_z = 0.0;
    std::vector<double> parameters;
};

/// Minimises over parameters shared as told, by exact gradients and L-BFGS, from p = 0.4 and, where each spin has its
/// own, from the best shared ones with a sign for every spin that satisfies the bonds of its block. A bound in any
/// case. Collective.
BestRandomBondBound best_random_bond_bound(const RandomBonds& bonds, RuleSharing sharing, int steps,
                                           const mpi::Communicator& comm = mpi::Communicator::self());

/// ln Z ≤ Σ_rows ¼ ln Tr (A Aᵀ)², A the transfer matrix from a row to the next: Hölder's inequality for Schatten norms.
/// InputError for less than 4 rows, or rows of more than 10 spins.
double row_hoelder_bound(const RandomBonds& bonds);

/// ln Z from below: Jensen's inequality with the Ising model on the spanning tree of the strongest bonds, which is
/// solved exactly (Gibbs and Bogoliubov).
double spanning_tree_bound(const RandomBonds& bonds);

/// And by product states ∏ (1 + m_i s_i)/2, iterated to self-consistency from all magnetisations `start`.
double mean_field_bound(const RandomBonds& bonds, double start);

} // namespace blockspin::flow
