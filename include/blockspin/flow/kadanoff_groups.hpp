#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/flow/bound.hpp>
#include <blockspin/linalg/matrix.hpp>

namespace blockspin::flow {

/// A rectangle of Ising spins on the square lattice that everything is moved into, and its symmetries. Spin (x, y)
/// belongs to block (⌈x/2⌉, ⌈y/2⌉), so that the blocks of 2 × 2 spins overlap the edges of the group; the states of the
/// spins, and of the block spins that the group meets, fall into classes under reflections, turns of a square and
/// reversal of all.
class SpinGroup {
  public:
    /// InputError unless width and height are even and the group has 4 to 16 spins.
    SpinGroup(int width, int height);

    int width() const noexcept { return width_; }
    int height() const noexcept { return height_; }
    int spins() const noexcept { return width_ * height_; }
    /// Number of amplitudes of terms that may be moved within the group: even clusters of two and four spins inside 3 ×
    /// 3 whose mean is the same at every place where they fit, each such place against another.
    int moved_terms() const noexcept { return moved_terms_; }

  private:
    friend class GroupStep;

    /// One class of states of the spins.
    struct State {
        std::vector<int> windows;         ///< class of block-spin states, of every window that a group's image covers
        std::array<double, 3> plaquettes; ///< shares of plaquettes with |Σσ| = 0, 2, 4
        double ordered = 0.0;             ///< Σ over blocks of |Σσ|
    };
    /// States of one class with the same magnetisation in every block.
    struct Bin {
        int magnetisations; ///< number of spins down in each block, the last block fastest
        int state;          ///< class
        double count;
    };

    void add_states();
    void add_moved_terms();

    int width_, height_, moved_terms_ = 0;
    std::vector<int> block_spins_;      ///< number of spins of the group in each block it meets
    std::vector<std::uint32_t> images_; ///< a member of each class of block-spin states
    std::vector<int> image_classes_;    ///< class of each block-spin state
    std::vector<std::uint32_t> representatives_;
    std::vector<State> states_;
    std::vector<Bin> bins_;
    linalg::Matrix<double> moved_; ///< every moved term in each class of states
};

/// Kadanoff's bound on f = ln Z per site of the square Ising model with nearest-neighbour coupling K, with everything
/// moved into groups of a × b spins. One sublattice is summed over exactly, f = f_σ/2 with u(□) = ln 2cosh(K Σ_□ σ) on
/// every plaquette of the rest, and then
///
///     u'(μ) = ln Σ_σ exp{(16/ab) Σ_windows u − (ab/4) ⟨ln 2cosh(p Σ_□ σ)⟩_plaquettes + Σ_m v_m V_m + p Σ_i μ_i σ_i},
///     f(u) = f(u')/4,
///
/// the first time with ab times the mean of u(□) in place of the windows. What is moved has zero mean by translation
/// invariance, which u' has when it is spread evenly over all places, so every p and v gives a bound (Kadanoff 1975; by
/// convexity also for the spreading). After all steps f(u) ≤ ln Σ_σ exp{(16/ab) Σ_windows u}/ab.
///
/// `parameters` has (p, v_1, v_2, …) of each step. Adds the derivatives by them to `gradient` unless that is empty.
/// InputError unless parameters are whole steps.
double group_bound(const SpinGroup& group, double K, std::span<const double> parameters, std::span<double> gradient);

/// How far rounding can have moved group_bound(), bounded operation by operation.
double group_bound_rounding(const SpinGroup& group, double K, std::span<const double> parameters);

/// The least bound that was found with all parameters chosen together, by exact gradients and L-BFGS; what rounding can
/// do is in it.
struct OptimalGroupBound {
    InfiniteAtMost bound;
    std::vector<double> parameters; ///< as group_bound() takes them
    int evaluations = 0;            ///< of the bound and its gradient
};
OptimalGroupBound optimal_group_bound(const SpinGroup& group, double K, int steps = 8);

} // namespace blockspin::flow
